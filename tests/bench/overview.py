"""The overview's figure queries over twenty million charges, through the marts (goal: each under 300 ms)."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from finops_lib.lake.open import open_lake
from finops_lib.marts.build import build
from finops_lib.runs.ingest import ingest
from finops_lib.sample import write_estate
from tests.bench.clock import stopwatch
from tests.bench.place import scaled, settings_in
from tests.bench.queries import FIGURES, median_ms

_ROWS = 20_000_000
_COPIES = 8
_GOAL_MS = 300


def measure(folder: Path) -> None:
    """Load the sample estate several times, under different names, and print the median of each query."""
    write_estate(folder / "bills", as_of=date(2026, 9, 30), rows=scaled(_ROWS) // _COPIES)
    settings = settings_in(folder)
    for number in range(_COPIES):
        for provider in ("aws", "azure", "gcp"):
            ingest(settings, [folder / "bills" / provider], source=f"{provider}-{number}")
    with stopwatch() as took:
        build(settings.lake)
    with open_lake(settings.lake) as lake:
        [[charges]] = lake.con.execute("select count(*) from cost").fetchall()
        [[daily]] = lake.con.execute("select count(*) from daily_cost").fetchall()
        print(f"{charges:,} charges, daily_cost {daily:,} rows; all marts built in {took.wall:.1f} s", flush=True)
        for figure in FIGURES:
            took_ms = median_ms(lake.con, figure)
            print(
                f"overview_{figure:<10} {took_ms:7.1f} ms (goal: {_GOAL_MS}){'  MISSED' if took_ms > _GOAL_MS else ''}"
            )
