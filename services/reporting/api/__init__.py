"""The HTTP side of reporting: a read-only API, and the page that lives on it."""

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from services.reporting.api.access import Access, SecurityHeaders
from services.reporting.api.routes import routes
from services.reporting.store.reading import Database
from shared.kit.ports import Clock
from shared.kit.problems import install_problems
from shared.kit.tokens import Tokens

PAGE = Path(__file__).parent.parent / "static"


def create_api(database: Database, clock: Clock, tokens: Tokens | None) -> FastAPI:
    """Without tokens, who asks from this machine may read, and the page says so."""
    # The interactive documentation would load its scripts from elsewhere.
    app = FastAPI(title="Deskstream reporting", docs_url=None, redoc_url=None)
    install_problems(app)
    app.add_middleware(SecurityHeaders)
    app.include_router(routes(database, clock, Access(tokens)))
    app.mount("/static", StaticFiles(directory=PAGE), name="static")

    @app.get("/", include_in_schema=False)
    async def page() -> FileResponse:
        return FileResponse(PAGE / "index.html")

    return app
