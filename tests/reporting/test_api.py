"""The API answers with the figures that the log adds up to, and leads from each to its tickets."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from services.reporting.api import create_api
from services.reporting.app import create
from services.reporting.store.lists import Lists
from services.reporting.store.reading import Database, Figures
from services.reporting.store.views import VIEWS, ensure_views
from shared.kit.blobs import GridFsBlobs
from shared.kit.config import ConfigError
from shared.kit.health import Health
from shared.kit.memory import MemoryBroker, MemoryCluster, VirtualClock
from shared.kit.service import ServiceContext
from shared.kit.settings import KitSettings
from shared.kit.tokens import Token, Tokens, hash_of
from tests.reporting import recount
from tests.reporting.conftest import StoredDay
from tests.reporting.day import HOSTILE, TEAM
from tests.reporting.serving import connect

HERE = ("127.0.0.1", 50_000)
Json = dict[str, Any]
READER = Token(name="reader", sha256=hash_of("ds_reader"), scopes=("reports:read",))
WRITER = Token(name="writer", sha256=hash_of("ds_writer"), scopes=("tickets:write",))


@pytest.fixture
async def database(day: StoredDay) -> AsyncIterator[Database]:
    async with connect(day.mongo_url) as client:
        yield client[day.database]


def client_of(
    database: Database,
    day: StoredDay,
    *,
    tokens: Tokens | None = None,
    peer: tuple[str, int] = HERE,
    host: str = "localhost",
) -> httpx.AsyncClient:
    app = create_api(database, VirtualClock(day.now), tokens)
    transport = httpx.ASGITransport(app, client=peer)
    return httpx.AsyncClient(transport=transport, base_url=f"http://{host}:8080")


@pytest.fixture
async def http(database: Database, day: StoredDay) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(database, day) as client:
        yield client


async def get(http: httpx.AsyncClient, path: str, **parameters: Any) -> Json:
    names = {name.rstrip("_"): value for name, value in parameters.items()}
    answer = await http.get(path, params=names)
    assert answer.status_code == 200, answer.text
    content: Json = answer.json()
    return content


def tickets_of(day: StoredDay) -> list[Json]:
    return [one for one in day.bench.documents("tickets").values() if "number" in one]


# --- live ----------------------------------------------------------------------------------------


async def test_the_summary_counts_what_is_open(http: httpx.AsyncClient, day: StoredDay) -> None:
    live = [ticket for ticket in tickets_of(day) if ticket["live"]]

    told = (await get(http, "/v1/summary"))["live"]

    assert told["open"] == len(live) > 10
    assert told["waiting"] == sum(ticket["agent"] is None for ticket in live)
    assert told["breached"] == sum(ticket["breached"] for ticket in live) > 0
    assert told["at_risk"] == sum(ticket["at_risk"] for ticket in live) > 0


async def test_today_begins_at_midnight_of_the_zone(
    http: httpx.AsyncClient, day: StoredDay
) -> None:
    midnight = day.now.replace(hour=15, minute=0)  # in Auckland, 13 hours ahead, at 04:00: eleven
    midnight -= timedelta(hours=4)
    since = [one for one in tickets_of(day) if one["created_at"] >= midnight]

    told = (await get(http, "/v1/summary", zone="Pacific/Auckland"))["today"]

    assert told["since"] == "2026-03-03T11:00:00Z"
    assert told["created"] == len(since)


async def test_agents_tell_their_load(http: httpx.AsyncClient, day: StoredDay) -> None:
    told = {one["id"]: one for one in (await get(http, "/v1/agents"))["agents"]}

    assert told.keys() == {name for name, *_ in TEAM}
    for agent_id, one in told.items():
        owned = sum(t["live"] and t["agent"] == agent_id for t in tickets_of(day))
        assert one["live"].get("open", 0) == owned
        assert one["load"] == owned / one["capacity"]
    assert "address" not in repr(told)


async def test_queues_tell_who_waits_longest(http: httpx.AsyncClient, day: StoredDay) -> None:
    waiting = [t for t in tickets_of(day) if t["live"] and t["agent"] is None]
    told = {one["id"]: one for one in (await get(http, "/v1/queues"))["queues"]}

    assert waiting
    for ticket in waiting:
        assert told[ticket["queue"]]["live"]["waiting"] >= 1
        since = datetime.fromisoformat(told[ticket["queue"]]["waiting_since"])
        assert since <= ticket["queued_at"]


async def test_events_come_newest_first(http: httpx.AsyncClient) -> None:
    events = (await get(http, "/v1/events", limit=50))["events"]

    assert len(events) == 50
    assert [one["at"] for one in events] == sorted((one["at"] for one in events), reverse=True)
    assert all("words" not in one and "counts" not in one for one in events)


# --- tickets -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sort", "filters"), [("newest", {}), ("urgent", {"live": "true"})])
async def test_pages_together_are_all_tickets_once(
    http: httpx.AsyncClient, day: StoredDay, sort: str, filters: Json
) -> None:
    wanted = [one for one in tickets_of(day) if one["live"] or not filters]
    found: list[Json] = []
    after: str | None = None
    while True:
        cursor = {"after": after} if after else {}
        page = await get(http, "/v1/tickets", sort=sort, limit=7, **filters, **cursor)
        found += page["tickets"]
        after = page["after"]
        if after is None:
            break

    assert sorted(one["id"] for one in found) == sorted(one["_id"] for one in wanted)
    if sort == "urgent":
        due = [one["next_due_at"] for one in found if one["next_due_at"]]
        assert due == sorted(due)
        assert all(one["next_due_at"] is None for one in found[len(due) :])
    else:
        opened = [one["created_at"] for one in found]
        assert opened == sorted(opened, reverse=True)


@pytest.mark.parametrize(
    ("query", "field", "value"),
    [
        ({"agent": "ana"}, "agent", "ana"),
        ({"queue": "billing"}, "queue", "billing"),
        ({"status": "resolved"}, "status", "resolved"),
        ({"breached": "true"}, "breached", True),
        ({"at_risk": "true"}, "at_risk", True),
        ({"waiting": "true"}, "agent", None),
    ],
)
async def test_filters(
    http: httpx.AsyncClient, day: StoredDay, query: Json, field: str, value: Any
) -> None:
    needs_live = "waiting" in query or "at_risk" in query
    wanted = {
        one["_id"]
        for one in tickets_of(day)
        if one[field] == value and (one["live"] or not needs_live)
    }

    found = (await get(http, "/v1/tickets", limit=200, **query))["tickets"]

    assert {one["id"] for one in found} == wanted
    assert wanted


@pytest.mark.parametrize("by", ["id", "number", "small letters"])
async def test_a_ticket_comes_with_its_whole_story(
    http: httpx.AsyncClient, day: StoredDay, by: str
) -> None:
    ticket = max(tickets_of(day), key=lambda one: one["entries"])
    names = {"id": "_id", "number": "number", "small letters": "number"}
    name = ticket[names[by]].lower() if by == "small letters" else ticket[names[by]]

    told = await get(http, f"/v1/tickets/{name}")

    entries = [e for e in day.bench.documents("timeline").values() if e["ticket"] == ticket["_id"]]
    assert len(told["timeline"]) == len(entries) == ticket["entries"]
    assert told["timeline"][0]["text"].startswith("Opened by")
    assert told["messages"][0]["text"].startswith("Hello")
    assert {one["id"] for one in told["messages"]} <= {one["id"] for one in told["timeline"]}
    assert told["next"] is None
    rest = await get(http, f"/v1/tickets/{name}", after=ticket["entries"] - 2)
    assert rest["timeline"] == told["timeline"][-2:]


async def test_hostile_text_is_data(http: httpx.AsyncClient) -> None:
    tickets = (await get(http, "/v1/tickets", limit=200))["tickets"]

    assert HOSTILE in {one["subject"] for one in tickets}


# --- figures -------------------------------------------------------------------------------------


async def test_rollups_by_hour_add_up_to_the_total(http: httpx.AsyncClient, day: StoredDay) -> None:
    start = (day.now - timedelta(days=3)).isoformat()
    told = await get(http, "/v1/rollups", from_=start)

    assert sum(line.get("created", 0) for line in told["lines"]) == told["total"]["created"]
    assert told["total"]["created"] == len(tickets_of(day))
    assert [line["hour"] for line in told["lines"]] == sorted(
        line["hour"] for line in told["lines"]
    )


@pytest.mark.parametrize("by", ["channel", "category", "priority", "tier", "queue", "agent"])
async def test_each_figure_leads_to_as_many_tickets(
    http: httpx.AsyncClient, day: StoredDay, by: str
) -> None:
    start = (day.now - timedelta(hours=9)).isoformat()
    lines = (await get(http, "/v1/rollups", from_=start, by=by))["lines"]

    async def behind(figure: str, value: str) -> int:
        found = await get(http, "/v1/drill", figure=figure, from_=start, by=by, value=value)
        count: int = found["count"]
        return count

    assert lines
    for line in lines:
        value = line[by]
        assert await behind("created", value) == line.get("created", 0)
        assert await behind("one_touch", value) == line.get("one_touch", 0)
        assert await behind("first_response", value) == line["first_response"]["count"]
        assert await behind("resolution", value) == line["resolution"]["count"]
        missed = line["sla"].get("first_response", {}).get("breached", 0)
        assert await behind("sla.first_response.breached", value) == missed


async def test_compliance_is_met_of_met_and_missed(http: httpx.AsyncClient, day: StoredDay) -> None:
    entries = day.bench.documents("timeline").values()
    counted = recount.flows(entries)
    start = (day.now - timedelta(days=3)).isoformat()

    told = (await get(http, "/v1/sla", from_=start))["metrics"]["first_response"]

    figures = {
        name: sum(
            amount
            for (_, dimension, _, figure), amount in counted.items()
            if (dimension, figure) == ("all", f"sla.first_response.{name}")
        )
        for name in ("met", "breached")
    }
    assert (told["met"], told["breached"] - told["overdue"]) == (
        figures["met"],
        figures["breached"],
    )
    assert told["compliance"] == told["met"] / (told["met"] + told["breached"])


async def test_what_is_past_due_counts_as_missed_before_anyone_said_so(
    database: Database, day: StoredDay
) -> None:
    later = VirtualClock(day.now + timedelta(days=2))
    app = create_api(database, later, None)
    transport = httpx.ASGITransport(app, client=HERE)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        told = (await get(http, "/v1/sla"))["metrics"]["first_response"]

    running = [t for t in tickets_of(day) if t["live"] and "first_response" in t["clocks"]]
    open_clocks = [t for t in running if t["clocks"]["first_response"]["state"] == "running"]
    assert told["overdue"] == told["breached"] == len(open_clocks) > 0


async def test_the_queries_use_their_indexes(database: Database, day: StoredDay) -> None:
    due = {"live": True, "next_due_at": {"$lte": day.now}}
    plan = await database["tickets"].find(due).explain()
    assert "COLLSCAN" not in repr(plan["queryPlanner"]["winningPlan"])
    part = {"counts": {"$elemMatch": {"figure": "resolved", "at": {"$lt": day.now}}}}
    plan = await database["timeline"].find(part).explain()
    assert "COLLSCAN" not in repr(plan["queryPlanner"]["winningPlan"])


# --- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "field", "problem"),
    [
        ("/v1/tickets?limit=0", "limit", "must be greater than or equal to 1"),
        ("/v1/tickets?after=zzz", "after", "must be the 'after' of the page before"),
        ("/v1/tickets?status=lost", "status.0", "must be 'new', 'open'"),
        ("/v1/rollups?by=mood", "by", "must be 'hour', 'channel'"),
        ("/v1/rollups?from=2026-03-03T10:00:00", "from", "should have timezone info"),
        ("/v1/rollups?to=2020-01-01T00:00:00Z&from=2021-01-01T00:00:00Z", "from", "before 'to'"),
        ("/v1/rollups?from=2001-01-01T00:00:00Z", "from", "at most 400 days"),
        ("/v1/summary?zone=Mars/Base", "zone", "must be an IANA time zone"),
        ("/v1/summary?zone=../../etc/passwd", "zone", "must be an IANA time zone"),
        ("/v1/drill?figure=created&by=agent", "value", "go together"),
        ("/v1/drill?figure=$where", "figure", "match pattern"),
    ],
)
async def test_a_wrong_parameter_is_named(
    http: httpx.AsyncClient, path: str, field: str, problem: str
) -> None:
    answer = await http.get(path)

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    [error] = answer.json()["errors"]
    assert error["field"] == field
    assert problem in error["problem"]


async def test_an_unknown_ticket_is_not_found(http: httpx.AsyncClient) -> None:
    answer = await http.get("/v1/tickets/TKT-0")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("peer", "host", "status"),
    [
        ("127.0.0.1", "localhost", 200),
        ("::1", "[::1]", 200),
        ("203.0.113.9", "localhost", 403),
        ("127.0.0.1", "desk.attacker.example", 403),
    ],
)
async def test_without_tokens_only_this_machine_reads(
    database: Database, day: StoredDay, peer: str, host: str, status: int
) -> None:
    async with client_of(database, day, peer=(peer, 9), host=host) as http:
        answer = await http.get("/v1/summary")

    assert answer.status_code == status
    assert (answer.json().get("open_here") is True) == (status == 200)


@pytest.mark.parametrize(
    ("secret", "status"), [("ds_reader", 200), ("ds_writer", 403), ("ds_other", 401), (None, 401)]
)
async def test_with_tokens_the_scope_decides(
    database: Database, day: StoredDay, secret: str | None, status: int
) -> None:
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    tokens = Tokens((READER, WRITER))
    async with client_of(database, day, tokens=tokens, peer=("203.0.113.9", 9)) as http:
        answers = [
            await http.get(path, headers=headers)
            for path in ("/v1/summary", "/v1/tickets", "/v1/agents", "/v1/events", "/v1/sla")
        ]

    assert {answer.status_code for answer in answers} == {status}


async def test_every_answer_forbids_foreign_code(http: httpx.AsyncClient) -> None:
    for path in ("/", "/static/page.js", "/v1/summary", "/v1/tickets/none"):
        headers = (await http.get(path)).headers
        assert headers["content-security-policy"].startswith("default-src 'self';")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static/"])
async def test_only_the_pages_own_files_are_served(http: httpx.AsyncClient, path: str) -> None:
    assert (await http.get(path)).status_code == 404


# --- for analysts --------------------------------------------------------------------------------


async def test_views_leave_out_what_is_personal(database: Database, day: StoredDay) -> None:
    await ensure_views(database)  # a second time: they are brought to their definition

    tickets = await database["v_tickets"].find().to_list()
    assert len(tickets) == len(tickets_of(day))
    for view in VIEWS:
        found = repr(await database[view].find().to_list())
        assert "personal" not in found
        assert "Rosa" not in found
        assert HOSTILE not in found


async def test_percentiles_come_close_to_the_documents(database: Database, day: StoredDay) -> None:
    tickets = [t for t in tickets_of(day) if t["first_response_at"]]
    took = sorted((t["first_response_at"] - t["created_at"]).total_seconds() for t in tickets)
    listed = await Lists(database).tickets({}, "newest", 200, None)
    assert len(listed.tickets) == len(tickets_of(day))

    total = (await Figures(database).board())["all"]
    assert total["open"] == sum(t["live"] for t in tickets_of(day))
    transport = httpx.ASGITransport(create_api(database, VirtualClock(day.now), None), client=HERE)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        start = (day.now - timedelta(days=3)).isoformat()
        told = (await get(http, "/v1/rollups", from_=start))["total"]["first_response"]

    assert told["count"] == len(took)
    assert told["median_seconds"] == pytest.approx(took[(len(took) - 1) // 2], rel=0.023)


# --- the service ---------------------------------------------------------------------------------


def context_of(database: Database, day: StoredDay, settings: KitSettings) -> ServiceContext:
    clock = VirtualClock(day.now)
    return ServiceContext(
        settings=settings,
        database=database,
        publisher=MemoryBroker(MemoryCluster(clock), "none"),
        clock=clock,
        blobs=GridFsBlobs(database),
        health=Health(),
    )


async def test_the_service_is_complete(
    database: Database, day: StoredDay, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("config")
    service = create(context_of(database, day, KitSettings(config_dir=folder)))

    assert service.api is not None
    assert service.prepare is not None
    await service.prepare()


async def test_a_wrong_token_file_is_told_at_the_start(
    database: Database, day: StoredDay, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("config")
    file = folder / "tokens.yaml"
    file.write_text("tokens:\n  - name: x\n    sha256: short\n    scopes: []\n")

    with pytest.raises(ConfigError, match=r"tokens\.yaml:3"):
        create(context_of(database, day, KitSettings(config_dir=folder, tokens_file=file)))
