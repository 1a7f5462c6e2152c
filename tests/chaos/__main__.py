"""`python -m tests.chaos --minutes 1 --seed 7`: kill, freeze and cut under load, then reconcile."""

import json
import logging
import sys
from pathlib import Path
from typing import Any

import uvloop

from tests.chaos.controls import CONTROLS, SOUND
from tests.chaos.options import Options, parse
from tests.chaos.running import Outcome, run
from tests.chaos.telling import as_json, as_text, controls_as_text
from tests.chaos.weaknesses import Weakness


def main() -> int:
    options = parse()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # a cut is no news here
    if options.controls or options.control is not None:
        return _controls(options)
    outcome = uvloop.run(run(options, _say))
    _write(options.report, as_json(options, outcome))
    print(as_text(options, outcome))
    print(f"All of it: {options.report}")
    return 0 if outcome.findings.hold else 1


def _controls(options: Options) -> int:
    """0 if each weakness was found, and nothing where nothing was taken out."""
    found: dict[str, Outcome] = {}
    report: dict[str, Any] = {}
    for weakness in [options.control] if options.control is not None else [None, *Weakness]:
        name = "nothing" if weakness is None else weakness
        _say(f"without {name}")
        control = SOUND if weakness is None else CONTROLS[weakness]
        changed = control.options(options.without(weakness))
        found[name] = uvloop.run(run(changed, _say, control.plan()))
        report[name] = as_json(changed, found[name])
        print(as_text(changed, found[name]), flush=True)
        _write(options.report, {"controls": report})
    print(controls_as_text(found))
    return 0 if all(one.findings.hold is (name == "nothing") for name, one in found.items()) else 1


def _write(path: Path, report: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2, default=str) + "\n", encoding="utf-8")


def _say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
