"""What a request brings: its bytes within a limit, of the right kind, and what they say."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_origin

import orjson
from fastapi import Request
from pydantic import BaseModel, ValidationError

from services.intake.adapters.rfc822.parameters import parameters_of
from shared.kit.config import did_you_mean
from shared.kit.problems import FieldProblem, ProblemError, field_problems

M = TypeVar("M", bound=BaseModel)
JSON = "application/json"
RETRY_AFTER_SECONDS = "5"
MOST_PROBLEMS = 20
DEEPEST_JSON = 32
LARGEST_NUMBER = 2**53 - 1  # what every JSON reader holds; beyond 2^63 no database takes it


@dataclass(slots=True)
class Receiving:
    """How much may be on its way at a time, and for how long: its senders proved nothing yet."""

    most_bytes: int
    seconds: float
    _held: int = 0

    def take(self, count: int) -> None:
        """Raises ProblemError 503 where there is no room; `give` is due in any case."""
        self._held += count
        if self._held > self.most_bytes:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "Too much is coming in at a time, so nothing was accepted: send it again.",
                headers={"Retry-After": RETRY_AFTER_SECONDS, "Connection": "close"},
            )

    def give(self, count: int) -> None:
        self._held -= count


async def body_of(request: Request, receiving: Receiving, limit: int, *media_types: str) -> bytes:
    """Raises ProblemError 415, 413, 408 or 503; never holds more than `limit` bytes."""
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given not in media_types:
        raise ProblemError(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Send Content-Type: {' or '.join(media_types)}, not {given or 'none'}.",
            headers={"Accept": ", ".join(media_types)},
        )
    declared = request.headers.get("content-length", "")
    if declared.isascii() and declared.isdigit() and int(declared) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(receiving.seconds):
            return await _streamed(request, receiving, limit)
    except TimeoutError as error:
        raise ProblemError(
            HTTPStatus.REQUEST_TIMEOUT,
            f"The body was not here within {receiving.seconds:g} seconds: send it again.",
            headers={"Connection": "close"},
        ) from error


async def _streamed(request: Request, receiving: Receiving, limit: int) -> bytes:
    body, taken = bytearray(), 0
    try:
        async for chunk in request.stream():
            if len(body) + len(chunk) > limit:
                raise _too_large(limit)
            taken += len(chunk)
            receiving.take(len(chunk))
            body += chunk
        return bytes(body)
    finally:
        receiving.give(taken)


def _too_large(limit: int) -> ProblemError:
    return ProblemError(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        f"The body is over {limit} bytes, which is the most that is taken here.",
        headers={"Connection": "close"},
    )


def check_parts(body: bytes, content_type: str, most: int) -> None:
    """Raises ProblemError 413 before anybody takes the form apart."""
    boundary = parameters_of(content_type).get("boundary", "")
    if boundary and body.count(b"--" + boundary.encode()) > most + 1:
        raise ProblemError(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"The form has over {most} parts, which is the most that is taken here.",
        )


def json_object(body: bytes) -> dict[str, Any]:
    """Raises ProblemError 400 with line and column."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ProblemError(
            HTTPStatus.BAD_REQUEST, f"The body is no JSON: {where}: {error.msg}."
        ) from None
    if not isinstance(parsed, dict):
        raise ProblemError(HTTPStatus.BAD_REQUEST, "The body must be a JSON object: {…}.")
    _check_depth(parsed)
    return parsed


def _check_depth(parsed: dict[str, Any]) -> None:
    level: list[Any] = [parsed]
    for _ in range(DEEPEST_JSON):
        level = [inner for each in level for inner in _inside(each)]
        if not level:
            return
    raise ProblemError(
        HTTPStatus.BAD_REQUEST, f"The JSON is nested more than {DEEPEST_JSON} levels deep."
    )


def _inside(value: Any) -> Iterator[Any]:
    """What may itself hold something."""
    values = value.values() if isinstance(value, dict) else value
    return (each for each in values if isinstance(each, dict | list))


def read(
    model: type[M],
    given: Mapping[str, Any],
    *,
    ours: Sequence[str] = (),
    adding: Mapping[str, Any] = MappingProxyType({}),
) -> M:
    """The object as `model`; ProblemError 422 lists every field that is wrong or unknown.

    Readers of a topic ignore what they do not know; here a misspelt name is told at once. `ours`
    are fields that only we set, `adding` what we set them to.
    """
    problems = list(_unknown(model, given, (), ours))
    try:
        value = model.model_validate({**given, **adding})
    except ValidationError as error:
        problems += field_problems(error.errors(include_url=False, include_input=False))
    except RecursionError:
        problems.append(FieldProblem("body", "is nested too deeply"))
    if problems:
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            f"{len(problems)} field{'s are' if len(problems) > 1 else ' is'} wrong.",
            errors=problems[:MOST_PROBLEMS],
        )
    return value


def _unknown(
    model: type[BaseModel], given: Mapping[str, Any], way: tuple[str, ...], ours: Sequence[str]
) -> Iterator[FieldProblem]:
    known = [name for name in model.model_fields if name not in ours]
    for name, value in given.items():
        here = (*way, str(name))
        if isinstance(value, int | float) and abs(value) > LARGEST_NUMBER:
            yield FieldProblem(".".join(here), f"is no number up to {LARGEST_NUMBER}")
        elif name in ours:
            yield FieldProblem(".".join(here), "is set by the server")
        elif name not in model.model_fields:
            hint = did_you_mean(str(name), known) or f"; known are {', '.join(known)}"
            yield FieldProblem(".".join(here), f"unknown field{hint}")
        else:
            annotation = model.model_fields[name].annotation
            # The keys of a mapping are the caller's own words; only what they stand for is ours.
            values = list(value.values()) if _maps(annotation, value) else value
            for inner in _models(annotation):
                yield from _unknown_inside(inner, values, here, ours)


def _unknown_inside(
    model: type[BaseModel], value: Any, way: tuple[str, ...], ours: Sequence[str]
) -> Iterator[FieldProblem]:
    if isinstance(value, dict):
        yield from _unknown(model, value, way, ours)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            if isinstance(item, dict):
                yield from _unknown(model, item, (*way, str(place)), ours)


def _maps(annotation: Any, value: Any) -> bool:
    return get_origin(annotation) is dict and isinstance(value, dict)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def digest_of(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return digest.hexdigest()
