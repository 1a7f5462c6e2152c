"""Slack: messages and mentions of the Events API, slash commands, and shortcuts on a message."""

import re

from services.intake.adapters.forms import Form, form_of
from services.intake.adapters.media import described
from services.intake.adapters.payload import Json, Payload, member, moment_at, objects, text_at
from services.intake.adapters.rfc822.charsets import readable
from services.intake.domain.message import (
    LONGEST_TEXT,
    IncomingMessage,
    NoMessage,
    Parsed,
    Person,
    UnreadableError,
)
from shared.contracts.fields import Attachment

# Messages that a person wrote; all other subtypes tell of what happened in the channel.
WRITTEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})
MOST_FILES = 30
LINK = re.compile(r"<([^<>|\s]{1,2000})(?:\|([^<>]{0,1000}))?>")
ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def read_slack(payload: Payload) -> list[Parsed]:
    if payload.value.lstrip()[:1] == b"{":
        return [_callback(payload.json(), payload.mailbox)]
    form = form_of(payload)
    if "payload" in form.fields:
        return [_interaction(form.json("payload"), payload.mailbox)]
    if "command" in form.fields:
        return [_command(form, payload.mailbox)]
    raise UnreadableError('this is no event of Slack, and no form with "payload" or "command"')


def _callback(body: Json, mailbox: str | None) -> Parsed:
    kind = text_at(body, "type") or ""
    event = member(body, "event")
    if kind != "event_callback" or not event:
        if kind in ("url_verification", "app_rate_limited"):
            return NoMessage(f"Slack {kind}")
        raise UnreadableError('"type" is not "event_callback" with an "event"')
    name = text_at(event, "type") or "event"
    subtype = text_at(event, "subtype")
    if name not in ("message", "app_mention"):
        return NoMessage(f"Slack {name[:60]}")
    if subtype not in WRITTEN:
        return NoMessage(f"Slack message {(subtype or '')[:60]}")
    if text_at(event, "bot_id") or event.get("bot_profile") or not text_at(event, "user"):
        return NoMessage("Slack message of a bot")
    return _message(event, text_at(body, "team_id"), mailbox)


def _message(event: Json, team: str | None, mailbox: str | None) -> IncomingMessage:
    """In a direct chat all is one conversation; in a channel each thread is one."""
    user = text_at(event, "user") or text_at(event, "user", "id") or ""
    channel, moment = text_at(event, "channel") or "", text_at(event, "ts") or ""
    thread = text_at(event, "thread_ts")
    direct = text_at(event, "channel_type") == "im" and thread is None
    files = tuple(_file(each) for each in objects(event.get("files"))[:MOST_FILES])
    text = plain(text_at(event, "text") or "")
    answered = f"{channel}:{thread}" if thread and thread != moment else None
    return IncomingMessage(
        channel="slack",
        sender=Person(user, _name(event)),
        text=readable(text or "\n".join(f"[{each.filename}]" for each in files) or "[message]"),
        described=files,
        external_id=f"{channel}:{moment}" if channel and moment else None,
        fingerprint=f"{user} {moment}",
        mailbox=mailbox or team,
        references=(answered,) if answered else (),
        conversation=channel if direct else f"{channel}:{thread or moment}",
        sent_at=moment_at(event, "ts"),
    )


def _name(event: Json) -> str | None:
    profile = member(event, "user_profile")
    name = text_at(profile, "real_name") or text_at(profile, "display_name")
    return readable(name) if name else None


def _file(file: Json) -> Attachment:
    size = file.get("size")
    return described(
        "file",
        text_at(file, "url_private_download") or text_at(file, "url_private"),
        filename=text_at(file, "name") or text_at(file, "title"),
        content_type=text_at(file, "mimetype"),
        size=size if isinstance(size, int) else 0,
        unique=text_at(file, "id"),
    )


def _interaction(body: Json, mailbox: str | None) -> Parsed:
    """A shortcut on a message hands that message over; other interactions are none."""
    kind = text_at(body, "type") or "interaction"
    message = member(body, "message")
    if kind != "message_action" or not message:
        return NoMessage(f"Slack {kind[:60]}")
    where = {"channel": text_at(body, "channel", "id"), "user": text_at(message, "user")}
    writer = where["user"] or text_at(body, "user", "id")
    return _message({**message, **where, "user": writer}, text_at(body, "team", "id"), mailbox)


def _command(form: Form, mailbox: str | None) -> Parsed:
    user = form.text("user_id")
    if user is None:
        raise UnreadableError('a slash command of Slack has no "user_id"')
    text = form.text("text")
    if text is None:
        return NoMessage("Slack command without a text")
    return IncomingMessage(
        channel="slack",
        sender=Person(user, form.text("user_name")),
        text=plain(text),
        external_id=form.text("trigger_id"),
        mailbox=mailbox or form.text("team_id"),
    )


def plain(text: str) -> str:
    """Slack's markup as plain text: links by address and words, mentions by name or id."""
    shown = LINK.sub(_link, text[:LONGEST_TEXT])
    for escape, character in ESCAPES:
        shown = shown.replace(escape, character)
    return shown


def _link(link: re.Match[str]) -> str:
    target, label = link[1], link[2]
    if target[0] in "@#!":
        return f"{target[0] if target[0] != '!' else '@'}{label or target[1:]}"
    address = target.removeprefix("mailto:")
    return f"{label} ({address})" if label and label != address else address
