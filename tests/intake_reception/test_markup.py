import pytest

from services.intake.adapters.markup import read_markup, stripped
from services.intake.domain.quoting import CLIENTS_MARK


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='JaVaScRiPt&colon;alert(1)'>x</a>",
        "<svg><script>alert(1)</script></svg>",
        "<math><mtext></mtext><script>alert(1)</script></math>",
        "<iframe src='https://evil.example'></iframe>",
        "<object data='x'></object><embed src='x'>",
        "<form action='https://evil.example'><input name=password></form>",
        "<style>body{background:url(javascript:alert(1))}</style>",
        "<div style='position:fixed'>x</div>",
        "<base href='https://evil.example/'>",
        "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
        "<<script>script>alert(1)<</script>/script>",
        "<img src='data:text/html,<script>alert(1)</script>'>",
        "<b <script>alert(1)</script>",
        "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    ],
)
def test_nothing_of_it_runs(hostile: str) -> None:
    safe = read_markup(f"<p>before</p>{hostile}<p>after</p>").html or ""

    lowered = safe.lower()
    for tag in (
        "<script",
        "<iframe",
        "<object",
        "<embed",
        "<form",
        "<svg",
        "<style",
        "<base",
        "<meta",
    ):
        assert tag not in lowered
    assert "javascript:" not in lowered.replace("&lt;", "")
    assert " onerror=" not in lowered.split("&lt;")[0]
    assert "style=" not in lowered


def test_tables_lists_and_links_stay() -> None:
    safe = read_markup("<table><tr><td>a</td></tr></table><a href='https://x.example'>x</a>").html

    assert safe is not None
    assert "<td>a</td>" in safe
    assert 'rel="noopener noreferrer nofollow"' in safe


def test_quoted_blocks_get_the_marks_of_plain_mail() -> None:
    text = read_markup(
        "<p>Yes.</p><blockquote><p>Sure?</p><blockquote>Old</blockquote></blockquote>"
    ).text

    assert [line for line in text.split("\n") if line.strip("> ")] == ["Yes.", "> Sure?", ">> Old"]


@pytest.mark.parametrize(
    "source",
    ["<div>" * 50_000, "<table><tr><td>" * 5_000, "<p>x</p>" * 100_000, "<" * 400_000],
    ids=["deep", "deep tables", "large", "nothing but brackets"],
)
def test_hostile_markup_is_read_without_html(source: str) -> None:
    read = read_markup("the text" + source)

    assert read.html is None or len(read.html) < 3_000_000
    assert "the text" in read.text


def test_scripts_and_comments_are_no_text() -> None:
    assert stripped("a<script>b</script>c<!-- d -->e<style>f") == "ace"


def test_quotes_are_told_from_the_answer_in_however_many_lines() -> None:
    said = "<br>".join(f"line {number}" for number in range(6_000))

    text = read_markup(f"<p>Yes.</p><blockquote>{said}</blockquote><p>Bye<p>").text

    lines = [line for line in text.split("\n") if line]
    assert (lines[0], lines[-1]) == ("Yes.", "Bye")
    assert lines[1:-1] == [f"> line {number}" for number in range(6_000)]


@pytest.mark.parametrize(
    ("opening", "marked"),
    [
        ('<div class="gmail_quote">', True),
        ("<DIV ID=divRplyFwdMsg>", True),
        ('<div class="my_gmail_quote_container">', True),
        ('<div class="nogmail_quoted">', False),
        ('</div class="gmail_quote">', False),
        ("gmail_quote ", False),
    ],
)
def test_the_elements_in_which_clients_quote(opening: str, *, marked: bool) -> None:
    text = read_markup(f"<p>Yes.</p>{opening}<p>No?</p>").text

    assert (CLIENTS_MARK in text) is marked
