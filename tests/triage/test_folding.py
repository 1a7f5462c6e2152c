"""Which spellings are the same word."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.triage.domain.folding import _plain, fold, without_umlauts


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("", "  ", id="nothing"),
        pytest.param("Hello", " hello ", id="capitals"),
        pytest.param("can't\tlog-in,\r\nplease!", " can t log in please ", id="signs"),
        pytest.param("can\u2019t", " can t ", id="a printer's apostrophe"),
        pytest.param("snake_case", " snake case ", id="an underscore"),
        pytest.param("Kündigung", " kundigung ", id="an umlaut"),
        pytest.param("Ku\u0308ndigung", " kundigung ", id="an umlaut in two characters"),
        pytest.param("STRASSE Straße", " strasse strasse ", id="a sharp s"),
        pytest.param("cœur garçon", " coeur garcon ", id="a ligature and a cedilla"),
        pytest.param("ﬁle", " file ", id="a printer's ligature"),
        pytest.param(
            "\uff50\uff41\uff53\uff53\uff57\uff4f\uff52\uff44",
            " password ",
            id="full-width letters",
        ),
        pytest.param("pass\u00adword pass\u200bword", " password password ", id="hidden signs"),
        pytest.param("İstanbul ISPARTA \u0131l\u0131k", " istanbul isparta ilik ", id="Turkish i"),
        pytest.param("Łódź", " lodz ", id="Polish"),
        pytest.param("ログイン", " ログイン ", id="Japanese keeps its marks"),
        pytest.param("😀 hi 😀", " hi ", id="emoji"),
    ],
)
def test_the_plainest_form(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_words_are_parted_by_one_space_and_bounded_by_one(text: str) -> None:
    folded = fold(text)
    assert folded.startswith(" ")
    assert folded.endswith(" ")
    assert "  " not in folded.strip()


@given(st.text(alphabet=st.characters(max_codepoint=127)))
@example("\x1c_\x7f")
def test_the_short_way_for_ascii_is_the_long_way(text: str) -> None:
    assert fold(text).split() == fold(text + " é").split()[:-1]


@given(st.text(alphabet=st.characters(max_codepoint=0x24F)))
def test_capitals_never_matter(text: str) -> None:
    assert fold(text.upper()) == fold(text)


def test_german_without_umlauts() -> None:
    assert without_umlauts("Über Ku\u0308ndigung") == "Ueber Kuendigung"


@given(st.text())
@example("a\u00a0\u0301b \uff76\uff9e")
@example("ae\u0301" * 40)
def test_word_by_word_is_the_same_as_all_at_once(text: str) -> None:
    assert fold(text) == f" {_plain(text)} "
