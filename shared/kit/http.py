"""The HTTP port that every service has: /livez, /readyz, /metrics, and its own API beside."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from shared.kit.health import Health
from shared.kit.settings import KitSettings, SettingsError


def with_health(api: Starlette | None, health: Health, registry: CollectorRegistry) -> Starlette:
    """Beside the service's own API, a FastAPI; who has none starts without importing that."""
    app = api or Starlette()

    async def livez(_: Request) -> Response:
        return JSONResponse(dict(health.liveness()), status_code=200 if health.live else 503)

    async def readyz(_: Request) -> Response:
        return JSONResponse(dict(health.readiness()), status_code=200 if health.ready else 503)

    async def metrics(_: Request) -> Response:
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    for endpoint in (livez, readyz, metrics):
        app.add_route(f"/{endpoint.__name__}", endpoint, methods=["GET"], include_in_schema=False)
    return app


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The service handles signals itself."""
        yield


@contextlib.asynccontextmanager
async def served(app: Starlette, settings: KitSettings) -> AsyncIterator[str]:
    """Serves while the context lasts; gives the address. Port 0: any free one."""
    listener = _listen(settings)
    host, port = listener.getsockname()[:2]
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_graceful_shutdown=3,
        h11_max_incomplete_event_size=65_536,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="http")
    try:
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        await task
        listener.close()


def _listen(settings: KitSettings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.http_host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.http_host, settings.http_port))
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"DESKSTREAM_HTTP_PORT: cannot listen on {settings.http_host}:{settings.http_port} "
            f"({error.strerror}); choose another port"
        ) from error
    listener.listen(1024)
    return listener
