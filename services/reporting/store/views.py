"""Views for analysts: the collections without what is personal and without the kit's fields."""

from collections.abc import Mapping
from typing import Any

from pymongo.errors import OperationFailure

from services.reporting.store.reading import Database

_NAMESPACE_EXISTS = 48

VIEWS: Mapping[str, tuple[str, list[Mapping[str, Any]]]] = {
    "v_tickets": (
        "tickets",
        [{"$match": {"created_at": {"$exists": True}}}, {"$unset": ["_kit", "personal"]}],
    ),
    "v_timeline": ("timeline", [{"$unset": ["words"]}]),
    "v_agents": ("agents", [{"$unset": ["personal"]}]),
    "v_rollups": ("rollups", [{"$unset": ["_id"]}]),
}


async def ensure_views(database: Database) -> None:
    """Makes each view, or brings it to this definition where it exists."""
    for name, (source, pipeline) in VIEWS.items():
        try:
            await database.command("create", name, viewOn=source, pipeline=pipeline)
        except OperationFailure as error:
            if error.code != _NAMESPACE_EXISTS:
                raise
            await database.command("collMod", name, viewOn=source, pipeline=pipeline)
