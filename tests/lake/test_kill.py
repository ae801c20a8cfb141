"""`kill -9` at any moment: the lake is whole, nothing is locked, and what lies about is found and removed."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from finops_lib.lake.catalog import is_there
from finops_lib.lake.lease import is_being_read
from finops_lib.lake.migrate import migrate
from finops_lib.lake.objects import data_objects
from finops_lib.lake.place import Place
from finops_lib.lake.upkeep import find_orphans, remove_orphans
from finops_lib.marts.build import build
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings, load_settings
from tests.lake.conftest import ask, assert_whole, elsewhere
from tests.lake.crowd import forkserver, keep_up, load_once, started, write_charges
from tests.postgres import new_database

pytestmark = pytest.mark.slow
_KINDS = pytest.mark.parametrize("lake_kind", ["sqlite", "postgres"], indirect=True)
_FEW = 20


def _announced(job: Callable[..., Any], words: tuple[Any, ...], begun: Any) -> None:
    begun.put(True)
    job(*words)


class Killer:
    """Kills jobs at random moments of their duration, which the first one, left alone, tells."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.duration = 0.0

    def run(self, job: Callable[..., Any], *words: Any) -> bool:
        """Run a job in a process of its own and kill it, but for the first; say whether it ended before that."""
        begun = forkserver().SimpleQueue()
        process = started(_announced, job, words, begun)
        begun.get()
        since = time.monotonic()
        if not self.duration:
            process.join()
            self.duration = time.monotonic() - since
        else:
            process.join(self.random.uniform(0, self.duration))
            process.kill()
            process.join()
        assert process.exitcode in (0, -9)
        return process.exitcode == 0


def _remove_orphans(settings: Settings) -> None:
    later = datetime.now(tz=UTC) + timedelta(minutes=1)
    remove_orphans(settings.lake, written_before=later)
    assert find_orphans(settings.lake, written_before=later) == []


def _load(folder: Path, source: str, billed: int) -> None:
    load_once(folder, source, billed, charges=_FEW)


@pytest.mark.parametrize(("lake_kind", "kills"), [("sqlite", 12), ("postgres", 5)], indirect=["lake_kind"])
def test_a_killed_load_has_happened_or_has_not(settings: Settings, tmp_path: Path, kills: int) -> None:
    killer = Killer(seed=1)
    for billed in range(1, kills + 2):
        killer.run(_load, tmp_path, "aws", billed)
        assert_whole(settings)
        [(cheapest, dearest, rows)] = ask(settings, "select min(BilledCost), max(BilledCost), count(*) from cost")
        # All of one bill: this one, or one before it.
        assert cheapest == dearest <= billed
        assert rows == _FEW
    # The next one finds no lock, and nothing of the dead.
    before = time.monotonic()
    _load(tmp_path, "aws", 1_000)
    assert time.monotonic() - before < 3 * killer.duration + 5
    assert ask(settings, "select count(*), min(BilledCost) from cost") == [(_FEW, 1_000)]
    _remove_orphans(settings)
    assert_whole(settings)


@_KINDS
def test_a_killed_first_load_does_not_spoil_the_lake_it_was_making(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lake_kind: str, request: pytest.FixtureRequest
) -> None:
    killer = Killer(seed=2)
    for number in range(5):
        here = elsewhere(settings, monkeypatch, lake=tmp_path / f"lake-{number}")
        if lake_kind == "postgres":
            here = elsewhere(here, monkeypatch, catalog=new_database(request.getfixturevalue("postgres")))
        killer.run(_load, tmp_path, "aws", 1)
        if is_there(here.lake):
            load_once(tmp_path, "aws", 1, charges=_FEW)
            assert ask(here, "select count(*), sum(BilledCost) from cost") == [(_FEW, _FEW)]
            assert_whole(here)


def _build() -> None:
    build(load_settings().lake)


@pytest.mark.parametrize(("lake_kind", "kills"), [("sqlite", 4), ("postgres", 3)], indirect=["lake_kind"])
def test_a_killed_build_leaves_the_marts_of_one_load(settings: Settings, tmp_path: Path, kills: int) -> None:
    killer = Killer(seed=3)
    for billed in range(1, kills + 2):
        bill = write_charges(tmp_path / f"{billed}.csv", billed, charges=_FEW)
        ingest(settings, [bill], source="aws", replace=True)
        killer.run(_build)
        assert_whole(settings)
    build(settings.lake)
    assert_whole(settings)
    assert ask(settings, "select sum(billed_cost) from daily_cost") == [(_FEW * (kills + 1),)]
    _remove_orphans(settings)


def _keep_up() -> None:
    keep_up(load_settings())


@pytest.mark.parametrize(("lake_kind", "kills"), [("sqlite", 4), ("postgres", 3)], indirect=["lake_kind"])
def test_a_killed_expiry_or_compaction_loses_nothing(settings: Settings, tmp_path: Path, kills: int) -> None:
    killer = Killer(seed=4)
    for billed in range(1, kills + 2):
        for source in ("aws", "payer-2"):
            load_once(tmp_path, source, billed, charges=_FEW)
        killer.run(_keep_up)
        assert_whole(settings)
        assert ask(settings, "select sum(BilledCost) from cost") == [(2 * _FEW * billed,)]
    # A server that is busy with the last words of the dead takes a moment to see that they are gone.
    patience = time.monotonic() + 30
    while is_being_read(settings.lake) and time.monotonic() < patience:
        time.sleep(0.1)
    keep_up(settings)
    assert_whole(settings)
    _remove_orphans(settings)
    # What the newest snapshot does not need has left the disk, however the killed ones ended.
    tables = "select count(*) from (from ducklake_list_files('lake', 'cost'))"
    [(needed,)] = ask(settings, tables)
    assert sum("/main/cost/" in file.path for file in data_objects(settings.lake)) == needed == 2


def _migrate(root: str, database: str) -> None:
    migrate(load_settings().lake, Place.of(root, database), at=datetime.now(tz=UTC))


def test_a_killed_migration_can_be_run_again(
    settings: Settings, tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for billed in (1, 2):
        load_once(tmp_path, "aws", billed, charges=_FEW)
    killer = Killer(seed=5)
    _kill_migration(settings, killer, tmp_path / "measured", new_database(postgres), monkeypatch)
    for number in range(4):
        _unmark(settings)
        _kill_migration(settings, killer, tmp_path / f"to-{number}", new_database(postgres), monkeypatch)


def _kill_migration(
    settings: Settings, killer: Killer, root: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    killer.run(_migrate, str(root), database)
    target = Place.of(root, database)
    if is_there(target):
        _assert_moved(settings, target, monkeypatch)
    # Nothing was changed where it came from, and the same command now ends well.
    assert ask(settings, "select count(*), sum(BilledCost) from cost") == [(_FEW, 2 * _FEW)]
    migrate(settings.lake, target, at=datetime.now(tz=UTC))
    _assert_moved(settings, target, monkeypatch)


def _assert_moved(settings: Settings, target: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as there:
        moved = elsewhere(settings, there, catalog=target.catalog, lake=target.root)
        assert ask(moved, "select count(*), sum(BilledCost) from cost") == [(_FEW, 2 * _FEW)]
        assert_whole(moved)


def _unmark(settings: Settings) -> None:
    """Make the lake that was moved one that can be moved again."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(settings.lake.catalog_file)) as catalog, catalog:
        catalog.execute("delete from finops_moved")
