"""Orders to stop: obeyed once, and only by whom they are about."""

from pathlib import Path

from shared.kit.records import Partition
from tests.chaos.halting import Orders, Point

ONE, TWO = Partition("ticket.events", 1), Partition("ticket.events", 2)


async def test_an_order_holds_once_and_at_its_point(tmp_path: Path) -> None:
    orders = Orders(tmp_path)
    orders.give("sla", Point.PUBLISH)
    assert not orders.obey("sla", Point.BATCH, [ONE])
    assert not orders.obey("sla#2", Point.PUBLISH, [ONE])
    assert orders.obey("sla", Point.PUBLISH, [ONE])
    assert not orders.obey("sla", Point.PUBLISH, [ONE])


async def test_an_order_about_partitions_waits_for_one_of_them(tmp_path: Path) -> None:
    orders = Orders(tmp_path)
    orders.give("sla", Point.BATCH, [str(ONE)])
    assert not orders.obey("sla", Point.BATCH, [TWO])
    assert orders.obey("sla", Point.BATCH, [TWO, ONE])


async def test_what_is_taken_back_is_not_obeyed(tmp_path: Path) -> None:
    orders = Orders(tmp_path)
    orders.give("sla", Point.BATCH)
    orders.take_back("sla")
    assert not orders.obey("sla", Point.BATCH, [ONE])


async def test_nobody_has_halted_who_runs(tmp_path: Path) -> None:
    orders = Orders(tmp_path)
    orders.give("sla", Point.BATCH)
    orders.obey("sla", Point.BATCH, [ONE])
    assert await orders.halted("sla", pid=1, patience=0.1) is None
