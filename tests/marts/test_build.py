"""Marts follow the lake: slice by slice, in one step, whoever else is writing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest

from finops_lib.lake.create import ensure_lake
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import open_lake
from finops_lib.lake.place import Place
from finops_lib.lake.upkeep import compact, expire
from finops_lib.marts import build as module
from finops_lib.marts.build import Slice, build
from finops_lib.marts.catalog import read_marts
from finops_lib.marts.claims import check_claims
from finops_lib.settings import Settings
from tests.conftest import on_every_lake
from tests.marts.conftest import CHARGE, LOAD

pytestmark = on_every_lake

SEPTEMBER = Slice("aws", "aws-payer", date(2026, 9, 1))
OCTOBER = Slice("aws", "aws-payer", date(2026, 10, 1))
# Later than any snapshot that a test makes.
FAR = datetime(2200, 1, 1, tzinfo=UTC)


@pytest.fixture
def place(settings: Settings) -> Place:
    ensure_lake(settings.lake)
    return settings.lake


def load(place: Place, part: Slice, cost: int, *, number: int) -> None:
    """Replace a slice by one charge, as an ingest does."""
    keys = {"x_Provider": part.provider, "x_SourceId": part.source, "x_BillingMonth": part.month}
    kinds = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
    charge = {
        **CHARGE,
        **keys,
        **dict.fromkeys(kinds, cost),
        "ChargePeriodStart": part.month,
        "x_LoadId": f"load-{number}",
    }
    kinds = ("billed_in", "billed_loaded", "effective_in", "effective_loaded", "list_loaded", "contracted_loaded")
    line = {**LOAD, **keys, **dict.fromkeys(kinds, cost), "rows_in": 1, "rows_loaded": 1}
    line |= {"load_number": number, "load_id": f"load-{number}"}
    with open_lake(place, read_only=False) as lake:
        lake.con.execute("begin")
        where = " and ".join(f"{name} = ?" for name in keys)
        lake.con.execute(f"delete from lake.cost where {where}", list(keys.values()))
        for table, row in (("cost", charge), ("loads", line)):
            marks = ", ".join("?" * len(row))
            lake.con.execute(f"insert into lake.{table} ({', '.join(row)}) values ({marks})", list(row.values()))
        lake.con.execute("commit")


def daily(place: Place) -> dict[date, Decimal]:
    with open_lake(place) as lake:
        return dict(lake.con.execute("select day, effective_cost from daily_cost").fetchall())


def test_an_empty_lake_has_every_mart_and_no_row(place: Place) -> None:
    assert build(place).slices_built == ()
    with open_lake(place) as lake:
        for mart in read_marts():
            assert lake.con.execute(f"from {mart}").fetchall() == []
    assert build(place).marts == ()


def test_the_first_build_makes_every_slice_and_the_second_nothing(place: Place) -> None:
    load(place, SEPTEMBER, 10, number=1)
    load(place, OCTOBER, 20, number=2)
    first = build(place)
    assert (first.slices_built, set(first.marts)) == ((SEPTEMBER, OCTOBER), set(read_marts()))
    assert daily(place) == {date(2026, 9, 1): 10, date(2026, 10, 1): 20}
    second = build(place)
    assert (second.slices_built, second.marts) == ((), ())
    with open_lake(place) as lake:
        assert [verdict for verdict in check_claims(lake.con) if not verdict.holds] == []


def test_only_the_restated_month_is_built_again(place: Place) -> None:
    load(place, SEPTEMBER, 10, number=1)
    load(place, OCTOBER, 20, number=2)
    build(place)
    load(place, SEPTEMBER, 11, number=3)
    summary = build(place)
    assert summary.slices_built == (SEPTEMBER,)
    assert daily(place) == {date(2026, 9, 1): 11, date(2026, 10, 1): 20}
    with open_lake(place) as lake:
        assert lake.con.execute("select loads from data_freshness").fetchall() == [(3,)]
        assert [verdict for verdict in check_claims(lake.con) if not verdict.holds] == []


def test_a_file_replaced_leaves_no_deletes_behind_for_other_engines(place: Place) -> None:
    load(place, SEPTEMBER, 10, number=1)
    load(place, OCTOBER, 20, number=2)
    build(place)
    load(place, SEPTEMBER, 11, number=3)
    build(place)
    with open_lake(place) as lake:
        files = lake.con.execute("select delete_file from ducklake_list_files('lake', 'daily_cost')").fetchall()
    assert files == [(None,), (None,)]


def test_a_slice_that_vanished_from_the_loads_leaves_the_marts(place: Place) -> None:
    load(place, SEPTEMBER, 10, number=1)
    load(place, OCTOBER, 20, number=2)
    build(place)
    with open_lake(place, read_only=False) as lake:
        for table in ("cost", "loads"):
            lake.con.execute(f"delete from lake.{table} where x_BillingMonth = date '2026-09-01'")
    summary = build(place)
    assert (summary.slices_built, summary.slices_removed) == ((), (SEPTEMBER,))
    assert daily(place) == {date(2026, 10, 1): 20}
    assert build(place).marts == ()


def test_a_mart_of_an_older_text_is_made_anew_with_its_new_columns(place: Place) -> None:
    load(place, SEPTEMBER, 10, number=1)
    build(place)
    with open_lake(place, read_only=False) as lake:
        lake.con.execute("alter table lake.daily_cost drop column charges")
        lake.con.execute("update lake.mart_builds set sql_hash = 'older' where mart = 'daily_cost'")
    assert build(place).slices_built == (SEPTEMBER,)
    with open_lake(place) as lake:
        assert lake.con.execute("select charges from daily_cost").fetchall() == [(1,)]
    assert build(place).marts == ()


def test_a_mart_without_its_file_is_dropped(place: Place) -> None:
    build(place)
    with open_lake(place, read_only=False) as lake:
        lake.con.execute("create table lake.former as select 1 as day")
        lake.con.execute("insert into lake.mart_builds (mart, sql_hash) values ('former', 'x')")
    build(place)
    with open_lake(place) as lake, pytest.raises(duckdb.CatalogException):
        lake.con.execute("from former")
    assert build(place).marts == ()


def test_a_load_that_arrives_during_a_build_is_not_lost(place: Place) -> None:
    load(place, SEPTEMBER, 10, number=1)
    with writer_lock(place, purpose="a load"):
        builder = threading.Thread(target=build, args=(place,))
        builder.start()
        # Long enough for the builder to have computed from the first load and to wait for the lock.
        time.sleep(1.5)
        load(place, SEPTEMBER, 99, number=2)
    builder.join()
    assert daily(place) == {date(2026, 9, 1): 99}


def test_two_builds_at_once_do_not_double_a_row(place: Place) -> None:
    load(place, SEPTEMBER, 10, number=1)
    builders = [threading.Thread(target=build, args=(place,)) for _ in range(3)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert daily(place) == {date(2026, 9, 1): 10}


def test_a_reader_pinned_to_a_snapshot_keeps_its_marts(place: Place) -> None:
    load(place, SEPTEMBER, 10, number=1)
    build(place)
    with open_lake(place) as lake:
        pinned = lake.snapshot_id
    load(place, SEPTEMBER, 11, number=2)
    build(place)
    with open_lake(place, snapshot=pinned) as lake:
        assert lake.con.execute("select effective_cost from daily_cost").fetchall() == [(Decimal(10),)]
    assert daily(place) == {date(2026, 9, 1): 11}


def _upkeep_between_plan_and_reading(monkeypatch: pytest.MonkeyPatch, upkeep: Callable[[], object]) -> list[str]:
    """Let an upkeep come between what a build plans and what it reads, once; give what came."""
    came: list[str] = []
    compute = module._compute

    def after_upkeep(con: duckdb.DuckDBPyConnection, plan: module._Plan) -> None:
        if not came:
            came.append("upkeep")
            upkeep()
        compute(con, plan)

    monkeypatch.setattr(module, "_compute", after_upkeep)
    return came


def test_a_build_that_reads_across_a_compaction_and_an_expiry_has_every_load(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(place, SEPTEMBER, 10, number=1)
    load(place, OCTOBER, 20, number=2)

    def upkeep() -> None:
        compact(place)
        assert expire(place, superseded_before=FAR, at=datetime.now(UTC)).snapshots

    came = _upkeep_between_plan_and_reading(monkeypatch, upkeep)
    assert build(place).slices_built == (SEPTEMBER, OCTOBER)
    assert came == ["upkeep"]
    assert daily(place) == {date(2026, 9, 1): 10, date(2026, 10, 1): 20}
    with open_lake(place) as lake:
        numbers = "select x_BillingMonth, load_number, charges, billed_loaded from slice_totals order by all"
        assert lake.con.execute(numbers).fetchall() == [(date(2026, 9, 1), 1, 1, 10), (date(2026, 10, 1), 2, 1, 20)]
    assert build(place).marts == ()
