from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from deskstream.cli import create
from tests.intake_reception.mails import mail, multipart

FIELDS = {
    "file", "channel", "from", "from_name", "to", "cc", "reply_to", "subject", "date", "message_id",
    "references", "text", "new_text", "quoted_text", "html", "attachments", "automatic", "signals",
    "bounce", "external_id", "conversation",
}  # fmt: skip


def parse(*arguments: str) -> tuple[list[dict[str, object]], str]:
    result = CliRunner().invoke(create(), ["intake", "parse", *arguments])
    assert result.exit_code == 0, result.output
    return [orjson.loads(line) for line in result.stdout.splitlines()], result.stderr


def test_a_mail_is_a_line(tmp_path: Path) -> None:
    file = tmp_path / "a.eml"
    thread = {"References": "<a@x.example> <b@x.example>", "In-Reply-To": "<b@x.example>"}
    file.write_bytes(
        mail("Hi\n\nOn Mon, 2 Mar 2026, S <s@x.example> wrote:\n> old", headers=thread)
    )

    [found], _ = parse(str(file))

    assert set(found) == FIELDS
    assert (found["from"], found["from_name"]) == ("ana@customer.example", "Ana Ruiz")
    assert (found["subject"], found["new_text"]) == ("Printer on fire", "Hi")
    assert found["references"] == ["<a@x.example>", "<b@x.example>"]
    assert found["date"] == "2026-03-02T08:00:00Z"
    assert (found["message_id"], found["automatic"]) == ("<one@customer.example>", None)


def test_attachments_are_named(tmp_path: Path) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(
        multipart(
            "mixed",
            ("Content-Type: text/plain", "Hi"),
            ("Content-Type: image/png; name=a.png\r\nContent-Transfer-Encoding: base64", "aGk="),
        )
    )

    [found], _ = parse(str(file))

    assert found["attachments"] == [
        {"filename": "a.png", "content_type": "image/png", "size": 2, "inline": False}
    ]


def test_a_folder_is_read_by_name_and_what_is_broken_is_said(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "broken.json").write_text('{"update_id": 1, "message": {"text": "x"}}')
    (tmp_path / "a.eml").write_bytes(mail())
    (tmp_path / ".hidden").write_bytes(mail())
    (tmp_path / "status.json").write_text('{"update_id": 1, "edited_message": {}}')

    found, said = parse(str(tmp_path))

    assert [Path(str(each["file"])).name for each in found] == ["a.eml", "broken.json"]
    assert found[1]["error"] == 'a message of Telegram has no "from.id"'
    assert "no message: Telegram edited_message" in " ".join(said.split())


def test_a_channel_that_is_named_is_not_guessed(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"update_id": 1}')

    [found], _ = parse("--channel", "whatsapp", str(file))

    assert "whatsapp_business_account" in str(found["error"])


def test_an_unknown_channel_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        create(), ["intake", "parse", "--channel", "watsapp", str(tmp_path)]
    )

    assert result.exit_code == 2
    assert "whatsapp" in result.stderr


def test_a_bug_of_ours_is_a_line_and_the_rest_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> list[object]:
        raise RuntimeError("oops")

    for name in ("a.eml", "b.eml"):
        (tmp_path / name).write_bytes(mail())
    monkeypatch.setattr("deskstream.explaining.ADAPTERS", {"email": fail})

    found, _ = parse(str(tmp_path))

    assert [each["error"] for each in found] == [
        "intake fails on it, which is a bug: RuntimeError: oops"
    ] * 2


def test_a_list_of_payloads_is_read_one_by_one(tmp_path: Path) -> None:
    """As queues and recordings of webhooks keep them."""
    said = {"message_id": 5, "chat": {"id": 7}, "from": {"id": 7}, "text": "It broke."}
    sms = {"MessageSid": "SM1", "From": "+34600111222", "Body": "Still dark."}
    file = tmp_path / "day.json"
    file.write_bytes(orjson.dumps([{"update_id": 1, "message": said}, sms]))

    found, _ = parse(str(file))

    assert [(each["channel"], each["text"]) for each in found] == [
        ("telegram", "It broke."),
        ("sms", "Still dark."),
    ]


@pytest.mark.parametrize("content", ["[]", "[1]", "[", "[" * 3_000])
def test_a_list_without_payloads_is_no_message(tmp_path: Path, content: str) -> None:
    file = tmp_path / "day.json"
    file.write_text(content)

    [found], _ = parse(str(file))

    assert "error" in found


def test_a_byte_order_mark_is_no_part_of_a_payload(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text('{"MessageSid": "SM1", "From": "+34600111222", "Body": "Hi"}', "utf-8-sig")

    [found], _ = parse(str(file))

    assert (found["channel"], found["text"]) == ("sms", "Hi")
