"""Small lakes for the tests of the lake itself, and what must be true of any of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finops_lib.lake.open import open_lake
from finops_lib.marts.build import build, stale_slices
from finops_lib.marts.claims import check_claims
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings, load_settings
from tests.conftest import WriteBill

Load = Callable[..., int]


def ask(settings: Settings, query: str, *, snapshot: int | None = None) -> list[tuple[Any, ...]]:
    with open_lake(settings.lake, snapshot=snapshot) as lake:
        return lake.con.execute(query).fetchall()


def assert_whole(settings: Settings) -> None:
    """Rows, money, loads and marts agree, and nothing holds the writer lock."""
    assert broken_promises(settings) == []


def broken_promises(settings: Settings) -> list[str]:
    """Say in what the lake contradicts itself, within one snapshot."""
    with open_lake(settings.lake) as lake:
        [[rows, money]] = lake.con.execute("select count(*), coalesce(sum(BilledCost), 0) from cost").fetchall()
        current = "select rows_loaded, billed_loaded from loads qualify load_number = max(load_number) over (partition by x_Provider, x_SourceId, x_BillingMonth)"
        [[told_rows, told]] = lake.con.execute(
            f"select coalesce(sum(rows_loaded), 0), coalesce(sum(billed_loaded), 0) from ({current})"
        ).fetchall()
        broken = [] if (rows, money) == (told_rows, told) else [f"{rows} {money} in cost, {told_rows} {told} in loads"]
        tables = {name for (name,) in lake.con.execute("show tables").fetchall()}
        if "daily_cost" in tables and not stale_slices(lake.con):
            broken += [str(verdict) for verdict in check_claims(lake.con) if not verdict.holds]
        return broken


@pytest.fixture
def load(settings: Settings, write_bill: WriteBill) -> Load:
    """Give a function that loads one month of one source, builds the marts, and gives the lake's newest snapshot."""

    def loaded(billed: int, *, source: str = "aws", charges: int = 4, marts: bool = True) -> int:
        rows = [{"BilledCost": str(billed), "ResourceId": f"i-{number}"} for number in range(charges)]
        ingest(settings, [write_bill(f"{source}-{billed}-{charges}.csv", rows)], source=source, replace=True)
        if marts:
            build(settings.lake)
        with open_lake(settings.lake) as lake:
            return lake.snapshot_id

    return loaded


def elsewhere(settings: Settings, monkeypatch: pytest.MonkeyPatch, **variables: str | Path) -> Settings:
    """Give the settings that follow when some FINOPS_ variables are set otherwise."""
    for name, value in variables.items():
        monkeypatch.setenv(f"FINOPS_{name.upper()}", os.fspath(value))
    return load_settings()
