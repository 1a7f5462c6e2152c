"""What can be asked over HTTP, and which queries answer it. All of it only reads."""

from http import HTTPStatus
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response

from services.reporting.api import asking, shapes
from services.reporting.api.access import Access
from services.reporting.domain.measures import kept, told
from services.reporting.store.lists import BadCursorError, Lists, Order
from services.reporting.store.reading import Database, Figures, People, Stories
from shared.kit.ports import Clock
from shared.kit.problems import ProblemError

MOST_ENTRIES = 500


def routes(database: Database, clock: Clock, access: Access) -> APIRouter:
    router = APIRouter(prefix="/v1", dependencies=[Depends(access)])
    _live_routes(router, database, clock, access)
    _ticket_routes(router, database)
    _figure_routes(router, database, clock)
    return router


def _live_routes(router: APIRouter, database: Database, clock: Clock, access: Access) -> None:
    figures, people, stories = Figures(database), People(database), Stories(database)

    @router.get("/summary")
    async def summary(zone: asking.Zone = "UTC") -> Response:
        """How the desk stands right now, and what came of today."""
        now = clock.now()
        day = asking.today(now, zone)
        live = (await figures.board()).get("all", {})
        today = told(await figures.total(day))
        since = {"zone": zone, "since": day.within["$gte"]}
        return _answer(
            {"now": now, "open_here": access.open_here, "live": live, "today": since | today}
        )

    @router.get("/agents")
    async def agents(zone: asking.Zone = "UTC") -> Response:
        """Who is there, what each has, and what each did today."""
        live = await figures.board("agent")
        day = await figures.by_value("agent", asking.today(clock.now(), zone))
        known = [
            shapes.agent(one, live.get(one["_id"], {}), told(day.get(one["_id"], {})))
            for one in await people.agents()
        ]
        return _answer({"now": clock.now(), "agents": known})

    @router.get("/queues")
    async def queues(zone: asking.Zone = "UTC") -> Response:
        """What waits where, and since when."""
        live = await figures.board("queue")
        day = await figures.by_value("queue", asking.today(clock.now(), zone))
        since = await people.waiting_since()
        lines = [
            {
                "id": name,
                "live": live.get(name, {}),
                "waiting_since": since.get(name),
                "today": told(day.get(name, {})),
            }
            for name in sorted(live.keys() | day.keys())
        ]
        return _answer({"now": clock.now(), "queues": lines})

    @router.get("/events")
    async def events(limit: asking.Limit = 30) -> Response:
        """What happened last, in all tickets."""
        latest = await stories.latest(limit)
        return _answer({"now": clock.now(), "events": [shapes.entry(one) for one in latest]})


def _ticket_routes(router: APIRouter, database: Database) -> None:
    lists, stories = Lists(database), Stories(database)

    @router.get("/tickets")
    async def tickets(
        where: Annotated[dict[str, Any], Depends(asking.filters)],
        sort: Order = "newest",
        limit: asking.Limit = 50,
        after: asking.After = None,
    ) -> Response:
        """Page by page; `urgent`: by the next due time, then those without a running clock."""
        try:
            page = await lists.tickets(where, sort, limit, after)
        except BadCursorError as error:
            raise asking.wrong("after", "must be the 'after' of the page before") from error
        shown = [shapes.ticket(one) for one in page.tickets]
        return _answer({"tickets": shown, "after": page.after})

    @router.get("/tickets/{number_or_id}")
    async def ticket(
        number_or_id: Annotated[str, Path(max_length=200)],
        after: Annotated[int, Query(ge=0, description="The last entry that is known")] = 0,
    ) -> Response:
        """Its whole story; `next` is there while more entries follow."""
        found = await stories.ticket(number_or_id)
        if found is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, "No ticket has this number or id.")
        entries = await stories.entries(found["_id"], after, MOST_ENTRIES)
        last = after + len(entries)
        texts = await stories.messages(found["_id"], after, last)
        return _answer(
            {
                "ticket": shapes.whole_ticket(found),
                "timeline": [shapes.entry(one) for one in entries],
                "messages": [shapes.message(one) for one in texts],
                "next": last if len(entries) == MOST_ENTRIES else None,
            }
        )


def _figure_routes(router: APIRouter, database: Database, clock: Clock) -> None:
    figures, lists = Figures(database), Lists(database)

    @router.get("/rollups")
    async def rollups(
        start: asking.From = None, to: asking.To = None, by: asking.By = "hour"
    ) -> Response:
        """Figures by hour (UTC) or by value; a line for each that counted anything."""
        span = asking.span_of(start, to, clock.now())
        found = await (figures.by_hour(span) if by == "hour" else figures.by_value(by, span))
        lines = [{by: value, **told(sums)} for value, sums in found.items()]
        total = told(await figures.total(span))
        return _answer({**_bounds(span.within), "by": by, "lines": lines, "total": total})

    @router.get("/sla")
    async def sla(start: asking.From = None, to: asking.To = None) -> Response:
        """Which promises were kept; a target past due and still open counts as breached."""
        now = clock.now()
        span = asking.span_of(start, to, now)
        overdue = await figures.overdue(now) if span.end >= now else {}
        counts = (await figures.total(span)).get("sla", {})
        metrics = {
            metric: kept(counts.get(metric, {}), overdue.get(metric, 0))
            | {"overdue": overdue.get(metric, 0)}
            for metric in sorted({name for name, late in overdue.items() if late} | counts.keys())
            if metric != "retargeted"
        }
        by_priority = await figures.by_value("priority", span)
        lines = [
            {"priority": name, **told(sums)["sla_total"]} for name, sums in by_priority.items()
        ]
        return _answer({**_bounds(span.within), "metrics": metrics, "by_priority": lines})

    @router.get("/drill")
    async def drill(
        figure: Annotated[str, Query(max_length=80, pattern=r"^[a-z_.]+$")],
        start: asking.From = None,
        to: asking.To = None,
        by: asking.Dimension | None = None,
        value: asking.Word = None,
    ) -> Response:
        """The ids of all tickets behind a figure of the rollups, and the first 200 of them."""
        if (by is None) != (value is None):
            raise asking.wrong("value", "'by' and 'value' go together")
        span = asking.span_of(start, to, clock.now())
        under: dict[str, str] = {by: value} if by is not None and value is not None else {}
        ids = await lists.behind(figure, span, under)
        first = await lists.named(ids[: asking.MOST_TICKETS])
        return _answer(
            {
                **_bounds(span.within),
                "figure": figure,
                "under": under,
                "count": len(ids),
                "ids": ids,
                "tickets": [shapes.ticket(one) for one in first],
                "after": None,
            }
        )


def _bounds(within: dict[str, Any]) -> dict[str, Any]:
    return {"from": within["$gte"], "to": within["$lt"]}


def _answer(content: Any) -> Response:
    return Response(
        orjson.dumps(content, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS),
        media_type="application/json",
    )
