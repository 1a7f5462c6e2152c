"""Fills the services' stores with open tickets, without the pipeline."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import islice
from typing import Any

import bson
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument
from pymongo.write_concern import WriteConcern

from deskstream.services import SERVICES
from tests.bench.cloning import Template, copies, template
from tests.bench.desk import Desk

AT_ONCE, IN_FLIGHT = 2_000, 2
LATER = timedelta(days=365)
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
TIMELINE = ("reporting", "timeline")
Templates = Mapping[tuple[str, str], Sequence[Template]]  # by service and collection


async def originals(desk: Desk) -> Templates:
    """All documents of all tickets so far; the services must be at rest."""
    found = {}
    for service in SERVICES:
        database = desk.database(service)
        for name in await database.list_collection_names(filter={"type": "collection"}):
            documents = await database[name].find().to_list()
            made = [template(bson.encode(_later(each))) for each in documents if _is_one(each)]
            if made:
                found[service, name] = made
    return found


def _is_one(document: Mapping[str, Any]) -> bool:
    """Not one that many tickets share: its copies would have the same id."""
    return template(bson.encode({"_id": document["_id"]})).varies


def _later(document: dict[str, Any]) -> dict[str, Any]:
    """Its timers come due when all is over: nobody knows these tickets but the stores."""
    kit = document.get("_kit", {})
    if "due" in kit:
        kit["due"] += LATER
        kit["timers"] = [[name, due + LATER] for name, due in kit["timers"]]
    return document


async def fill(desk: Desk, templates: Templates, first: int, last: int) -> None:
    """With these copies of all; the services must be stopped."""
    for (service, name), each in templates.items():
        quick = desk.database(service)[name].with_options(
            codec_options=RAW, write_concern=WriteConcern(1)
        )
        made = map(RawBSONDocument, copies(each, first, last))
        await asyncio.gather(*(_insert(quick, made) for _ in range(IN_FLIGHT)))
        if (service, name) == TIMELINE:
            desk.stored_lines += len(each) * (last - first)


async def _insert(collection: Any, made: Iterator[RawBSONDocument]) -> None:
    """Several of these share what is made."""
    while some := list(islice(made, AT_ONCE)):
        await collection.insert_many(some, ordered=False)
