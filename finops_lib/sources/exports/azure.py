"""Azure Cost Management exports: every run has a folder of its own, with a `manifest.json` beside its blobs.

A run holds a whole period. Both delivery modes leave older runs behind now and then (and CreateNewReport always), so
the newest run of an export and period counts, by its submittedTime.

Source: Microsoft, "Create and manage Cost Management exports", file partitioning and manifest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from finops_lib.errors import DataError
from finops_lib.periods import BillingPeriod
from finops_lib.sources.exports import Manifest, NamedFile, absent, fields_of, require_size
from finops_lib.sources.locations import Entry

_LAYOUT = re.compile(r"(?:.*/)?\d{8}-\d{8}/(?:[^/]+/)+part_\d+_\d+\.[^/]+", re.IGNORECASE)
# What an export's type says of its files; the columns of a FOCUS export speak for themselves.
_DIALECTS = {"focuscost": "", "actualcost": "azure-actual", "amortizedcost": "azure-amortized"}


class _Blob(BaseModel):
    blobName: str
    byteCount: int | None = None
    dataRowCount: int | None = None


class _ExportConfig(BaseModel):
    type: str
    exportName: str
    resourceId: str = ""


class _RunInfo(BaseModel):
    runId: str
    submittedTime: datetime
    startDate: datetime
    endDate: datetime | None = None


class _Fields(BaseModel):
    blobs: list[_Blob]
    exportConfig: _ExportConfig
    runInfo: _RunInfo
    blobCount: int | None = None
    byteCount: int | None = None
    dataRowCount: int | None = None


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of one export over `[start, last]`."""

    manifest: Entry
    fields: _Fields
    start: date
    last: date | None
    submitted: datetime

    @property
    def export(self) -> tuple[str, str]:
        config = self.fields.exportConfig
        return config.resourceId.lower(), config.exportName.lower()

    @property
    def month(self) -> date | None:
        """The first day of the month that all of the run lies in; None for a longer run."""
        period = BillingPeriod.of(self.start)
        return period.start if self.last is None or self.last <= period.end else None

    @property
    def scope(self) -> str:
        """What the export is made of: a subscription, a billing account; "" where the manifest does not say."""
        return self.export[0].partition("/providers/microsoft.costmanagement/exports/")[0]

    @property
    def dialect(self) -> str:
        return _DIALECTS[self.fields.exportConfig.type.lower()]


def recognises(content: dict[str, Any]) -> bool:
    """Is it a manifest of an Azure export?"""
    return "blobs" in content or {"exportConfig", "runInfo"} & content.keys() != set()


def is_export(key: str) -> bool:
    """Does a file lie where an Azure export puts a run's data?"""
    return bool(_LAYOUT.fullmatch(key))


def named_files(manifests: Sequence[Manifest], entries: Sequence[Entry]) -> list[NamedFile]:
    """Give the files of the newest run of each export and period.

    Raises:
        DataError: a manifest lacks its fields, is of an export without charges, contradicts itself or its files, or two
            runs hold the same charges.
    """
    newest: dict[tuple[tuple[str, str], date], _Run] = {}
    for manifest in manifests:
        run = _run_of(manifest)
        held = newest.get((run.export, run.start))
        if held is None or (run.submitted, run.manifest.key) > (held.submitted, held.manifest.key):
            newest[run.export, run.start] = run
    runs = sorted(newest.values(), key=lambda run: (run.export, run.start))
    _refuse_overlaps(runs)
    by_key = {entry.key: entry for entry in entries}
    return [file for run in runs for file in _files_of(run, by_key)]


def covered(manifests: Sequence[Manifest], bills: Sequence[Entry]) -> list[Entry]:
    """Give the bills that lie beside a manifest, of a superseded run as well."""
    folders = {manifest.entry.folder for manifest in manifests}
    return [bill for bill in bills if bill.folder in folders]


def _run_of(manifest: Manifest) -> _Run:
    fields = fields_of(manifest, _Fields)
    config, info = fields.exportConfig, fields.runInfo
    if config.type.lower() not in _DIALECTS:
        raise DataError(
            f"{manifest.entry.uri}: an export of type {config.type}; "
            "exports of type FocusCost, ActualCost and AmortizedCost are read",
            next_step="give the folder of such an export, or create one (FocusCost says the most)",
            path=manifest.entry.uri,
            type=config.type,
        )
    submitted = info.submittedTime if info.submittedTime.tzinfo else info.submittedTime.replace(tzinfo=UTC)
    last = info.endDate.date() if info.endDate else None
    return _Run(manifest.entry, fields, info.startDate.date(), last, submitted)


def _refuse_overlaps(runs: Sequence[_Run]) -> None:
    for run, later in pairwise(runs):
        if run.export == later.export and run.last is not None and later.start < run.last:
            raise _twice(run, later)
    scopes: dict[tuple[str, date], list[_Run]] = {}
    for run in runs:
        if not run.scope:
            continue
        # A daily and a monthly export of one subscription both hold last month.
        for other in scopes.setdefault((run.scope, run.start), []):
            if other.export[0] != run.export[0] and not _are_twins(other, run):
                raise _twice(other, run)
        scopes[run.scope, run.start].append(run)


def _are_twins(run: _Run, other: _Run) -> bool:
    """Are they the actual and the amortised cost of the same charges, which are read together (azure_pair.py)?"""
    return {run.dialect, other.dialect} == {"azure-actual", "azure-amortized"}


def _twice(run: _Run, other: _Run) -> DataError:
    return DataError(
        f"{run.manifest.uri} and {other.manifest.uri} hold the same days of the same scope: "
        "their charges would count twice",
        next_step="give the folder of only one of them",
        paths=(run.manifest.uri, other.manifest.uri),
    )


def _files_of(run: _Run, by_key: dict[str, Entry]) -> list[NamedFile]:
    _require_totals(run)
    found = []
    for blob in run.fields.blobs:
        # The tree may have been copied, so the blob is looked for beside its manifest, where Azure puts it.
        entry = by_key.get(f"{run.manifest.folder}{blob.blobName.rpartition('/')[2]}")
        if entry is None:
            raise absent(run.manifest, blob.blobName)
        require_size(run.manifest, entry, blob.byteCount)
        run_id, rows = run.fields.runInfo.runId, blob.dataRowCount
        found.append(NamedFile(entry, run.manifest.uri, run_id, rows, month=run.month, dialect=run.dialect))
    return found


def _require_totals(run: _Run) -> None:
    """Refuse a manifest whose totals are not the sums of its blobs."""
    fields = run.fields
    sizes, rows = [blob.byteCount for blob in fields.blobs], [blob.dataRowCount for blob in fields.blobs]
    for name, stated, parts in (
        ("blobCount", fields.blobCount, [1] * len(fields.blobs)),
        ("byteCount", fields.byteCount, sizes),
        ("dataRowCount", fields.dataRowCount, rows),
    ):
        known = [part for part in parts if part is not None]
        if stated is not None and len(known) == len(parts) and sum(known) != stated:
            raise DataError(
                f"{run.manifest.uri}: its {name} is {stated}, but its blobs add up to {sum(known)}",
                next_step="have the export delivered again",
                path=run.manifest.uri,
                field=name,
            )
