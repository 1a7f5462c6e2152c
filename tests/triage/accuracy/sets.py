"""The labelled sets that learning is measured on, cut in two by the hash of the text."""

from pathlib import Path
from typing import NamedTuple

from deskstream.history import examples
from services.triage.domain.learning.examples import Example, is_held_out

DATA = Path(__file__).parents[4] / "shared" / "data" / "public" / "tickets"
UNSEEN = 0.3


class LabelledSet(NamedTuple):
    file: str
    texts: tuple[str, ...]
    label: str

    @property
    def name(self) -> str:
        return f"{self.file}/{self.label}"

    def split(self) -> tuple[list[Example], list[Example]]:
        """To learn from, and to test on."""
        path = DATA / f"{self.file}.jsonl"
        rows = examples(path, self.texts, self.label)
        return (
            [row for row in rows if not is_held_out(row, UNSEEN)],
            [row for row in rows if is_held_out(row, UNSEEN)],
        )


SETS = (
    LabelledSet("bitext_customer_support", ("instruction",), "category"),
    LabelledSet("bitext_customer_support", ("instruction",), "intent"),
    LabelledSet("banking77", ("text",), "category"),
    LabelledSet("clinc150_subset", ("text",), "intent"),
    LabelledSet("clinc150_subset", ("text",), "domain"),
    LabelledSet("hint3_live_chatbots", ("text",), "label"),
    LabelledSet("multidogo_chat", ("messages.text",), "domain"),
    LabelledSet("endava_it_helpdesk", ("title", "body"), "category"),
    LabelledSet("endava_it_helpdesk", ("title", "body"), "ticket_type"),
    LabelledSet("endava_it_helpdesk", ("title", "body"), "sub_category1"),
    LabelledSet("mozilla_sumo_questions", ("title", "body"), "topic"),
    LabelledSet("mozilla_sumo_questions", ("title", "body"), "product"),
)
