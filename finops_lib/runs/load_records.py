"""What the lake remembers of a load: the rows of `loads` and `load_findings`, and the sums that must be written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from finops_lib.lake.markers import Markers
from finops_lib.lake.write import CurrentLoad, SliceKey, Sums
from finops_lib.runs.slice_report import with_vanished
from finops_lib.runs.stated import rows_of, stated_of
from finops_lib.sources.delivery import Delivery, at_scale
from finops_lib.sources.files import BillingFile
from finops_lib.sources.gather import Gathered


@dataclass(frozen=True, slots=True)
class Deal:
    """What stays the same while a delivery is being committed."""

    delivery: Delivery
    given: Gathered
    source: str
    version: str
    delivery_id: str
    replace: bool
    run_id: str
    markers: Markers


def expected_sums(delivery: Delivery, source: str) -> dict[tuple[SliceKey, str], Sums]:
    """Give what must be in the staged files: what was read, to the last row and digit."""
    return {
        (SliceKey(t.provider, source, t.month), t.currency): Sums(
            t.rows, t.billed_loaded, t.effective_loaded, t.list_loaded, t.contracted_loaded
        )
        for t in delivery.totals
    }


def load_rows(deal: Deal, key: SliceKey, before: Sequence[CurrentLoad]) -> list[dict[str, object]]:
    """Give the rows of `loads` for one slice, one per currency; one that vanished has zeros."""
    delivery = deal.delivery
    old = [load for load in before if load.key == key]
    former = {load.currency: load for load in old}
    files = [
        {"path": deal.given.origin(file.path), "bytes": file.bytes, "sha256": file.sha256, "rows": rows}
        for file, rows in rows_of(delivery, key)
    ]
    rows: list[dict[str, object]] = []
    totals_of_slice = [t for t in delivery.totals if (t.provider, t.month) == (key.provider, key.month)]
    for totals in with_vanished(totals_of_slice, old):
        load = former.get(totals.currency)
        billed_in, effective_in = at_scale(totals.billed_in), at_scale(totals.effective_in)
        rows.append(
            {
                "delivery_id": deal.delivery_id,
                "x_Provider": key.provider,
                "x_SourceId": key.source,
                "x_BillingMonth": key.month,
                "BillingCurrency": totals.currency,
                "dialect": delivery.dialect,
                "mapping_version": deal.version,
                "rows_in": totals.rows,
                "rows_loaded": totals.rows,
                "rows_rejected": 0,
                "billed_in": billed_in,
                "billed_loaded": totals.billed_loaded,
                "effective_in": effective_in,
                "effective_loaded": totals.effective_loaded,
                "list_loaded": totals.list_loaded,
                "contracted_loaded": totals.contracted_loaded,
                "rounding_drift": billed_in - totals.billed_loaded,
                "values_rounded": totals.values_rounded,
                "rows_before": load.rows if load else (0 if old else None),
                "billed_before": load.billed if load else (Decimal(0) if old else None),
                "effective_before": load.effective if load else (Decimal(0) if old else None),
                "first_day": totals.first_day,
                "last_day": totals.last_day,
                "source_files": json.dumps(files),
                **stated_of(deal.given, delivery, key),
                "delivered_at": max(file.modified for file in files_of(delivery, key)),
            }
        )
    return rows


def finding_rows(deal: Deal, key: SliceKey) -> list[dict[str, object]]:
    """Give the rows of `load_findings` for one slice."""
    return [
        {
            "x_Provider": found.provider,
            "x_SourceId": deal.source,
            "x_BillingMonth": found.month,
            "finding": found.finding,
            "column_name": found.column,
            "occurrences": found.occurrences,
            "example": found.example,
        }
        for found in deal.delivery.findings
        if (found.provider, found.month) == (key.provider, key.month)
    ]


def files_of(delivery: Delivery, key: SliceKey) -> list[BillingFile]:
    """Give the files that hold charges of a slice."""
    return [file for file, _ in rows_of(delivery, key)]
