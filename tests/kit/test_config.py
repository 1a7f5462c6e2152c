"""Every mistake in a configuration file becomes a line that says where it is and what to do."""

import hashlib
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field, field_validator

from shared.kit.config import ConfigError, load


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Level(StrEnum):
    LOW = "low"
    HIGH = "high"


class Targets(Model):
    first_response: int | None = None
    resolution: int | None = None

    @field_validator("resolution")
    @classmethod
    def positive(cls, value: int | None) -> int | None:
        if value is not None and value <= 0:
            raise ValueError("must be longer than nothing")
        return value


class Policy(Model):
    name: str
    targets: Targets
    level: Level = Level.LOW
    on: tuple[date, ...] = ()
    opens: str | None = None


class Policies(Model):
    few: tuple[int, ...] = Field(default=(1,), min_length=1, max_length=2)
    policies: tuple[Policy, ...] = ()
    by_name: dict[str, Policy] = Field(default_factory=dict)
    mode: Literal["strict", "lenient"] = "strict"
    enabled: bool = True
    either: Targets | str | None = None


GOOD = """\
# a comment
mode: lenient
policies:
  - name: "no"
    level: high
    on: [2026-12-25]
    opens: 9:30
    targets: {first_response: 15}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "sla.yaml"


def problems(file: Path, content: str | bytes) -> list[str]:
    """The lines without the folder."""
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(ConfigError) as caught:
        load(file, Policies)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return [line.removeprefix(f"{file.parent}/") for line in caught.value.problems]


def test_a_good_file_is_its_model_with_a_version(file: Path) -> None:
    file.write_text(GOOD)
    loaded = load(file, Policies)
    [policy] = loaded.value.policies
    assert policy == Policy(
        name="no",
        level=Level.HIGH,
        on=(date(2026, 12, 25),),
        opens="9:30",
        targets=Targets(first_response=15),
    )
    assert loaded.version == hashlib.sha256(GOOD.encode()).hexdigest()[:12]
    assert loaded.path == file


def test_a_service_can_point_at_a_place_of_its_own(file: Path) -> None:
    file.write_text(GOOD)
    loaded = load(file, Policies)
    assert (
        loaded.problem(("policies", 0, "level"), "is odd") == f"{file}:5: policies.0.level: is odd"
    )
    assert loaded.problem(("policies", 0, "gone"), "is odd").startswith(f"{file}:4: ")


@pytest.mark.parametrize("content", ["", "# only a comment\n", "\ufeffmode: strict\n"])
def test_what_has_defaults_may_be_left_out(file: Path, content: str) -> None:
    file.write_text(content, encoding="utf-8")
    assert load(file, Policies).value == Policies()


def test_scalars_are_those_of_yaml_1_2(file: Path) -> None:
    file.write_text("either: 0049\nby_name:\n  404: {name: no, targets: {first_response: +5}}\n")
    value = load(file, Policies).value
    assert value.either == "0049"
    assert value.by_name["404"].name == "no"
    assert value.by_name["404"].targets.first_response == 5


def test_an_alias_is_read(file: Path) -> None:
    file.write_text(
        "policies:\n  - {name: a, targets: &t {first_response: 5}}\n  - {name: b, targets: *t}\n"
    )
    first, second = load(file, Policies).value.policies
    assert first.targets == second.targets


MISTAKES = {
    "no such field": (
        "policies:\n  - name: a\n    targetz: {}\n    targets: {}\n",
        'sla.yaml:3: policies.0.targetz: unknown field; did you mean "targets"?',
    ),
    "no such field, nothing near": (
        "wibble: 1\n",
        "sla.yaml:1: wibble: unknown field; here: few, policies, by_name, mode, enabled, either",
    ),
    "no such field inside a mapping of names": (
        "by_name:\n  a:\n    targets:\n      resolutoin: 3\n    name: a\n",
        'sla.yaml:4: by_name.a.targets.resolutoin: unknown field; did you mean "resolution"?',
    ),
    "a wrong type": (
        "policies:\n  - name: a\n    targets:\n      first_response: soon\n",
        'sla.yaml:4: policies.0.targets.first_response: must be a whole number, not "soon"',
    ),
    "text that looks like a number": (
        "policies:\n  - name: 404\n    targets: {}\n",
        "sla.yaml:2: policies.0.name: must be text (in quotes if it looks like a number), not 404",
    ),
    "not given": (
        "policies:\n  - name: a\n",
        "sla.yaml:2: policies.0.targets: must be given",
    ),
    "nothing written": (
        "policies:\n",
        "sla.yaml:1: policies: must be a list, but nothing is written",
    ),
    "a mapping where a list belongs": (
        "policies:\n  name: a\n",
        "sla.yaml:1: policies: must be a list, not a mapping",
    ),
    "a list where a mapping belongs": (
        "- a\n",
        "sla.yaml:1: must be a mapping (field: value), not a list",
    ),
    "a validator's own words": (
        "policies:\n  - name: a\n    targets:\n      resolution: -3\n",
        "sla.yaml:4: policies.0.targets.resolution: must be longer than nothing",
    ),
    "not one of the words": (
        "policies:\n  - {name: a, targets: {}, level: hihg}\n",
        'sla.yaml:2: policies.0.level: must be one of low, high, not "hihg"; did you mean "high"?',
    ),
    "not one of the literals": (
        "mode: other\n",
        'sla.yaml:1: mode: must be one of strict, lenient, not "other"',
    ),
    "neither true nor false": (
        "enabled: maybe\n",
        'sla.yaml:1: enabled: must be true or false, not "maybe"',
    ),
    "what the library says": (
        "by_name:\n  a: {name: a, targets: {}, on: [x]}\n",
        'sla.yaml:2: by_name.a.on.0: must be a valid date or datetime, input is too short, not "x"',
    ),
    "too few": ("few: []\n", "sla.yaml:1: few: must have at least 1, not 0"),
    "too many": ("few: [1, 2, 3]\n", "sla.yaml:1: few: must have at most 2, not 3"),
    "the same key twice": (
        "mode: strict\nenabled: true\nmode: lenient\n",
        "sla.yaml:3: mode: stands here twice; first on line 1",
    ),
    "the same key twice, deep": (
        "by_name:\n  gold:\n    name: a\n    name: b\n",
        "sla.yaml:4: by_name.gold.name: stands here twice; first on line 3",
    ),
    "a tag": (
        "mode: !!python/object:os.system x\n",
        "sla.yaml:1: mode: the tag tag:yaml.org,2002:python/object:os.system is not read here",
    ),
    "a value that belies its tag": (
        "mode: !!int x\n",
        "sla.yaml:1: mode: 'x' does not fit its tag",
    ),
    "a merge key": (
        "mode: strict\n<<: {enabled: true}\n",
        "sla.yaml:2: merge keys (<<) are not read; write the fields out",
    ),
    "a key that is no word": (
        "? [a, b]\n: c\n",
        "sla.yaml:1: a key must be a plain word",
    ),
    "an alias inside itself": (
        "mode: &a [*a]\n",
        "sla.yaml:1: mode.0: an alias (*) stands inside what it names",
    ),
    "another encoding": (
        b"mode: strict\neither: caf\xe9\n",
        "sla.yaml:2: this is not UTF-8 text; save the file as UTF-8",
    ),
    "a control character": (
        "mode: strict\neither: a\x07b\n",
        "sla.yaml:2: a control character stands here; remove it",
    ),
    "nested too deep": (
        "mode:\n  " + "[" * 60 + "]" * 60,
        "sla.yaml:2: nested more than 40 deep; write it more simply",
    ),
}


@pytest.mark.parametrize(("content", "line"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_in_a_line(file: Path, content: str | bytes, line: str) -> None:
    assert problems(file, content) == [line]


def test_a_syntax_error_has_its_line(file: Path) -> None:
    [line] = problems(file, "mode: strict\npolicies:\n  - name: [a\n")
    assert line.startswith("sla.yaml:4: this is not valid YAML: ")


def test_a_tab_has_its_line(file: Path) -> None:
    [line] = problems(file, "mode: strict\npolicies:\n\t- name: a\n")
    assert line.startswith("sla.yaml:3: this is not valid YAML: ")


def test_an_alternative_is_told_by_each_of_its_reasons(file: Path) -> None:
    lines = problems(file, "either:\n  first_response: soon\n")
    assert lines == [
        "sla.yaml:1: either: must be text (in quotes if it looks like a number), not a mapping",
        'sla.yaml:2: either.first_response: must be a whole number, not "soon"',
    ]


def test_all_problems_are_told_at_once_in_order_of_lines(file: Path) -> None:
    lines = problems(file, "modus: x\nenabled: perhaps\npolicies:\n  - targets: 3\n")
    assert [line.split(": ")[:2] for line in lines] == [
        ["sla.yaml:1", "modus"],
        ["sla.yaml:2", "enabled"],
        ["sla.yaml:4", "policies.0.name"],
        ["sla.yaml:4", "policies.0.targets"],
    ]


def test_a_missing_file_is_a_problem(file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load(file, Policies)
    assert caught.value.problems == [f"{file}: there is no such file"]


def test_a_folder_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="it cannot be read"):
        load(tmp_path, Policies)


def test_a_file_beyond_all_measure_is_refused(file: Path) -> None:
    [line] = problems(file, "#" * 1_048_577)
    assert line == "sla.yaml: the file is too large: 1,048,577 bytes; at most 1,048,576 are read"


def test_a_bomb_of_aliases_is_refused(file: Path) -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9)
    )
    [line] = problems(file, bomb)
    assert "the aliases (*) unfold into too many values" in line


def test_too_many_aliases_are_refused(file: Path) -> None:
    [line] = problems(file, f"a: &a x\nb: [{', '.join(['*a'] * 101)}]\n")
    assert line == "sla.yaml:2: too many aliases (*); write it more simply"
