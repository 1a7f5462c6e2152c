from typing import Any

import pytest

from services.intake.domain.message import UnreadableError
from tests.intake_channels.reading import form, multipart, read

ASKED = {"name": "Ana Ruiz", "email": "ana@x.example", "subject": "Help", "message": "It broke."}


@pytest.mark.parametrize("body", [ASKED, form(ASKED), multipart(ASKED)])
def test_a_form_in_each_encoding(body: object) -> None:
    found = read("web", body)

    assert (found.sender.address, found.sender.name) == ("ana@x.example", "Ana Ruiz")
    assert (found.subject, found.text) == ("Help", "It broke.")


@pytest.mark.parametrize(
    "fields",
    [
        {"your-name": "Ana Ruiz", "your-email": "ana@x.example", "your-message": "It broke."},
        {"contact[name]": "Ana Ruiz", "contact[email]": "ana@x.example", "comments": "It broke."},
        {"Vorname": "Ana", "Nachname": "Ruiz", "E-Mail": "ana@x.example", "Nachricht": "It broke."},
        {"Nombre": "Ana Ruiz", "Correo": "ana@x.example", "Mensaje": "It broke."},
        {"data": {"name": "Ana Ruiz", "email": "ana@x.example", "message": "It broke."}},
        {
            "fields": [
                {"label": "Full name", "value": "Ana Ruiz"},
                {"label": "Your e-mail *", "value": "ana@x.example"},
                {"label": "Question", "value": "It broke."},
            ]
        },
    ],
)
def test_fields_by_other_names(fields: dict[str, Any]) -> None:
    found = read("web", fields)

    assert (found.sender.address, found.sender.name, found.text) == (
        "ana@x.example",
        "Ana Ruiz",
        "It broke.",
    )


def test_what_else_was_filled_in_follows_the_message() -> None:
    found = read("web", {**ASKED, "Order": "A-7", "_captcha": "x", "csrf_token": "y"})

    assert found.text == "It broke.\n\nOrder: A-7"


def test_files_come_along() -> None:
    found = read("web", multipart(ASKED, {"file": ("../a.png", "image/png", b"png")}))

    [attachment] = found.attachments
    assert (attachment.filename, attachment.data) == ("a.png", b"png")


def test_a_phone_number_will_do() -> None:
    assert read("web", {"phone": "0034 600 111 222", "message": "x"}).sender.address == (
        "+34600111222"
    )


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"message": "It broke."}, "e-mail address or a phone number"),
        ({"email": "ana@x.example"}, "field with a message"),
        (b"no form", "no form"),
    ],
)
def test_what_nobody_can_answer_is_refused(body: object, problem: str) -> None:
    with pytest.raises(UnreadableError, match=problem):
        read("web", body)


@pytest.mark.parametrize(
    "label", ["your-subject", "Your Subject", "contact[subject]", "user_topic"]
)
def test_a_decorated_subject_is_one(label: str) -> None:
    found = read("web", form({"email": "ana@x.example", "message": "It broke.", label: "Lamp"}))

    assert (found.subject, found.text) == ("Lamp", "It broke.")


def test_a_survey_names_each_answer_by_its_type() -> None:
    """The question stands in a field beside it."""
    answers = [
        {"type": "email", "email": "ana@x.example", "field": {"ref": "mail"}},
        {"type": "text", "text": "It broke.", "field": {"title": "Message"}},
        {"type": "choice", "choice": {"label": "The tall one"}, "field": {"title": "Lamp"}},
        {"type": "choices", "choices": {"labels": ["night", "day"]}, "field": {"ref": "when"}},
        {"type": "number", "number": 4, "field": {"id": "n"}},
    ]

    found = read("web", {"event_type": "form_response", "form_response": {"answers": answers}})

    assert found.sender.address == "ana@x.example"
    assert found.text.split("\n")[0] == "It broke."
    for line in ("Lamp: The tall one", "when: night, day", "n: 4"):
        assert line in found.text.split("\n")
