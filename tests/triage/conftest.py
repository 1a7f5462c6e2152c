"""What the tests of triage share: the language model and the shipped rules, loaded once."""

from pathlib import Path

import pytest

from services.triage.domain.language import LanguageDetector
from services.triage.domain.triage import Triage
from services.triage.rules import load_rules

SHIPPED = Path(__file__).parents[2] / "config" / "triage.yaml"


@pytest.fixture(scope="session")
def detector() -> LanguageDetector:
    return LanguageDetector()


@pytest.fixture(scope="session")
def shipped(detector: LanguageDetector) -> Triage:
    return load_rules(SHIPPED, detector)
