"""Many processes on one lake: no torn read, no lost or doubled row, no failed commit."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from finops_lib.lake.objects import data_objects
from finops_lib.settings import Settings
from tests.lake.conftest import ask, assert_whole
from tests.lake.crowd import CHARGES, forkserver, load_once, run_crowd, started

pytestmark = [pytest.mark.slow, pytest.mark.alone]
_KINDS = pytest.mark.parametrize("lake_kind", ["sqlite", "postgres"], indirect=True)


@_KINDS
def test_writers_readers_and_upkeep_do_not_disturb_each_other(settings: Settings, tmp_path: Path) -> None:
    tally = run_crowd(settings, tmp_path / "bills", seconds=10)
    assert tally.failures == []
    assert min(tally.commits, tally.reads, tally.upkeeps) > 0
    # The first load, then every load a writer was told is loaded.
    assert ask(settings, "select count(*) from loads") == [(1 + tally.commits,)]
    assert ask(settings, "select count(*) from cost where x_SourceId = 'shared'") == [(CHARGES,)]
    assert_whole(settings)


def _load(folder: Path, billed: int, done: list[tuple[int, int]]) -> None:
    done.append((billed, load_once(folder / str(billed), "first", billed)))


@_KINDS
def test_three_different_first_loads_of_one_slice_end_with_one_of_them(settings: Settings, tmp_path: Path) -> None:
    with forkserver().Manager() as manager:
        done = manager.list()
        writers = [started(_load, tmp_path / "bills", billed, done) for billed in (1, 2, 3)]
        for writer in writers:
            writer.join()
        assert sorted(done) == [(1, 1), (2, 1), (3, 1)]
    [(rows, resources, cheapest, dearest)] = ask(
        settings, "select count(*), count(distinct ResourceId), min(BilledCost), max(BilledCost) from cost"
    )
    assert (rows, resources) == (CHARGES, CHARGES)
    [(last,)] = ask(settings, "select arg_max(billed_loaded, load_number) from loads")
    assert cheapest == dearest == last / CHARGES
    assert cheapest in {Decimal(1), Decimal(2), Decimal(3)}
    # The three bills are three loads; only the last one's file is still held, and none lies about unowned.
    assert sum("/main/cost/" in file.path for file in data_objects(settings.lake)) == 3
    assert_whole(settings)
