"""deploy/.env.example is complete, and its defaults are the code's."""

import re

from tests.deploy.env_example import FILE, text
from tests.deploy.known import setting_names


def test_it_is_what_the_settings_say() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), (
        "the settings have changed; run: python -m tests.deploy.env_example"
    )


def test_every_setting_is_there_once() -> None:
    named = re.findall(r"^#(DESKSTREAM_\w+)=", text(), flags=re.MULTILINE)

    assert sorted(named) == sorted(setting_names())


def test_it_sets_nothing_by_itself() -> None:
    assert all(not line or line.startswith("#") for line in text().splitlines())


def test_no_default_is_of_this_machine() -> None:
    assert not re.search(r"=/", text())
