"""Marts follow the lake: slice by slice, in one step, whoever else is writing."""

from __future__ import annotations

import threading
import time
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest

from finops_lib.lake.create import ensure_lake
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import open_lake
from finops_lib.marts.build import Slice, build
from finops_lib.marts.catalog import read_marts
from finops_lib.marts.claims import check_claims
from tests.marts.conftest import CHARGE, LOAD

SEPTEMBER = Slice("aws", "aws-payer", date(2026, 9, 1))
OCTOBER = Slice("aws", "aws-payer", date(2026, 10, 1))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    ensure_lake(tmp_path / "lake")
    return tmp_path / "lake"


def load(path: Path, part: Slice, cost: int, *, number: int) -> None:
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
    with open_lake(path, read_only=False) as lake:
        lake.con.execute("begin")
        where = " and ".join(f"{name} = ?" for name in keys)
        lake.con.execute(f"delete from lake.cost where {where}", list(keys.values()))
        for table, row in (("cost", charge), ("loads", line)):
            marks = ", ".join("?" * len(row))
            lake.con.execute(f"insert into lake.{table} ({', '.join(row)}) values ({marks})", list(row.values()))
        lake.con.execute("commit")


def daily(path: Path) -> dict[date, Decimal]:
    with open_lake(path) as lake:
        return dict(lake.con.execute("select day, effective_cost from daily_cost").fetchall())


def test_an_empty_lake_has_every_mart_and_no_row(path: Path) -> None:
    assert build(path).slices_built == ()
    with open_lake(path) as lake:
        for mart in read_marts():
            assert lake.con.execute(f"from {mart}").fetchall() == []
    assert build(path).marts == ()


def test_the_first_build_makes_every_slice_and_the_second_nothing(path: Path) -> None:
    load(path, SEPTEMBER, 10, number=1)
    load(path, OCTOBER, 20, number=2)
    first = build(path)
    assert (first.slices_built, set(first.marts)) == ((SEPTEMBER, OCTOBER), set(read_marts()))
    assert daily(path) == {date(2026, 9, 1): 10, date(2026, 10, 1): 20}
    second = build(path)
    assert (second.slices_built, second.marts) == ((), ())
    with open_lake(path) as lake:
        assert [verdict for verdict in check_claims(lake.con) if not verdict.holds] == []


def test_only_the_restated_month_is_built_again(path: Path) -> None:
    load(path, SEPTEMBER, 10, number=1)
    load(path, OCTOBER, 20, number=2)
    build(path)
    load(path, SEPTEMBER, 11, number=3)
    summary = build(path)
    assert summary.slices_built == (SEPTEMBER,)
    assert daily(path) == {date(2026, 9, 1): 11, date(2026, 10, 1): 20}
    with open_lake(path) as lake:
        assert lake.con.execute("select loads from data_freshness").fetchall() == [(3,)]
        assert [verdict for verdict in check_claims(lake.con) if not verdict.holds] == []


def test_a_file_replaced_leaves_no_deletes_behind_for_other_engines(path: Path) -> None:
    load(path, SEPTEMBER, 10, number=1)
    load(path, OCTOBER, 20, number=2)
    build(path)
    load(path, SEPTEMBER, 11, number=3)
    build(path)
    with open_lake(path) as lake:
        files = lake.con.execute("select delete_file from ducklake_list_files('lake', 'daily_cost')").fetchall()
    assert files == [(None,), (None,)]


def test_a_slice_that_vanished_from_the_loads_leaves_the_marts(path: Path) -> None:
    load(path, SEPTEMBER, 10, number=1)
    load(path, OCTOBER, 20, number=2)
    build(path)
    with open_lake(path, read_only=False) as lake:
        for table in ("cost", "loads"):
            lake.con.execute(f"delete from lake.{table} where x_BillingMonth = date '2026-09-01'")
    summary = build(path)
    assert (summary.slices_built, summary.slices_removed) == ((), (SEPTEMBER,))
    assert daily(path) == {date(2026, 10, 1): 20}
    assert build(path).marts == ()


def test_a_mart_of_an_older_text_is_made_anew_with_its_new_columns(path: Path) -> None:
    load(path, SEPTEMBER, 10, number=1)
    build(path)
    with open_lake(path, read_only=False) as lake:
        lake.con.execute("alter table lake.daily_cost drop column charges")
        lake.con.execute("update lake.mart_builds set sql_hash = 'older' where mart = 'daily_cost'")
    assert build(path).slices_built == (SEPTEMBER,)
    with open_lake(path) as lake:
        assert lake.con.execute("select charges from daily_cost").fetchall() == [(1,)]
    assert build(path).marts == ()


def test_a_mart_without_its_file_is_dropped(path: Path) -> None:
    build(path)
    with open_lake(path, read_only=False) as lake:
        lake.con.execute("create table lake.former as select 1 as day")
        lake.con.execute("insert into lake.mart_builds (mart, sql_hash) values ('former', 'x')")
    build(path)
    with open_lake(path) as lake, pytest.raises(duckdb.CatalogException):
        lake.con.execute("from former")
    assert build(path).marts == ()


def test_a_load_that_arrives_during_a_build_is_not_lost(path: Path) -> None:
    load(path, SEPTEMBER, 10, number=1)
    with writer_lock(path, purpose="a load"):
        builder = threading.Thread(target=build, args=(path,))
        builder.start()
        # Long enough for the builder to have computed from the first load and to wait for the lock.
        time.sleep(1.5)
        load(path, SEPTEMBER, 99, number=2)
    builder.join()
    assert daily(path) == {date(2026, 9, 1): 99}


def test_two_builds_at_once_do_not_double_a_row(path: Path) -> None:
    load(path, SEPTEMBER, 10, number=1)
    builders = [threading.Thread(target=build, args=(path,)) for _ in range(3)]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
    assert daily(path) == {date(2026, 9, 1): 10}


def test_a_reader_pinned_to_a_snapshot_keeps_its_marts(path: Path) -> None:
    load(path, SEPTEMBER, 10, number=1)
    build(path)
    with open_lake(path) as lake:
        pinned = lake.snapshot_id
    load(path, SEPTEMBER, 11, number=2)
    build(path)
    with open_lake(path, snapshot=pinned) as lake:
        assert lake.con.execute("select effective_cost from daily_cost").fetchall() == [(Decimal(10),)]
    assert daily(path) == {date(2026, 9, 1): 11}
