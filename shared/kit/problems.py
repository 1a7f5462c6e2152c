"""How an HTTP API of ours says no: RFC 9457 problem details, with every field that is wrong."""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match

PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """`field` is the way to it, as in `sender.address` or `attachments.0.size`."""

    field: str
    problem: str


class ProblemError(Exception):
    """Ends a request with this answer; `detail` tells the caller what to do about it."""

    def __init__(
        self,
        status: HTTPStatus,
        detail: str,
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": self.status.phrase,
            "status": int(self.status),
            "detail": self.detail,
        }
        if self.errors:
            body["errors"] = [{"field": e.field, "problem": e.problem} for e in self.errors]
        return JSONResponse(
            body, status_code=self.status, headers=self.headers, media_type=PROBLEM_JSON
        )


def install_problems(app: FastAPI) -> None:
    """From now on every error of this app is problem+json, also FastAPI's own."""
    answers: dict[Any, Callable[[Request, Any], Awaitable[Response]]] = {
        ProblemError: _problem,
        HTTPException: _http_error,
        RequestValidationError: _invalid,
        Exception: _failure,
    }
    for error, answer in answers.items():
        app.add_exception_handler(error, answer)


def field_problems(errors: Sequence[ErrorDetails]) -> list[FieldProblem]:
    """Pydantic's findings in our words, without repeating what the caller sent."""
    return [FieldProblem(".".join(map(str, e["loc"])) or "body", _words(e)) for e in errors]


def _words(error: ErrorDetails) -> str:
    if error["type"] == "missing":
        return "is missing"
    message = error["msg"].replace("Input should be", "must be")
    message = re.sub(r"^(String|Value|Tuple|List) should have", "must have", message)
    return message[0].lower() + message[1:]


async def _problem(_: Request, error: ProblemError) -> Response:
    return error.response()


async def _http_error(request: Request, error: HTTPException) -> Response:
    status = HTTPStatus(error.status_code)
    detail = str(error.detail)
    if status is HTTPStatus.NOT_FOUND:
        detail = f"There is nothing at {request.url.path}."
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        allowed = ", ".join(_methods(request))
        detail = f"{request.method} is not possible here; allowed: {allowed}."
        return ProblemError(status, detail, headers={"Allow": allowed}).response()
    return ProblemError(status, detail, headers=error.headers).response()


def _methods(request: Request) -> list[str]:
    """Of every route with this path; Starlette names only those of the first."""
    routes = _with_those_included(request.app.routes)
    fitting = (r for r in routes if r.matches(request.scope)[0] is not Match.NONE)
    return sorted({method for r in fitting for method in getattr(r, "methods", None) or ()})


def _with_those_included(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """FastAPI keeps an included router as one route, which names no methods."""
    for route in routes:
        included = getattr(route, "original_router", None)
        if included is None:
            yield route
        else:
            yield from _with_those_included(included.routes)


async def _invalid(_: Request, error: RequestValidationError) -> Response:
    """Only parameters come here: bodies are read and checked by the routes themselves."""
    problems = [
        FieldProblem(".".join(str(part) for part in found["loc"][1:]), _words(found))
        for found in error.errors()
    ]
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY, "A parameter is wrong.", errors=problems
    ).response()


async def _failure(_: Request, error: Exception) -> Response:  # noqa: ARG001 - it is logged by the server, and none of the caller's business
    return ProblemError(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong on our side, and has been logged; it may work again later.",
    ).response()
