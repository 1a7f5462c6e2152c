"""How these tests read a payload: as the door hands it over."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson

from services.intake.adapters.channels import ADAPTERS
from services.intake.adapters.payload import Payload
from services.intake.domain.message import IncomingMessage, NoMessage

Fields = Mapping[str, str]


def read(channel: str, body: object) -> IncomingMessage:
    """The one message of a payload: JSON, or bytes as they are."""
    [found] = ADAPTERS[channel](Payload(as_bytes(body), channel))
    assert isinstance(found, IncomingMessage), found
    return found


def reason(channel: str, body: object) -> str:
    """Why the payload is no message."""
    [found] = ADAPTERS[channel](Payload(as_bytes(body), channel))
    assert isinstance(found, NoMessage), found
    return found.reason


def as_bytes(body: object) -> bytes:
    return body if isinstance(body, bytes) else orjson.dumps(body)


def form(fields: Mapping[str, Any]) -> bytes:
    return urlencode(fields).encode()


def multipart(fields: Fields, files: Mapping[str, tuple[str, str, bytes]] | None = None) -> bytes:
    """Files by field: name, content type, bytes."""
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    for name, (filename, content_type, data) in (files or {}).items():
        head = (
            f'--edge\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            f"Content-Type: {content_type}\r\n\r\n"
        )
        parts.append(head.encode() + data + b"\r\n")
    return b"".join(parts) + b"--edge--\r\n"
