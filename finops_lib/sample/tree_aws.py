"""How does AWS Data Exports lay a month down in its bucket? In overwrite mode, or as a new folder per run.

    <export>/data/BILLING_PERIOD=YYYY-MM/[<run>/]<export>-00001.snappy.parquet
    <export>/metadata/BILLING_PERIOD=YYYY-MM/[<run>/]<export>-Manifest.json

Only the manifest says which files count: it is written last, and the one in the period's own folder is the newest.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from finops_lib.periods import BillingPeriod
from finops_lib.sample.deliveries import Run, cut, write_dated, write_manifest

OVERWRITE_EXPORT, VERSIONS_EXPORT = "meridian-focus", "meridian-focus-versions"
_BUCKET = "meridian-billing"
_TYPES = {pl.Decimal: "decimal", pl.Datetime: "timestamp", pl.Map: "map"}


def overwrite(folder: Path, month: BillingPeriod, run: Run, *, emptied: int = 0) -> tuple[Path, ...]:
    """Write a month in overwrite mode and give the files that count.

    Args:
        folder: stands for the bucket.
        emptied: how many files more an earlier, larger run had: they were overwritten with empty data, and the manifest
            does not list them.
    """
    data = folder / OVERWRITE_EXPORT / "data" / f"BILLING_PERIOD={month}"
    files = _chunks(data, OVERWRITE_EXPORT, run)
    for number in range(len(files) + 1, len(files) + 1 + emptied):
        write_dated(run.frame.clear(), data / _name(OVERWRITE_EXPORT, number), run.at)
    metadata = folder / OVERWRITE_EXPORT / "metadata" / f"BILLING_PERIOD={month}"
    manifest = _manifest(folder, OVERWRITE_EXPORT, month, run, files)
    write_manifest(manifest, metadata / f"{OVERWRITE_EXPORT}-Manifest.json", run.at)
    return files


def create_new(folder: Path, month: BillingPeriod, runs: Sequence[Run]) -> tuple[Path, ...]:
    """Write all runs of a month, oldest first, each in a folder of its own, and give the newest one's files."""
    files: tuple[Path, ...] = ()
    period = f"BILLING_PERIOD={month}"
    metadata = folder / VERSIONS_EXPORT / "metadata" / period
    for run in runs:
        run_id = _run_id(VERSIONS_EXPORT, month, run)
        files = _chunks(folder / VERSIONS_EXPORT / "data" / period / run_id, VERSIONS_EXPORT, run)
        manifest = _manifest(folder, VERSIONS_EXPORT, month, run, files)
        for place in (metadata / run_id, metadata):
            write_manifest(manifest, place / f"{VERSIONS_EXPORT}-Manifest.json", run.at)
    return files


def _chunks(data: Path, export: str, run: Run) -> tuple[Path, ...]:
    chunks = enumerate(cut(run.frame), start=1)
    return tuple(write_dated(chunk, data / _name(export, number), run.at) for number, chunk in chunks)


def _name(export: str, number: int) -> str:
    return f"{export}-{number:05d}.snappy.parquet"


def _run_id(export: str, month: BillingPeriod, run: Run) -> str:
    return f"{run.at:%Y%m%dT%H%M%SZ}-{run.mark(export, month)[:8]}"


def _manifest(folder: Path, export: str, month: BillingPeriod, run: Run, files: Sequence[Path]) -> dict[str, object]:
    return {
        "exportName": export,
        "executionId": _run_id(export, month, run),
        "billingPeriod": str(month),
        "dataFiles": [
            {"s3Uri": f"s3://{_BUCKET}/{path.relative_to(folder).as_posix()}", "size": path.stat().st_size}
            for path in files
        ],
        "columns": [
            {"name": name, "type": _TYPES.get(type_.base_type(), "string")} for name, type_ in run.frame.schema.items()
        ],
        "additionalOutputFiles": [],
    }
