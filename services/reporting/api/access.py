"""Who may read the figures, and what a browser may do with them."""

from http import HTTPStatus

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kit.problems import ProblemError
from shared.kit.tokens import Tokens

SCOPE = "reports:read"
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "object-src 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Access:
    """A FastAPI dependency: a token with the scope, or, without a token file, this machine."""

    def __init__(self, tokens: Tokens | None) -> None:
        self._tokens = tokens

    @property
    def open_here(self) -> bool:
        return self._tokens is None

    async def __call__(self, request: Request) -> None:
        if self._tokens is not None:
            self._tokens.admit(request.headers.get("authorization"), SCOPE)
        elif not _from_here(request):
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "No tokens are set up here, so only this machine may read; the operator names "
                "their file in DESKSTREAM_TOKENS_FILE.",
            )


def _from_here(request: Request) -> bool:
    # The name asked for counts too: a foreign page whose name was pointed at this machine asks
    # from here as well.
    peer = request.client.host if request.client else None
    return peer in _HERE and request.url.hostname in _HERE


class SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                # Figures are never cached; the page's files are asked for again each time.
                headers.setdefault("Cache-Control", _cache(scope["path"]))
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _cache(path: str) -> str:
    return "no-store" if path.startswith("/v1/") else "no-cache"
