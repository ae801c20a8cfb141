"""How does Azure Cost Management lay a month down in its container?

    <export>/<yyyymmdd>-<yyyymmdd>/<run id>/part_<n>_0001.csv.gz and manifest.json      CreateNewReport
    <export>/<yyyymmdd>-<yyyymmdd>/part_<n>_0001.csv.gz and manifest.json               OverwritePreviousReport

Every run restates its whole month: of several runs the one submitted last counts, and nothing but its manifest says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from finops_lib.periods import BillingPeriod
from finops_lib.sample.accounts import AZURE_USD
from finops_lib.sample.deliveries import Run, cut, write_dated, write_manifest

MONTHLY_EXPORT, DAILY_EXPORT = "meridian-focus-monthly", "meridian-focus-to-date"
_SCOPE = f"/providers/Microsoft.Billing/billingAccounts/{AZURE_USD[0]}"
_ACCOUNT = "/subscriptions/c7a05e93-2d48-4f1b-8e67-91b3d4f6a0c8/resourceGroups/RG-Corp-It-Run/providers"


def create_new(folder: Path, month: BillingPeriod, runs: Sequence[Run]) -> tuple[Path, ...]:
    """Write all runs of a closed month, oldest first, each in a folder of its own, and give the newest one's files.

    Args:
        folder: stands for the container.
    """
    files: tuple[Path, ...] = ()
    for run in runs:
        place = folder / MONTHLY_EXPORT / _period(month) / _run_id(MONTHLY_EXPORT, month, run)
        files = _run(folder, place, MONTHLY_EXPORT, month, run, "TheLastMonth", "CreateNewReport")
    return files


def overwrite(folder: Path, month: BillingPeriod, run: Run) -> tuple[Path, ...]:
    """Write the newest run of the open month over whatever was there, and give its files."""
    place = folder / DAILY_EXPORT / _period(month)
    return _run(folder, place, DAILY_EXPORT, month, run, "MonthToDate", "OverwritePreviousReport")


def _period(month: BillingPeriod) -> str:
    return f"{month.start:%Y%m%d}-{month.end - timedelta(days=1):%Y%m%d}"


def _run_id(export: str, month: BillingPeriod, run: Run) -> str:
    mark = run.mark(export, month)
    return "-".join((mark[:8], mark[8:12], mark[12:16], mark[16:20], mark[20:]))


def _run(
    folder: Path, place: Path, export: str, month: BillingPeriod, run: Run, time_frame: str, behaviour: str
) -> tuple[Path, ...]:
    chunks = list(cut(run.frame))
    files = tuple(
        write_dated(chunk, place / f"part_{number}_0001.csv.gz", run.at) for number, chunk in enumerate(chunks)
    )
    sizes = [path.stat().st_size for path in files]
    manifest = {
        "manifestVersion": "2024-04-01",
        "byteCount": sum(sizes),
        "blobCount": len(files),
        "dataRowCount": run.frame.height,
        "exportConfig": {
            "exportName": export,
            "resourceId": f"{_SCOPE}/providers/Microsoft.CostManagement/exports/{export}",
            "dataVersion": "1.2-preview",
            "apiVersion": "2025-03-01",
            "type": "FocusCost",
            "timeFrame": time_frame,
            "granularity": "Daily",
        },
        "deliveryConfig": {
            "partitionData": True,
            "dataOverwriteBehavior": behaviour,
            "fileFormat": "Csv",
            "compressionMode": "gzip",
            "containerUri": f"{_ACCOUNT}/Microsoft.Storage/storageAccounts/meridianbilling",
            "rootFolderPath": export,
        },
        "runInfo": {
            "executionType": "Scheduled",
            "submittedTime": f"{run.at:%Y-%m-%dT%H:%M:%S}.{int(run.mark(export, month)[:5], 16):07d}Z",
            "runId": _run_id(export, month, run),
            "startDate": f"{month.start}T00:00:00",
            "endDate": f"{month.end - timedelta(days=1)}T00:00:00",
        },
        "blobs": [
            {"blobName": path.relative_to(folder).as_posix(), "byteCount": size, "dataRowCount": chunk.height}
            for path, size, chunk in zip(files, sizes, chunks, strict=True)
        ],
    }
    write_manifest(manifest, place / "manifest.json", run.at)
    return files
