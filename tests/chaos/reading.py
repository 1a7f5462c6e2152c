"""The log as it lies on its topic, with what tickets were promised and answered; no kit code."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from tests.bench.reading import line_of, records
from tests.bench.story import Line, Log
from tests.chaos.pills import is_pill

FIRST_RESPONSE = "first_response"


@dataclass(slots=True)
class Promise:
    """A ticket's first response, in milliseconds of the epoch; what lies on the log, and when."""

    due: float | None = None
    answered: list[int] = field(default_factory=list)
    breached: list[int] = field(default_factory=list)
    warned: dict[str, int] = field(default_factory=dict)
    corrected: int = 0


@dataclass(slots=True)
class Story:
    """`answers` are commands by how many replies they led to. `early`: said before its time."""

    log: Log = field(default_factory=Log)
    promises: dict[str, Promise] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    replies_mailed: dict[str, list[str]] = field(default_factory=dict)
    unacknowledged: dict[str, str] = field(default_factory=dict)  # and why not
    refused: set[str] = field(default_factory=set)  # addresses said to be unreachable
    automatic: set[str] = field(default_factory=set)
    early: list[str] = field(default_factory=list)

    def add(self, line: Line, raw: Any, headers: Mapping[str, str]) -> None:
        known = self.log.repeated
        self.log.add(line, raw.value)
        if self.log.repeated > known:
            return
        told = orjson.loads(raw.value)
        self._note_time(line, headers)
        self._note_fate(line, headers)
        promise = self.promises.setdefault(line.subject, Promise())
        match line.kind:
            case "TicketCreated":
                if told.get("automatic"):
                    self.automatic.add(line.subject)
            case "SlaTargetsSet":
                promise.due = _due(told) or promise.due
            case "SlaWarning" if told["metric"] == FIRST_RESPONSE:
                promise.warned[told["level"]] = promise.warned.get(told["level"], 0) + 1
            case "SlaBreached" if told["metric"] == FIRST_RESPONSE:
                promise.breached.append(line.at_ms)
            case "SlaCorrected" if told["metric"] == FIRST_RESPONSE:
                promise.corrected += 1
            case "AgentReplied":
                promise.answered.append(line.at_ms)
                cause = line.causation or ""
                self.answers[cause] = self.answers.get(cause, 0) + 1
            case "NotificationSent" | "NotificationFailed" | "NotificationSuppressed":
                self._note_mail(line, told)
            case _:
                pass

    def _note_mail(self, line: Line, told: Mapping[str, Any]) -> None:
        match line.kind, told["template"]:
            case "NotificationSent", "reply":
                self.replies_mailed.setdefault(line.subject, []).append(told["message_id"])
            case "NotificationFailed", template:
                self.refused.add(told["recipient"]["address"])
                if template == "acknowledgement":
                    self.unacknowledged[line.subject] = "refused"
            case "NotificationSuppressed", "acknowledgement":
                self.unacknowledged[line.subject] = told["reason"]
            case _:
                pass

    def _note_time(self, line: Line, headers: Mapping[str, str]) -> None:
        """Nothing happens before the moment that it says it happened at."""
        if line.at_ms < _milliseconds(headers["ce_time"]) - TOLERANCE_MS:
            self.early.append(f"{line.kind} of {line.subject}, for {headers['ce_time']}")

    def _note_fate(self, line: Line, headers: Mapping[str, str]) -> None:
        """A message that was added to a ticket; the correlation is the input that began it."""
        if line.kind == "CustomerReplied":
            origin = headers.get("ce_correlationid", "")
            self.log.fates.append((origin, f"added to {line.subject}"))


TOLERANCE_MS = 250  # the broker stamps when it begins to write, on its own clock


async def read_story(client: Mapping[str, Any], topic: str) -> Story:
    """Without what poison lies there, and without the answers to its publishers."""
    story = Story()
    async for raw in records(client, topic):
        if not is_pill(raw.key):
            headers = {name: value.decode() for name, value in raw.headers}
            story.add(line_of(raw), raw, headers)
    story.log.fates = [each for each in story.log.fates if not is_pill(each[0].encode())]
    return story


def _due(told: Mapping[str, Any]) -> float | None:
    for target in told["targets"]:
        if target["metric"] == FIRST_RESPONSE and target["due_at"]:
            return _milliseconds(target["due_at"])
    return None


def _milliseconds(text: str) -> float:
    return datetime.fromisoformat(text).timestamp() * 1000
