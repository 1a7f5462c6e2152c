"""WhatsApp beside the plain batch: gateways' bodies, hidden numbers, groups."""

from collections.abc import Mapping
from typing import Any

import pytest

from services.intake.adapters.recognition import recognised
from services.intake.domain.message import UnreadableError
from tests.intake_channels.reading import as_bytes, read, reason

ANA = {"profile": {"name": "Ana Ruiz"}, "wa_id": "34600111222", "user_id": "ES.81"}
BOB = {"profile": {"name": "Bob Stone"}, "wa_id": "447700900123", "user_id": "GB.92"}


def text(words: str, **members: Any) -> dict[str, Any]:
    said = {"id": "wamid.1", "timestamp": "1772442000", "type": "text", "text": {"body": words}}
    return {"from": "34600111222", **said, **members}


def hidden(words: str, user_id: str) -> dict[str, Any]:
    """Of somebody who hides his number."""
    message = text(words, from_user_id=user_id)
    del message["from"]
    return message


def value(*messages: Mapping[str, Any], contacts: list[Mapping[str, Any]]) -> dict[str, Any]:
    number = {"display_phone_number": "49301234567", "phone_number_id": "77"}
    return {
        "messaging_product": "whatsapp",
        "metadata": number,
        "contacts": contacts,
        "messages": list(messages),
    }


def batch(*messages: Mapping[str, Any], contacts: list[Mapping[str, Any]]) -> dict[str, Any]:
    change = {"field": "messages", "value": value(*messages, contacts=contacts)}
    entry = {"id": "1", "changes": [change]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


@pytest.mark.parametrize("left_out", [(), ("messaging_product",), ("metadata", "contacts")])
def test_a_gateways_body_has_its_messages_on_top(left_out: tuple[str, ...]) -> None:
    body = value(text("It broke."), contacts=[ANA])
    body = {name: each for name, each in body.items() if name not in left_out}

    found = read("whatsapp", body)

    assert (found.text, found.sender.address) == ("It broke.", "+34600111222")
    assert found.mailbox == (None if "metadata" in left_out else "+49301234567")
    assert found.sender.name == (None if "contacts" in left_out else "Ana Ruiz")


def test_a_gateways_body_is_recognised() -> None:
    assert recognised(as_bytes(value(text("x"), contacts=[ANA]))) == "whatsapp"


@pytest.mark.parametrize("body", [{"object": "page", "messages": []}, {"messages": "x"}])
def test_what_is_no_webhook_of_whatsapp(body: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError, match='"object" is not "whatsapp_business_account"'):
        read("whatsapp", body)


def test_who_hides_his_number_keeps_his_name() -> None:
    contacts: list[Mapping[str, Any]] = [
        {"profile": {"name": "Cleo Ng"}, "user_id": "SG.7"},
        {"profile": {"name": "Dan Oh"}, "user_id": "KR.8"},
    ]

    found = read("whatsapp", batch(hidden("It broke.", "KR.8"), contacts=contacts))

    assert (found.sender.address, found.sender.name) == ("KR.8", "Dan Oh")


def test_a_number_unlike_its_contacts_is_named_by_the_user_id() -> None:
    message = text("It broke.", **{"from": "5491150000000", "from_user_id": "GB.92"})

    assert read("whatsapp", batch(message, contacts=[ANA, BOB])).sender.name == "Bob Stone"


def test_what_is_said_in_a_group_is_one_conversation() -> None:
    first = text("It broke.", group_id="grp-5")
    second = text("Mine too.", group_id="grp-5", **{"from": "447700900123"})

    found = [read("whatsapp", batch(each, contacts=[ANA, BOB])) for each in (first, second)]

    assert [each.conversation for each in found] == ["grp-5", "grp-5"]
    assert [each.sender.name for each in found] == ["Ana Ruiz", "Bob Stone"]


def test_beside_groups_each_sender_is_a_conversation() -> None:
    assert read("whatsapp", batch(text("x"), contacts=[ANA])).conversation == "+34600111222"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"text": {"body": "no type"}}, "no type"),
        ({"type": "text", "text": "bare"}, "bare"),
        ({"type": "button", "button": {"payload": "CALL_ME"}}, "CALL_ME"),
        ({"errors": [{"code": 131051}]}, "[unsupported]"),
        (
            {"type": "unsupported", "unsupported": {"type": "video_note"}},
            "[unsupported]\nvideo_note",
        ),
        ({"type": "poll", "poll": {"name": "Which lamp?"}}, "[poll]\nWhich lamp?"),
        (
            {"interactive": {"call_permission_reply": {"response": "accept"}}},
            "[call_permission_reply] accept",
        ),
        (
            {
                "type": "contacts",
                "contacts": [
                    {
                        "name": {"first_name": "Bo", "last_name": "Li"},
                        "phones": [{"phone": "+34 600"}],
                        "emails": [{"email": "bo@x.example"}],
                        "org": {"company": "Lamps"},
                        "addresses": [{"street": "Rúa 1", "city": "Vigo"}],
                    }
                ],
            },
            "[contacts]\nBo Li +34 600 bo@x.example Lamps Rúa 1, Vigo",
        ),
        (
            {
                "type": "interactive",
                "interactive": {
                    "type": "nfm_reply",
                    "nfm_reply": {
                        "body": "Sent",
                        "response_json": '{"flow_token":"t","who":{"town":"Vigo"},"days":[1,2]}',
                    },
                },
            },
            "Sent\nwho.town: Vigo\ndays: 1, 2",
        ),
    ],
)
def test_whatever_was_sent_is_told(content: dict[str, Any], words: str) -> None:
    message = {"from": "34600111222", "id": "wamid.2", "timestamp": "1772442000", **content}

    assert read("whatsapp", batch(message, contacts=[ANA])).text == words


def test_one_that_another_app_minds_is_none() -> None:
    change = {"field": "standby", "value": value(text("x"), contacts=[ANA])}

    assert "standby" in reason("whatsapp", change)


@pytest.mark.parametrize(
    "body",
    [
        {"field": "messages", "value": value(text("x"), contacts=[ANA])},
        {"entry": [{"changes": [{"value": value(text("x"), contacts=[ANA])}]}]},
        {"contacts": [ANA], "messages": [text("x")]},
    ],
)
def test_its_inner_parts_are_recognised_and_read(body: dict[str, Any]) -> None:
    assert recognised(as_bytes(body)) == "whatsapp"
    assert read("whatsapp", body).sender.name == "Ana Ruiz"


@pytest.mark.parametrize("kind", ["edit", "pin"])
def test_what_happens_to_a_message_is_none_even_where_it_is_unsupported(kind: str) -> None:
    message = {"from": "34600111222", "type": "unsupported", "unsupported": {"type": kind}}

    assert reason("whatsapp", batch(message, contacts=[ANA])) == f"WhatsApp {kind}"


def test_a_number_and_a_user_id_are_one_person() -> None:
    both = read("whatsapp", batch(text("x", from_user_id="ES.81"), contacts=[ANA]))

    assert (both.sender.address, both.aliases) == ("+34600111222", ("ES.81",))
    assert read("whatsapp", batch(hidden("x", "ES.81"), contacts=[ANA])).aliases == ()
