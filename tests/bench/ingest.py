"""Ingest with all its checks against DuckDB's own sorted zstd COPY of the same file (goal: 0.7 of its rows/s)."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from finops_lib.lake.open import connect
from finops_lib.runs.ingest import ingest
from finops_lib.sample import sample_workbench_yaml, write_estate
from finops_lib.sources.delivery import SORT_COLUMNS
from tests.bench.clock import Took, stopwatch
from tests.bench.place import settings_in

_ROWS = 3_000_000
_ROUNDS = 3


def measure(folder: Path) -> None:
    """Print rows/s of one month's file of each layout, best of several interleaved rounds."""
    estate = write_estate(folder / "bills", as_of=date(2026, 9, 30), rows=_ROWS)
    params = folder / "params"
    params.mkdir()
    (params / "workbench.yaml").write_text(sample_workbench_yaml("bills"), encoding="utf-8")
    for name, path in (
        ("Parquet (AWS)", _one_month(folder, estate.files_of("aws"), "parquet", "(format parquet, compression zstd)")),
        (
            "CSV.gz (Azure)",
            _one_month(folder, estate.files_of("azure"), "csv.gz", "(format csv, header, compression gzip)"),
        ),
    ):
        raws, ours = [], []
        for _ in range(_ROUNDS):
            raw, rows = _copy(path, folder / "raw.parquet")
            raws.append(raw)
            ours.append(_ingest(path, folder))
        best_raw, best_own = min(raws, key=lambda t: t.wall), min(ours, key=lambda t: t.wall)
        least = min(took.cpu for took in raws) / min(took.cpu for took in ours)
        rates = f"COPY {rows / best_raw.wall:>9,.0f} rows/s  ingest {rows / best_own.wall:>9,.0f} rows/s"
        ratio = best_raw.wall / best_own.wall
        print(f"{name:<15} {rows:>9,} rows  {rates}  ratio {ratio:.2f} (wall)  {least:.2f} (CPU)", flush=True)


def _one_month(folder: Path, files: Sequence[Path], suffix: str, options: str) -> Path:
    """Put all months of a provider into one big file of one billing month."""
    path = folder / f"all.{suffix}"
    con = connect()
    reader = "all_varchar = true" if suffix == "csv.gz" else "hive_partitioning = false"
    function = "read_csv" if suffix == "csv.gz" else "read_parquet"
    months = f"{function}({[str(path) for path in files]}, union_by_name = true, {reader})"
    period = "max(BillingPeriodStart) over () as BillingPeriodStart, max(BillingPeriodEnd) over () as BillingPeriodEnd"
    con.execute(f"copy (select * replace ({period}) from {months}) to '{path}' {options}")
    con.close()
    return path


def _copy(path: Path, target: Path) -> tuple[Took, int]:
    con = connect()
    with stopwatch() as took:
        sorted_rows = f"select * from '{path}' order by {', '.join(SORT_COLUMNS)}"
        con.execute(f"copy ({sorted_rows}) to '{target}' (format parquet, compression zstd)")
    [[rows]] = con.execute(f"select count(*) from '{target}'").fetchall()
    con.close()
    return took, rows


def _ingest(path: Path, folder: Path) -> Took:
    shutil.rmtree(folder / "lake", ignore_errors=True)
    settings = settings_in(folder)
    with stopwatch() as took:
        ingest(settings, [path], source="bench")
    return took
