"""The door's own description, and its page."""

import re
from typing import Any

import jsonschema
import pytest

from services.intake.api.vendors import CHANNELS
from services.intake.settings import IntakeSettings
from tests.intake_door.conftest import World
from tests.intake_door.test_commands import REPLY
from tests.intake_door.test_tickets import REQUEST


async def document(world: World) -> dict[str, Any]:
    found: dict[str, Any] = (await world.client.get("/openapi.json")).json()
    return found


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for item in node.values() for found in references(item)]


async def test_every_reference_leads_somewhere(world: World) -> None:
    spec = await document(world)

    names = {reference.rpartition("/")[2] for reference in references(spec)}
    assert names <= set(spec["components"]["schemas"])
    assert "Problem" in names


@pytest.mark.parametrize(
    ("name", "body", "fits"),
    [
        ("MessageReceived", REQUEST, True),
        ("MessageReceived", {**REQUEST, "txet": ""}, False),
        ("Command", REPLY, True),
        ("Command", {"command": "Reply"}, False),
        ("Command", {**REPLY, "actor": {"kind": "agent", "id": "x"}}, False),
        ("Command", {"command": "MarkSpam"}, True),
    ],
)
async def test_the_document_and_the_door_agree(
    world: World, name: str, body: dict[str, Any], *, fits: bool
) -> None:
    spec = await document(world)
    await world.store_ticket("t1")
    path = "/v1/tickets" if name == "MessageReceived" else "/v1/tickets/t1/commands"
    schema = {"$ref": f"#/components/schemas/{name}", "components": spec["components"]}

    answer = await world.post(path, body)

    assert (answer.status_code == 202) is fits
    assert jsonschema.Draft202012Validator(schema).is_valid(body) is fits


async def test_every_operation_says_how_it_refuses(world: World) -> None:
    spec = await document(world)

    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (path, method)
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (path, status)


@pytest.mark.parametrize("path", ["/docs", "/docs.js", "/docs.css"])
async def test_the_page_comes_from_here_alone(world: World, path: str) -> None:
    answer = await world.client.get(path)

    assert answer.status_code == 200
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "http://" not in answer.text
    assert "https://" not in answer.text


async def test_every_channel_says_what_admits_it(world: World) -> None:
    paths = (await world.client.get("/openapi.json")).json()["paths"]

    told = {path: ways["post"]["description"] for path, ways in paths.items() if "channels" in path}

    assert len(told) == len(CHANNELS)
    assert "X-Hub-Signature-256 and by nothing else" in told["/v1/channels/whatsapp"]
    assert "or by a token with the scope channels:write." in told["/v1/channels/chat"]
    known = {f"DESKSTREAM_INTAKE_{name.upper()}" for name in IntakeSettings.model_fields}
    for text in told.values():
        named = re.findall(r"DESKSTREAM_INTAKE_\w+", text)
        assert named
        assert set(named) <= known


@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/tickets/t1/commands"])
async def test_an_example_can_be_sent_as_it_stands(world: World, path: str) -> None:
    await world.store_ticket("t1")
    document = (await world.client.get("/openapi.json")).json()
    operation = document["paths"][path.replace("t1", "{ticket}")]["post"]
    example = operation["requestBody"]["content"]["application/json"]["example"]

    assert (await world.post(path, example)).status_code == 202
