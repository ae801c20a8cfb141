"""Upkeep: the lake gets smaller, and nobody who reads it can tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

import finops_lib.lake.upkeep as upkeep_module
from finops_lib.lake.catalog import open_catalog
from finops_lib.lake.objects import data_objects
from finops_lib.lake.open import open_lake
from finops_lib.lake.place import Place
from finops_lib.lake.snapshots import list_snapshots, pin
from finops_lib.lake.upkeep import compact, expire, find_orphans, remove_orphans
from finops_lib.lake.write import SliceKey
from finops_lib.settings import Settings, load_settings
from tests.conftest import on_every_lake
from tests.lake.conftest import Load, ask, assert_whole

pytestmark = on_every_lake

LATER = datetime(2031, 1, 1, tzinfo=UTC)
TOTALS = "select count(*), sum(BilledCost), (select sum(billed_loaded) from loads) from cost"


def _cost_files(place: Place) -> set[str]:
    return {file.name for file in data_objects(place) if "/main/cost/" in file.path}


def test_expiry_removes_snapshots_and_the_files_only_they_needed(settings: Settings, load: Load) -> None:
    load(10)
    before = _cost_files(settings.lake)
    last = load(11)
    old = [s.snapshot_id for s in list_snapshots(settings.lake)][1:]
    would = expire(settings.lake, superseded_before=LATER, at=LATER, dry_run=True)
    assert (sorted(would.snapshots), would.files_removed) == (sorted(old), 0)
    done = expire(settings.lake, superseded_before=LATER, at=LATER)
    assert (done.snapshots, done.files_waiting) == (would.snapshots, 0)
    assert done.files_removed > 0 and done.bytes_removed > 0
    assert [s.snapshot_id for s in list_snapshots(settings.lake)] == [last]
    assert not before & _cost_files(settings.lake)
    assert_whole(settings)


def test_a_young_snapshot_stays(settings: Settings, load: Load) -> None:
    load(10, marts=False)
    load(11, marts=False)
    yesterday = datetime(2020, 1, 1, tzinfo=UTC)
    assert expire(settings.lake, superseded_before=yesterday, at=LATER).snapshots == ()


def _hold_open(query: str, said: Connection) -> None:
    with open_lake(load_settings().lake, threads=1) as lake:
        said.send(lake.con.execute(query).fetchall())
        while said.recv() == "again":
            said.send(lake.con.execute(query).fetchall())


@pytest.mark.slow
def test_an_open_reader_keeps_its_snapshot_whatever_is_expired(settings: Settings, load: Load) -> None:
    load(10, marts=False)
    context = get_context("spawn")
    here, there = context.Pipe()
    reader = context.Process(target=_hold_open, args=(TOTALS, there))
    reader.start()
    first = here.recv()
    load(11, marts=False)
    load(12, marts=False)
    done = expire(settings.lake, superseded_before=LATER, at=LATER)
    compact(settings.lake)
    expire(settings.lake, superseded_before=LATER, at=datetime.now(tz=UTC))
    here.send("again")
    assert here.recv() == first == [(4, Decimal(40), Decimal(40))]
    assert done.kept_in_use == 1
    here.send("stop")
    reader.join()
    # Nobody reads any more: now it goes, with its files.
    last = expire(settings.lake, superseded_before=LATER, at=datetime.now(tz=UTC))
    assert len(last.snapshots) >= 1
    assert last.files_waiting == 0
    assert len(_cost_files(settings.lake)) == 1


def test_compaction_changes_no_answer_of_any_snapshot(settings: Settings, load: Load) -> None:
    numbers = [load(billed, marts=False) for billed in (10, 11, 12, 13)]
    before = [ask(settings, TOTALS, snapshot=number) for number in numbers]
    cost = _cost_files(settings.lake)
    done = compact(settings.lake)
    # The four files of `loads` became one; each load's file of `cost` stays as it was written, sorted.
    assert done.files_before - done.files_after >= 3
    assert _cost_files(settings.lake) == cost
    assert [ask(settings, TOTALS, snapshot=number) for number in numbers] == before
    # Four charges of 10, 11, 12, 13; the loads add up.
    assert before[3] == [(4, Decimal(52), Decimal(40 + 44 + 48 + 52))]
    assert compact(settings.lake).files_before == done.files_after
    expire(settings.lake, superseded_before=LATER, at=LATER)
    assert ask(settings, TOTALS) == before[3]


def test_no_table_has_what_another_engine_would_misread(settings: Settings, load: Load) -> None:
    for billed in (10, 11, 12):
        load(billed)
    compact(settings.lake)
    with open_lake(settings.lake) as lake:
        for (table,) in lake.con.execute("show tables").fetchall():
            files = "select data_file, delete_file from ducklake_list_files('lake', '{}')"
            assert {row[1] for row in lake.con.execute(files.format(table)).fetchall()} <= {None}, table
    with open_catalog(settings.lake) as catalog:
        assert catalog.rows("select count(*) from ducklake_delete_file") == [(0,)]
        assert catalog.rows("select count(*) from ducklake_inlined_data_tables") == [(0,)]


def test_cleaning_that_was_interrupted_is_finished_by_the_next(
    settings: Settings, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(10, marts=False)
    load(11, marts=False)
    real = upkeep_module.remove

    def interrupted(paths: object) -> None:
        real(list(paths)[:1])  # type: ignore[call-overload]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(upkeep_module, "remove", interrupted)
        expire(settings.lake, superseded_before=LATER, at=LATER)
    assert expire(settings.lake, superseded_before=LATER, at=LATER).files_waiting == 0
    assert len(_cost_files(settings.lake)) == 1
    assert_whole(settings)


def test_a_file_that_no_snapshot_holds_is_found_and_removed(settings: Settings, load: Load) -> None:
    load(10, marts=False)
    [held] = [file for file in data_objects(settings.lake) if "/main/cost/" in file.path]
    key = SliceKey("aws", "aws", datetime(2026, 5, 1).date())  # noqa: DTZ001  # a month
    lost = f"{settings.lake.table_data('cost')}/{key.folder}/load-lost.parquet"
    with open_lake(settings.lake, read_only=False) as lake:
        lake.con.execute(f"copy (select 1 as x) to '{lost}' (format parquet)")
    now = datetime.now(tz=UTC)
    assert find_orphans(settings.lake, written_before=now - timedelta(days=1)) == []
    assert [file.path for file in find_orphans(settings.lake, written_before=now + timedelta(minutes=1))] == [lost]
    removed = remove_orphans(settings.lake, written_before=now + timedelta(minutes=1))
    assert [file.name for file in removed] == ["load-lost.parquet"]
    assert _cost_files(settings.lake) == {held.name}


def test_more_snapshots_than_can_be_claimed_at_once_are_expired(
    settings: Settings, load: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep_module, "_BATCH", 2)
    for billed in (10, 11, 12, 13):
        load(billed, marts=False)
    assert len(expire(settings.lake, superseded_before=LATER, at=LATER).snapshots) == 5
    assert_whole(settings)


def test_a_snapshot_pinned_while_others_expire_stays_readable(settings: Settings, load: Load) -> None:
    first = load(10)
    pin(settings.lake, first, owner="board", reason="test", at=LATER)
    for billed in (11, 12):
        load(billed)
        expire(settings.lake, superseded_before=LATER, at=LATER)
        compact(settings.lake)
    daily = "select sum(billed_cost) from daily_cost"
    assert ask(settings, daily, snapshot=first) == [(Decimal(40),)]
    assert ask(settings, TOTALS, snapshot=first) == [(4, Decimal(40), Decimal(40))]


def test_leases_leave_no_files_of_snapshots_that_are_gone(settings: Settings, load: Load, lake_kind: str) -> None:
    load(10, marts=False)
    last = load(11, marts=False)
    expire(settings.lake, superseded_before=LATER, at=LATER)
    if lake_kind != "sqlite":
        assert not Path(settings.lake.root, "readers").exists()
        return
    assert [path.name for path in (settings.lake.folder / "readers").iterdir()] == [str(last)]
