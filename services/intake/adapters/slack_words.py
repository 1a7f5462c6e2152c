"""What a Slack message says: its markup, its blocks and what it shares, as plain text."""

import re
from collections.abc import Iterator
from typing import Any

from services.intake.adapters.payload import Json, member, objects, text_at
from services.intake.domain.message import LONGEST_TEXT

IN_CANVAS = "document_mention"  # its text tells that we are mentioned, its blocks with what words
DATE = re.compile(r"<!date\^[^<>|]{1,1000}\|([^<>]{0,1000})>")
LINK = re.compile(r"<([^<>|\s]{1,2000})(?:\|([^<>]{0,1000}))?>")
ESCAPES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
LINES = frozenset(
    {"rich_text_section", "rich_text_quote", "rich_text_preformatted"}
    | {"section", "header", "context", "image"}
)
SIGNS = {"user": "@", "usergroup": "@", "channel": "#", "broadcast": "@"}
DEEPEST = 8  # blocks within blocks


def words_of(event: Json) -> str:
    """The message's text, or its blocks'; and the messages that it shares."""
    text = plain(text_at(event, "text") or "") or _of_blocks(event.get("blocks"))
    if event.get("subtype") == IN_CANVAS:
        text += f"\n{_of_blocks(event.get('blocks'))}"
    attached = objects(event.get("attachments"))
    shared = [each for each in attached if each.get("is_share") or each.get("is_msg_unfurl")]
    lines = [text, *(_shared(each) for each in (shared if text else attached))]
    return "\n".join(line for line in lines if line)[:LONGEST_TEXT]


def plain(text: str) -> str:
    """Slack's markup as plain text: links by address and words, mentions by name or id."""
    shown = LINK.sub(_link, DATE.sub(r"\1", text[:LONGEST_TEXT]))
    for escape, character in ESCAPES:
        shown = shown.replace(escape, character)
    return shown


def answers_of(submission: Json) -> str:
    """What was filled into a dialog, a line for each field, by the label that it was asked by."""
    view = member(submission, "view")
    labels = {
        text_at(block, "block_id"): text_at(block, "label", "text")
        for block in objects(view.get("blocks"))
    }
    lines = [
        f"{labels.get(block) or action}: {answer}"
        for block, actions in member(view, "state", "values").items()
        for action, state in (actions.items() if isinstance(actions, dict) else ())
        if (answer := _answer(state))
    ]
    filled = member(submission, "submission")
    lines += [f"{name}: {text}" for name in filled if (text := text_at(filled, name))]
    return "\n".join(lines)[:LONGEST_TEXT]


def _link(link: re.Match[str]) -> str:
    target, label = link[1], link[2]
    if target[0] in "@#!":
        sign = target[0] if target[0] != "!" else "@"
        return f"{sign}{(label or target[1:]).removeprefix(sign)}"
    address = target.removeprefix("mailto:")
    return f"{label} ({address})" if label and label != address else address


def _shared(attachment: Json) -> str:
    text = text_at(attachment, "text") or text_at(attachment, "fallback")
    text = plain(text) if text else _of_blocks(attachment.get("message_blocks"))
    author = text_at(attachment, "author_name")
    said = f"{author}: {text}" if author and text else text
    return said or text_at(attachment, "from_url") or ""


def _of_blocks(blocks: Any) -> str:
    return "".join(_told(blocks, DEEPEST)).strip()


def _told(blocks: Any, levels: int) -> Iterator[str]:
    for block in objects(blocks) if levels else ():
        kind = text_at(block, "type") or ""
        yield _said(block, kind)
        for name in ("elements", "fields", "message"):
            yield from _told(block.get(name), levels - 1)
        if kind in LINES:
            yield "\n"


def _said(block: Json, kind: str) -> str:
    text = block.get("text")
    if isinstance(text, dict):
        return plain(text_at(text, "text") or "")
    if isinstance(text, str):
        return plain(text) if kind == "mrkdwn" else text
    if kind in SIGNS:
        names = (text_at(block, n) for n in ("user_id", "usergroup_id", "channel_id", "range"))
        return SIGNS[kind] + next((name for name in names if name), "")
    if kind == "emoji":
        return f":{text_at(block, 'name') or 'emoji'}:"
    return text_at(block, "url") or text_at(block, "alt_text") or ""


def _answer(state: Any) -> str | None:
    """Of a text field, a date, or what was picked from a list."""
    chosen = [member(state, "selected_option"), *objects(member(state).get("selected_options"))]
    picked = [text for each in chosen if (text := text_at(each, "text", "text"))]
    plain_ones = (text_at(state, n) for n in ("value", "selected_date", "selected_time"))
    users = (text_at(state, n) for n in ("selected_user", "selected_channel"))
    return ", ".join(picked) or next((text for text in (*plain_ones, *users) if text), None)
