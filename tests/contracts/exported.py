"""Where the committed exports and the golden payloads lie."""

import json
from pathlib import Path
from typing import Any

from deskstream.contracts.schemas import messages_with_data, schema_path, short_name
from shared.contracts.message import Message

DOCS = Path(__file__).parents[2] / "docs"
GOLDEN = Path(__file__).parent / "golden"
TYPES = {short_name(cls): cls for cls in messages_with_data()}


def committed_schema(cls: type[Message]) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((DOCS / schema_path(cls)).read_text("utf-8"))
    return schema


def golden_bytes(name: str) -> bytes:
    """As it goes over the wire: the file's last line end is the editor's."""
    return (GOLDEN / f"{name}.json").read_bytes().removesuffix(b"\n")
