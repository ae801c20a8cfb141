"""Small lakes for the tests of the lake itself, and what must be true of any of them."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finops_lib.lake.open import open_lake
from finops_lib.marts.build import build
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings, load_settings
from tests.conftest import WriteBill
from tests.lake.crowd import broken_promises

Load = Callable[..., int]


def ask(settings: Settings, query: str, *, snapshot: int | None = None) -> list[tuple[Any, ...]]:
    with open_lake(settings.lake, snapshot=snapshot) as lake:
        return lake.con.execute(query).fetchall()


def assert_whole(settings: Settings) -> None:
    """Rows, money, loads and marts agree, and nothing holds the writer lock."""
    with open_lake(settings.lake) as lake:
        assert broken_promises(lake) == []


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
