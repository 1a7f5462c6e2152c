"""The door as one FastAPI application."""

from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse
from pymongo.errors import ConnectionFailure, ExecutionTimeout, WTimeoutError
from starlette.responses import Response

from services.intake.api import channels, commands, handshakes, openapi, tickets
from services.intake.api.bodies import RETRY_AFTER_SECONDS
from services.intake.api.door import Door
from shared.kit.ports import OutageError
from shared.kit.problems import ProblemError, install_problems

STATIC = Path(__file__).parents[1] / "static"
# No file of the page comes from elsewhere, so it works behind a firewall, and only as written.
PAGE: Mapping[str, tuple[str, str]] = {
    "/docs": ("docs.html", "text/html; charset=utf-8"),
    "/docs.js": ("docs.js", "text/javascript; charset=utf-8"),
    "/docs.css": ("docs.css", "text/css; charset=utf-8"),
}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}


def create_api(door: Door) -> FastAPI:
    app = FastAPI(
        title="Deskstream intake",
        version="1",
        description="Requests for help, commands on tickets, and vendors' webhooks.",
        docs_url=None,
        redoc_url=None,
    )
    install_problems(app)
    for outage in (ConnectionFailure, ExecutionTimeout, WTimeoutError, OutageError):
        app.add_exception_handler(outage, _away)
    for routes in (tickets.routes, commands.routes, channels.routes, handshakes.routes):
        app.include_router(routes(door))
    for path, (name, media_type) in PAGE.items():
        _serve(app, path, STATIC / name, media_type)
    _document(app)
    return app


def _document(app: FastAPI) -> None:
    def made() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = openapi.document(app)
        return app.openapi_schema

    app.openapi = made  # type: ignore[method-assign]  # FastAPI asks for it so


def _serve(app: FastAPI, path: str, file: Path, media_type: str) -> None:
    async def page() -> FileResponse:
        return FileResponse(file, media_type=media_type, headers=PAGE_HEADERS)

    app.add_api_route(path, page, include_in_schema=False, response_class=FileResponse)


async def _away(_: Request, error: Exception) -> Response:  # noqa: ARG001 - its text names addresses of ours
    return ProblemError(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The database does not answer, so nothing was accepted: send it again in a moment.",
        headers={"Retry-After": RETRY_AFTER_SECONDS},
    ).response()
