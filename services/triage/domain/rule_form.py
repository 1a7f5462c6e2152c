"""What all rules of the operator have in common: names, languages, weighted words."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

ANY_LANGUAGE = "any"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LANGUAGE = re.compile(r"[a-z]{2}")


class Rule(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _is_name(word: str) -> str:
    if not _NAME.fullmatch(word):
        raise ValueError(
            f'"{word}" is no name: small letters, digits and _, a letter first, at most 63'
        )
    return word


def _is_language(code: str) -> str:
    if not _LANGUAGE.fullmatch(code):
        raise ValueError(f'"{code}" is no language: write its two letters (ISO 639-1), like "de"')
    return code


def _weighted(phrases: Any) -> Any:
    """A plain list is short for a weight of 1 each."""
    if isinstance(phrases, list):
        return {str(phrase): 1.0 for phrase in phrases}
    if isinstance(phrases, str):
        raise ValueError(f"write a list or weights: [{phrases}] or {{{phrases}: 3}}")  # noqa: TRY004 - pydantic wants a ValueError
    return phrases


def _by_language(words: Any) -> Any:
    if isinstance(words, list | str):
        raise ValueError("write words by language, like {en: [refund*], any: [paypal]}")  # noqa: TRY004 - as above
    return words


Name = Annotated[str, AfterValidator(_is_name)]
Language = Annotated[str, AfterValidator(_is_language)]
Weight = Annotated[float, Field(ge=-100, le=100)]
Phrases = Annotated[dict[str, Weight], BeforeValidator(_weighted)]
Words = Annotated[dict[str, Phrases], BeforeValidator(_by_language)]
"""Phrase ▶ weight, by language (`any`: whatever the language). Below 0: it speaks against."""
