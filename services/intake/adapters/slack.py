"""Slack: messages and mentions of the Events API, slash commands, and shortcuts on a message."""

from services.intake.adapters.forms import Form, form_of
from services.intake.adapters.media import described
from services.intake.adapters.payload import Json, Payload, member, moment_at, objects, text_at
from services.intake.adapters.rfc822.charsets import readable
from services.intake.adapters.slack_words import IN_CANVAS, answers_of, plain, words_of
from services.intake.domain.message import (
    IncomingMessage,
    NoMessage,
    Parsed,
    Person,
    UnreadableError,
)
from shared.contracts.fields import Attachment

# Messages that a person wrote; all other subtypes tell of what happened in the channel.
WRITTEN = frozenset({None, "file_share", "thread_broadcast", "me_message", IN_CANVAS})
MOST_FILES = 30
SLACKBOT = "USLACKBOT"
SUBMISSIONS = frozenset({"view_submission", "dialog_submission"})
INTERACTIONS = SUBMISSIONS | {
    "block_actions",
    "block_suggestion",
    "dialog_cancellation",
    "interactive_message",
    "message_action",
    "shortcut",
    "view_closed",
}


def read_slack(payload: Payload) -> list[Parsed]:
    """Slack sends events as JSON and all else as forms; some gateways turn forms into JSON."""
    mailbox = payload.mailbox
    if payload.value.lstrip()[:1] == b"{" and (body := payload.json()).keys() & {"type", "event"}:
        return [_json(body, mailbox)]
    form = form_of(payload)
    if "payload" in form.fields:
        return [_interaction(form.json("payload"), mailbox)]
    if "command" in form.fields:
        return [_command(form, mailbox)]
    if {"user_id", "text", "channel_id"}.issubset(form.fields):
        return [_outgoing(form, mailbox)]
    raise UnreadableError('this is no event of Slack, and no form with "payload" or "command"')


def _json(body: Json, mailbox: str | None) -> Parsed:
    """In socket mode, what else would be the whole request comes in an envelope."""
    if text_at(body, "envelope_id") and member(body, "payload"):
        body = body["payload"]
    if "event" not in body and (text_at(body, "type") in INTERACTIONS or "actions" in body):
        return _interaction(body, mailbox)
    return _callback(body, mailbox)


def _callback(body: Json, mailbox: str | None) -> Parsed:
    kind = text_at(body, "type") or ""
    event = member(body, "event")
    if kind in ("url_verification", "app_rate_limited"):
        return NoMessage(f"Slack {kind}")
    if kind == "message" and "ts" in body:
        event = body
    elif kind != "event_callback" or not event:
        raise UnreadableError('"type" is not "event_callback" with an "event"')
    if reason := _no_message(event):
        return NoMessage(reason)
    return _message(event, text_at(body, "team_id") or text_at(event, "team"), mailbox)


def _no_message(event: Json) -> str | None:
    name = text_at(event, "type") or "event"
    subtype = text_at(event, "subtype")
    if name not in ("message", "app_mention"):
        return f"Slack {name[:60]}"
    if subtype not in WRITTEN:
        return f"Slack message {(subtype or '')[:60]}"
    if text_at(event, "bot_id") or event.get("bot_profile") or not text_at(event, "user"):
        return "Slack message of a bot"
    return "Slack message that is hidden" if event.get("hidden") is True else None


def _message(event: Json, team: str | None, mailbox: str | None) -> IncomingMessage:
    """In a direct chat all is one conversation; in a channel each thread is one."""
    user = text_at(event, "user") or text_at(event, "user", "id") or ""
    channel, moment = text_at(event, "channel") or "", text_at(event, "ts") or ""
    thread = text_at(event, "thread_ts")
    direct = text_at(event, "channel_type") == "im" and thread is None
    files = tuple(_file(each) for each in objects(event.get("files"))[:MOST_FILES])
    text = words_of(event)
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
        conversation=channel if direct else _thread(channel, thread or moment) or user,
        sent_at=moment_at(event, "ts"),
    )


def _thread(channel: str, moment: str) -> str:
    return f"{channel}:{moment}" if moment else channel


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
    """A shortcut on a message hands it over, a dialog what was filled in; others are none."""
    kind = text_at(body, "type") or "interaction"
    message, team = member(body, "message"), text_at(body, "team", "id")
    if kind == "message_action" and message:
        where = {"channel": text_at(body, "channel", "id"), "user": text_at(message, "user")}
        writer = where["user"] or text_at(body, "user", "id")
        return _message({**message, **where, "user": writer}, team, mailbox)
    user, answers = text_at(body, "user", "id"), answers_of(body)
    if kind not in SUBMISSIONS or not answers or user is None:
        return NoMessage(f"Slack {kind[:60]}")
    identity = text_at(body, "view", "id") or text_at(body, "action_ts")
    return IncomingMessage(
        channel="slack",
        sender=Person(user, text_at(body, "user", "name") or text_at(body, "user", "username")),
        text=readable(answers),
        subject=text_at(body, "view", "title", "text"),
        external_id=f"form:{identity}" if identity else None,
        fingerprint=f"{user} {identity}",
        mailbox=mailbox or team,
    )


def _outgoing(form: Form, mailbox: str | None) -> Parsed:
    """Slack's older outgoing webhooks: one message each, as a form."""
    fields = {
        "user": form.text("user_id"),
        "user_profile": {"real_name": form.text("user_name")},
        "channel": form.text("channel_id"),
        "ts": form.text("timestamp"),
        "thread_ts": form.text("thread_ts"),
        "text": form.text("text"),
    }
    if form.text("bot_id") or fields["user"] == SLACKBOT:
        return NoMessage("Slack message of a bot")
    return _message(fields, form.text("team_id"), mailbox)


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
