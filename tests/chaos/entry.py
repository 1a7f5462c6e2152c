"""`deskstream …` with what the product has no switches for: stops, other clocks, weaknesses.

`python -m tests.chaos.entry run sla`. CHAOS_NAME and CHAOS_FOLDER say where orders to stop lie
(`halting.py`); CHAOS_WITHOUT names a protection to take out, CHAOS_SKEW_SECONDS how far this
process's clock is off, CHAOS_STUMBLES_OVER a text that the handlers cannot bear.
"""

import os
import time
from pathlib import Path

from deskstream.cli import main
from tests.chaos import halting
from tests.chaos.skew import shift
from tests.chaos.stumbling import stumble_over
from tests.chaos.weaknesses import Weakness, weaken

if __name__ == "__main__":
    if weakness := os.environ.get("CHAOS_WITHOUT"):
        weaken(Weakness(weakness))
    if seconds := float(os.environ.get("CHAOS_SKEW_SECONDS", "0")):
        shift(seconds, time)
    if text := os.environ.get("CHAOS_STUMBLES_OVER"):
        stumble_over(text)
    halting.listen(Path(os.environ["CHAOS_FOLDER"]), os.environ["CHAOS_NAME"])
    main()
