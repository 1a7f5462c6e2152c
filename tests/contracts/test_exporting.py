"""Whether the exported files tell of today's classes, and whether a breaking change gets past."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from deskstream.commands.contracts import app
from deskstream.contracts.exporting import findings
from deskstream.contracts.schemas import SCHEMAS
from deskstream.contracts.stages import stages_of_services
from tests.contracts.exported import DOCS, TYPES

CREATED = SCHEMAS / "ticket.events" / "TicketCreated.v1.json"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("docs")
    assert run("export", "--docs", str(folder)).exit_code == 0
    return folder


@pytest.fixture
def docs(fresh: Path, tmp_path: Path) -> Path:
    """A folder of documentation in which everything is up to date."""
    return shutil.copytree(fresh, tmp_path / "docs")


def edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """As if the class had been otherwise when this file was written."""
    schema = json.loads(path.read_text("utf-8"))
    change(schema)
    path.write_text(json.dumps(schema), "utf-8")


def written(docs: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in docs.rglob("*") if path.is_file()}


def git(folder: Path, *arguments: str) -> None:
    name = ("-c", "user.name=Test", "-c", "user.email=test@example.com")
    subprocess.run(["git", *name, *arguments], cwd=folder, check=True, capture_output=True)  # noqa: S603, S607


def test_the_committed_files_are_up_to_date() -> None:
    found = findings(DOCS, stages_of_services())
    assert found.breaking == []
    assert found.outdated == [], "run `deskstream contracts export`"


def test_check_is_content_after_an_export(docs: Path) -> None:
    result = run("check", "--docs", str(docs))
    assert result.exit_code == 0, result.output
    assert "no change breaks anybody" in result.output


def test_a_second_export_changes_nothing(docs: Path) -> None:
    before = written(docs)
    result = run("export", "--docs", str(docs))
    assert result.output == "0 files changed.\n"
    assert written(docs) == before
    assert len(before) == len(TYPES) + 2


def test_check_names_a_breaking_change_and_the_way_out(docs: Path) -> None:
    edit(docs / CREATED, lambda s: s["properties"].update(colour={"type": "string"}))

    result = run("check", "--docs", str(docs))

    assert result.exit_code == 1
    lines = result.stderr.splitlines()
    assert lines[0] == ("TicketCreated.v1: field colour was removed: make it TicketCreated.v2")
    assert "Run `deskstream contracts export`." not in lines, "an export would refuse"


def test_export_does_not_write_over_what_a_change_breaks(docs: Path) -> None:
    edit(docs / CREATED, lambda s: s["properties"].update(colour={"type": "string"}))
    before = (docs / CREATED).read_bytes()

    result = run("export", "--docs", str(docs))

    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == "Nothing was written."
    assert (docs / CREATED).read_bytes() == before


def test_before_a_release_it_can_be_told_to(docs: Path) -> None:
    edit(docs / CREATED, lambda s: s["properties"].update(colour={"type": "string"}))
    result = run("export", "--docs", str(docs), "--allow-breaking")
    assert result.exit_code == 0
    assert str(docs / CREATED) in result.output
    assert run("check", "--docs", str(docs)).exit_code == 0


def test_a_new_optional_field_only_needs_an_export(docs: Path) -> None:
    edit(docs / CREATED, lambda s: s["properties"].pop("brand"))

    result = run("check", "--docs", str(docs))

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        f"{docs / CREATED}: out of date",
        "Run `deskstream contracts export`.",
    ]
    assert run("export", "--docs", str(docs)).exit_code == 0
    assert run("check", "--docs", str(docs)).exit_code == 0


def test_a_new_type_only_needs_an_export(docs: Path) -> None:
    (docs / CREATED).unlink()
    result = run("check", "--docs", str(docs))
    assert f"{docs / CREATED}: missing" in result.stderr.splitlines()


def test_a_type_that_is_gone_is_missed(docs: Path) -> None:
    (docs / CREATED).with_stem("TicketPainted.v1").write_text((docs / CREATED).read_text("utf-8"))
    result = run("check", "--docs", str(docs))
    assert result.exit_code == 1
    assert result.stderr.splitlines()[0] == (
        "TicketPainted.v1: the type was removed: keep its class, ticket.events holds it"
    )
    assert run("export", "--docs", str(docs), "--allow-breaking").exit_code == 0
    assert not (docs / CREATED).with_stem("TicketPainted.v1").exists()


def test_a_type_that_moved_to_another_topic_is_missed_on_the_first(docs: Path) -> None:
    elsewhere = docs / SCHEMAS / "agent.updates" / CREATED.name
    (docs / CREATED).rename(elsewhere)
    result = run("check", "--docs", str(docs))
    assert result.stderr.splitlines()[0] == (
        "TicketCreated.v1: it moved from agent.updates to ticket.events: make it TicketCreated.v2"
    )


def test_a_stale_page_is_found(docs: Path) -> None:
    (docs / "events.md").write_text("# Events\n", "utf-8")
    result = run("check", "--docs", str(docs))
    assert result.exit_code == 1
    assert f"{docs / 'events.md'}: out of date" in result.stderr


def test_git_remembers_what_a_forced_export_wrote_over(docs: Path) -> None:
    edit(docs / CREATED, lambda s: s["properties"].update(colour={"type": "string"}))
    git(docs, "init", "-q")
    git(docs, "add", ".")
    git(docs, "commit", "-q", "-m", "docs: as released")
    assert run("export", "--docs", str(docs), "--allow-breaking").exit_code == 0

    assert run("check", "--docs", str(docs)).exit_code == 0
    result = run("check", "--docs", str(docs), "--against", "HEAD")

    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "TicketCreated.v1: field colour was removed: make it TicketCreated.v2"
    ]


def test_a_revision_that_git_does_not_know(docs: Path) -> None:
    git(docs, "init", "-q")
    result = run("check", "--docs", str(docs), "--against", "v0.0.0-nowhere")
    assert result.exit_code == 2
    assert "--against" in result.stderr
