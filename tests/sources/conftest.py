"""A lake to load into, and what it then holds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from finops_lib.lake.open import open_lake
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings

Load = Callable[..., list[tuple[str, str, int, str]]]
See = Callable[..., list[tuple[str, int, str]]]
Ask = Callable[[str], list[tuple[object, ...]]]


@pytest.fixture
def notes() -> list[str]:
    """What the loads of a test said was left alone."""
    return []


@pytest.fixture
def load(settings: Settings, notes: list[str]) -> Load:
    """Load places as one delivery; give month, status, rows and billed money of each slice."""

    def load_places(*places: str | Path) -> list[tuple[str, str, int, str]]:
        reports = ingest(settings, places, source="payer", note=notes.append)
        return [(r.billing_month, r.status, r.rows_loaded, f"{r.billed_loaded.normalize():f}") for r in reports]

    return load_places


@pytest.fixture
def see(settings: Settings, notes: list[str]) -> See:
    """Look at places as one delivery, without loading it: much faster. Give month, rows and billed money."""

    def see_places(*places: str | Path) -> list[tuple[str, int, str]]:
        reports = ingest(settings, places, source="payer", note=notes.append, dry_run=True)
        return [(r.billing_month, r.rows_in, f"{r.billed_in.normalize():f}") for r in reports]

    return see_places


@pytest.fixture
def ask(settings: Settings) -> Ask:
    """Ask the lake that was loaded."""

    def ask_lake(query: str) -> list[tuple[object, ...]]:
        with open_lake(settings.lake) as lake:
            return lake.con.execute(query).fetchall()

    return ask_lake
