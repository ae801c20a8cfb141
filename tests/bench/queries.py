"""The overview's figure queries over five million charges, from the marts and from the charges themselves."""

from __future__ import annotations

import json
import statistics
import time
from datetime import date
from pathlib import Path

import duckdb

from finops_lib.lake.open import open_lake
from finops_lib.marts.build import build
from finops_lib.marts.catalog import read_marts
from finops_lib.marts.figures import figure_sql
from finops_lib.runs.figures import bind, parameters_of
from finops_lib.runs.ingest import ingest
from finops_lib.sample import write_estate
from tests.bench.clock import stopwatch
from tests.bench.place import settings_in

_ROWS = 5_000_000
_AS_OF = date(2026, 9, 27)
FIGURES = ("totals", "daily", "movers", "services", "owners", "accounts", "coverage", "months")


def measure(folder: Path) -> None:
    """Print the median of three warm runs of each query."""
    estate = write_estate(folder / "bills", as_of=date(2026, 9, 30), rows=_ROWS)
    settings = settings_in(folder)
    for file in json.loads(estate.truth.read_text(encoding="utf-8"))["files"]:
        ingest(settings, [estate.folder / path for path in file["paths"]], source=f"bench-{file['provider']}")
    with stopwatch() as took:
        build(settings.lake)
    with open_lake(settings.lake) as lake:
        [[charges]] = lake.con.execute("select count(*) from cost").fetchall()
        [[daily]] = lake.con.execute("select count(*) from daily_cost").fetchall()
        print(f"{charges:,} charges, daily_cost {daily:,} rows; all marts built in {took.wall:.1f} s")
        from_marts = {figure: median_ms(lake.con, figure) for figure in FIGURES}
        for mart in read_marts().values():
            # A view of the same name stands in front of the mart: the same query now reads the charges.
            lake.con.execute(f"create temp view {mart.name} as {mart.sql}")
        for figure in FIGURES:
            slow = median_ms(lake.con, figure)
            fast = from_marts[figure]
            print(f"overview_{figure:<10} marts {fast:7.1f} ms   without {slow:9.1f} ms   {slow / fast:6.1f} x")


def median_ms(con: duckdb.DuckDBPyConnection, figure: str) -> float:
    name = f"overview_{figure}"
    sql = figure_sql(name)
    known = {"as_of": _AS_OF, "currency": "USD", "provider": ""}
    values = bind(name, sql, known, {"dimension": "team"} if "dimension" in parameters_of(sql) else {})
    times = []
    for _ in range(4):
        started = time.perf_counter()
        con.execute(sql, values).fetchall()
        times.append((time.perf_counter() - started) * 1000)
    return statistics.median(times[1:])
