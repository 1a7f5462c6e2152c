"""The page in a real browser: it fills itself, and what customers write stays text."""

import re
from pathlib import Path

import pytest

from shared.kit.tokens import Token, Tokens, hash_of
from tests.reporting import browser
from tests.reporting.conftest import StoredDay
from tests.reporting.day import HOSTILE
from tests.reporting.serving import connect, served

STATIC = Path(__file__).parents[2] / "services" / "reporting" / "static"

needs_chromium = pytest.mark.skipif(browser.program() is None, reason="needs Chromium")


async def page(day: StoredDay, place: str, profile: Path, tokens: Tokens | None = None) -> str:
    async with (
        connect(day.mongo_url) as client,
        served(client[day.database], day.now, tokens) as address,
    ):
        return await browser.document(f"{address}/{place}", profile)


@needs_chromium
async def test_the_desk_fills_itself(day: StoredDay, tmp_path: Path) -> None:
    document = await page(day, "#/", tmp_path)

    live = sum(ticket.get("live", False) for ticket in day.bench.documents("tickets").values())
    assert f'<span class="name">Open</span><span class="figure">{live}</span>' in document
    assert document.count('class="due ') == 12
    assert "Ana Kovač" in document
    assert "First response" in document
    assert "only this machine may read" in document
    assert '<span id="state-text">live</span>' in document


@needs_chromium
async def test_what_a_customer_writes_is_never_run(day: StoredDay, tmp_path: Path) -> None:
    hostile = next(
        ticket
        for ticket in day.bench.documents("tickets").values()
        if ticket.get("personal", {}).get("subject") == HOSTILE
    )

    document = await page(day, f"#/tickets/{hostile['number']}", tmp_path)

    assert "&lt;img src=x onerror=" in document
    assert "<img src=x" not in document.replace("&quot;", '"')
    assert f"<title>{hostile['number']} " in document


@needs_chromium
async def test_who_has_no_token_is_asked_for_one(day: StoredDay, tmp_path: Path) -> None:
    reader = Token(name="reader", sha256=hash_of("ds_reader"), scopes=("reports:read",))

    document = await page(day, "#/", tmp_path, Tokens((reader,)))

    assert "A token is needed" in document
    assert "Ana" not in document


def test_the_page_loads_nothing_from_elsewhere_and_sets_no_markup() -> None:
    for file in STATIC.iterdir():
        text = file.read_text()
        addresses = set(re.findall(r"https?://[^\s\"']+", text))
        assert addresses <= {"http://www.w3.org/2000/svg"}, file.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)
    document = (STATIC / "index.html").read_text()
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=", document)
