"""How would AWS lay the same estate down as CUR 2.0 and as legacy CUR? In overwrite mode, each month once.

    <folder>/cur2/data/BILLING_PERIOD=YYYY-MM/...        CUR 2.0 in Parquet, `cur2-csv` in CSV
    <folder>/cur/YYYYMMDD-YYYYMMDD/cur-00001.csv.gz      legacy CUR

Beside them lies no FOCUS export: the same money must not be loaded twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from finops_lib.periods import BillingPeriod
from finops_lib.sample.deliveries import write_dated, write_manifest
from finops_lib.sample.layout_aws_cur import as_cur2_csv, as_cur2_parquet, as_legacy, line_items
from finops_lib.sample.records import Estate
from finops_lib.sample.resources import digest

_BUCKET = "meridian-billing"
_CUR2: dict[str, tuple[str, Callable[[pl.DataFrame], pl.DataFrame]]] = {
    "cur2": ("snappy.parquet", as_cur2_parquet),
    "cur2-csv": ("csv.gz", as_cur2_csv),
}


def write_aws_reports(estate: Estate, folder: Path) -> dict[str, Path]:
    """Write the AWS part of an estate as `cur2`, `cur2-csv` and `cur`.

    Returns:
        Name of the report -> the folder to load it from.
    """
    months: dict[datetime, list[pl.DataFrame]] = {}
    for path in estate.files_of("aws"):
        frame = pl.read_parquet(path)
        months.setdefault(frame["BillingPeriodStart"][0], []).append(frame)
    at = max(datetime.fromtimestamp(path.stat().st_mtime, UTC) for path in estate.files_of("aws"))
    for start, frames in sorted(months.items()):
        month, items = BillingPeriod.of(start.date()), line_items(pl.concat(frames, how="diagonal_relaxed"))
        for export, (suffix, laid_out) in _CUR2.items():
            data = folder / export / "data" / f"BILLING_PERIOD={month}"
            file = write_dated(laid_out(items), data / f"{export}-00001.{suffix}", at)
            manifest = _manifest(folder, export, month, [file])
            write_manifest(
                manifest, folder / export / "metadata" / f"BILLING_PERIOD={month}" / f"{export}-Manifest.json", at
            )
        period = folder / "cur" / f"{month.start:%Y%m%d}-{month.end:%Y%m%d}"
        file = write_dated(as_legacy(items), period / "cur-00001.csv.gz", at)
        keys = {"assemblyId": digest(f"cur/{month}"), "bucket": _BUCKET, "reportKeys": [_key(folder, file)]}
        write_manifest(keys, period / "cur-Manifest.json", at)
    return {name: folder / name for name in (*_CUR2, "cur")}


def _manifest(folder: Path, export: str, month: BillingPeriod, files: Sequence[Path]) -> dict[str, object]:
    return {
        "exportName": export,
        "executionId": digest(f"{export}/{month}"),
        "billingPeriod": str(month),
        "dataFiles": [{"s3Uri": f"s3://{_BUCKET}/{_key(folder, file)}", "size": file.stat().st_size} for file in files],
    }


def _key(folder: Path, file: Path) -> str:
    return file.relative_to(folder).as_posix()
