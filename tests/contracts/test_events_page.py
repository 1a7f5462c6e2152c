"""docs/events.md: nothing is left out, and what it says of writers and speakers is so."""

import ast
import re
from pathlib import Path

import pytest

import services
from deskstream.contracts.field_notes import field_notes
from deskstream.contracts.schemas import contracts, our_messages
from deskstream.contracts.speakers import speakers
from deskstream.contracts.stages import SERVICES, listeners, stages_of_services
from deskstream.contracts.ticket_fields import TICKET_FIELDS, TicketField
from shared.contracts.fields import Contract
from shared.contracts.message import Message
from shared.contracts.ticket import TicketCreated
from shared.contracts.topics import TICKET_COMMANDS, TICKET_EVENTS
from tests.contracts.exported import DOCS

PAGE = (DOCS / "events.md").read_text("utf-8")
MESSAGES = our_messages()
SOURCES = Path(services.__path__[0])


def section(heading: str) -> str:
    _, _, rest = PAGE.partition(f"\n### {heading}\n")
    return re.split(r"\n##+ ", rest)[0]


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
def test_each_message_says_what_it_means(cls: type[Message]) -> None:
    assert cls.__doc__, f"{cls.__name__} needs a docstring"
    assert cls.__doc__ != Message.__doc__
    assert " ".join(cls.__doc__.split())[:40] in " ".join(section(cls.__name__).split())


@pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.__name__)
def test_each_section_names_fields_speakers_and_listeners(cls: type[Message]) -> None:
    told = section(cls.__name__)
    for field in cls.model_fields:
        assert f"| `{field}` |" in told
    for speaker in speakers(cls):
        assert speaker.who in told
    for stage in listeners(cls, stages_of_services()):
        assert stage in told


def test_every_link_within_the_page_leads_somewhere() -> None:
    headings = re.findall(r"^##+ (.+)$", PAGE, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    links = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert len(links) > 50
    assert links <= anchors


def test_every_link_to_a_file_leads_to_one() -> None:
    links = set(re.findall(r"\]\(([^#)][^)]*)\)", PAGE))
    missing = [link for link in links if not (DOCS / link).exists()]
    assert missing == []


@pytest.mark.parametrize("field", TICKET_FIELDS, ids=lambda field: field.name)
def test_a_field_is_told_by_its_writer_alone(field: TicketField) -> None:
    assert field.told_by
    assert {cls.writer for cls in field.told_by} == {field.writer}
    assert f"| {field.name} | {field.writer} |" in PAGE


def test_no_event_of_the_log_is_said_by_nobody() -> None:
    log = [cls for cls in MESSAGES if cls.topic == TICKET_EVENTS.name]
    assert {cls.writer for cls in log} <= set(SERVICES)


def test_comments_become_notes() -> None:
    notes = field_notes(TicketCreated)
    assert notes["number"] == "TKT-12345, unique for ever"
    assert notes["acknowledge"].startswith("A message that answers what it cannot know of")
    assert "brand" not in notes


@pytest.mark.parametrize("cls", contracts(), ids=lambda cls: cls.__name__)
def test_notes_are_of_fields_that_exist(cls: type[Contract]) -> None:
    assert field_notes(cls).keys() <= cls.model_fields.keys()


@pytest.mark.parametrize("service", SERVICES)
def test_no_service_says_what_the_page_lets_others_say(service: str) -> None:
    """Whoever makes a command or another's event would be a second writer, or an unlisted one."""
    by_name = {cls.__name__: cls for cls in MESSAGES}
    for path in (SOURCES / service).rglob("*.py"):
        for made in names_called(path):
            cls = by_name.get(made)
            if cls is None or cls.topic not in (TICKET_COMMANDS.name, TICKET_EVENTS.name):
                continue
            assert service in {speaker.slug for speaker in speakers(cls)}, f"{path}: {made}"


def names_called(path: Path) -> set[str]:
    tree = ast.parse(path.read_text("utf-8"))
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {function.id for function in calls if isinstance(function, ast.Name)}
