"""The lake's tables: made once, brought up to date once, by however many processes come first."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest

from finops_lib.errors import LakeError
from finops_lib.lake.catalog import open_catalog, tables_version
from finops_lib.lake.create import VERSION, ensure_lake
from finops_lib.lake.open import open_lake
from finops_lib.settings import Settings, load_settings
from tests.conftest import on_every_lake
from tests.lake.conftest import Load, ask
from tests.lake.crowd import started


def _as_first_version(settings: Settings) -> None:
    """Make a lake what the first version of this program left: a marker file, and no table of ours in the catalog."""
    with closing(sqlite3.connect(settings.lake.catalog_file)) as catalog, catalog:
        catalog.execute("drop table finops_tables")
        catalog.execute("drop table finops_pin")
    (settings.lake.folder / "tables.v1").touch()


def test_a_lake_of_the_first_version_is_brought_up_to_date(settings: Settings, load: Load) -> None:
    load(10, marts=False)
    _as_first_version(settings)
    assert tables_version(settings.lake) == 1
    ensure_lake(settings.lake)
    assert tables_version(settings.lake) == VERSION
    assert ask(settings, "select sum(BilledCost) from cost") == [(Decimal(40),)]


def test_a_lake_without_the_newest_tables_gets_them_and_keeps_its_charges(settings: Settings, load: Load) -> None:
    load(10, marts=False)
    with open_lake(settings.lake, read_only=False) as lake:
        lake.con.execute("drop table fx_rates")
    with open_catalog(settings.lake, write=True) as catalog:
        # What version 3 left; rates came with version 4.
        catalog.rows("update finops_tables set version = 3")
    ensure_lake(settings.lake)
    assert ask(settings, "select count(*) from fx_rates") == [(0,)]
    assert ask(settings, "select sum(BilledCost) from cost") == [(Decimal(40),)]


def _ensure() -> None:
    ensure_lake(load_settings().lake)


@pytest.mark.slow
@on_every_lake
def test_several_processes_may_be_the_first(settings: Settings, lake_kind: str) -> None:
    for _ in range(2):
        processes = [started(_ensure) for _ in range(4)]
        for process in processes:
            process.join()
        assert [process.exitcode for process in processes] == [0] * 4
        assert tables_version(settings.lake) == VERSION
        assert ask(settings, "select count(*) from cost") == [(0,)]
        if lake_kind != "sqlite":
            return
        _as_first_version(settings)


@on_every_lake
def test_a_lake_of_a_newer_version_is_refused(settings: Settings) -> None:
    ensure_lake(settings.lake)
    with open_catalog(settings.lake, write=True) as catalog:
        catalog.rows("update finops_tables set version = ?", [VERSION + 1])
    with pytest.raises(LakeError, match="which this program does not know; next: update this program"):
        ensure_lake(settings.lake)
