"""The questions of a text, which is JSON lines, a JSON list or an object with `cases`: answered."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from services.sla.domain.cases import answer


class Answered(NamedTuple):
    """{"id", "end"} or {"id", "seconds"}; {"id", "error"} where it `failed`."""

    line: dict[str, Any]
    failed: bool = False


def answers(text: str) -> Iterator[Answered]:
    """One for each question, in order."""
    text = text.removeprefix("\ufeff")
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        yield from _of_lines(text)
    else:
        yield from (_answered(each, f"case {place}") for place, each in enumerate(_cases(whole), 1))


def _cases(whole: Any) -> list[Any]:
    cases = whole.get("cases", whole) if isinstance(whole, Mapping) else whole
    return cases if isinstance(cases, list) else [cases]


def _of_lines(text: str) -> Iterator[Answered]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            question = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield _failure(None, f"line {number}: no JSON: {error}")
        else:
            yield _answered(question, f"line {number}")


def _answered(question: Any, place: str) -> Answered:
    if not isinstance(question, Mapping):
        return _failure(None, f"{place}: must be an object with kind, calendar and start")
    try:
        return Answered(answer(question))
    except ValueError as error:
        return _failure(question.get("id"), f"{place}: {error}")


def _failure(question_id: Any, problem: str) -> Answered:
    return Answered({"id": question_id, "error": problem}, failed=True)
