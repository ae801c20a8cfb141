"""What an ingest did, or would have done, to each slice: the report, and the loss that nobody announced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from finops_lib.errors import DataError
from finops_lib.lake.write import CurrentLoad, SliceKey
from finops_lib.sources.delivery import SliceTotals, plain

# A replacement that loses more than this share of a slice's rows or money is more likely a broken export than news.
LOSS_LIMIT = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class SliceReport:
    """What an ingest did to one slice in one currency (design.md 7). Money is exact; None = the slice is new.

    Args:
        dataset: the lake's table, `cost` or `invoices`; both tell of the same money, so never add one to the other.
    """

    provider: str
    source: str
    billing_month: str
    currency: str
    status: str
    rows_in: int
    rows_loaded: int
    billed_in: Decimal
    billed_loaded: Decimal
    effective_in: Decimal
    effective_loaded: Decimal
    rounding_drift: Decimal
    billed_before: Decimal | None
    load_id: str
    message: str
    dataset: str = "cost"


class RefusedReplacement(DataError):
    """A delivery that would lose too much; `reports` says for every slice what would have happened."""

    reports: list[SliceReport]


def loss_of(key: SliceKey, totals: Sequence[SliceTotals], old: Sequence[CurrentLoad]) -> str:
    """Say what a replacement would lose too much of, or give ""."""
    name = f"{key.provider} {key.source} {key.month:%Y-%m}"
    rows, rows_before = sum(t.rows for t in totals), sum(load.rows for load in old)
    if rows < rows_before * LOSS_LIMIT:
        return f"{name} would shrink from {rows_before} to {rows} rows"
    new = {t.currency: t for t in totals}
    for load in old:
        after = new.get(load.currency)
        for kind, was, becomes in (
            ("billed", load.billed, after.billed_loaded if after else Decimal(0)),
            ("effective", load.effective, after.effective_loaded if after else Decimal(0)),
        ):
            if abs(becomes) < abs(was) * LOSS_LIMIT:
                return f"{name} would shrink from {was.normalize():f} to {becomes.normalize():f} {load.currency} {kind}"
    return ""


def with_vanished(totals: Sequence[SliceTotals], old: Sequence[CurrentLoad]) -> list[SliceTotals]:
    """Add a line of zeros for each currency that the slice held and the delivery does not: its money is gone too."""
    given = {t.currency for t in totals}
    nothing = Decimal(0)
    return list(totals) + [
        SliceTotals(
            provider=load.key.provider,
            month=load.key.month,
            currency=load.currency,
            rows=0,
            billed_in=nothing,
            billed_loaded=nothing,
            effective_in=nothing,
            effective_loaded=nothing,
            list_loaded=nothing,
            contracted_loaded=nothing,
            values_rounded=0,
            first_day=None,
            last_day=None,
        )
        for load in old
        if load.currency not in given and load.rows
    ]


def report_of(key: SliceKey, totals: SliceTotals, old: Sequence[CurrentLoad], load_id: str) -> SliceReport:
    """Say what a delivery does to one slice in one currency."""
    before = {load.currency: load.billed for load in old}
    change = totals.billed_loaded - before.get(totals.currency, Decimal(0))
    return SliceReport(
        provider=key.provider,
        source=key.source,
        billing_month=f"{key.month:%Y-%m}",
        currency=totals.currency,
        status="loaded",
        rows_in=totals.rows,
        rows_loaded=totals.rows,
        billed_in=totals.billed_in,
        billed_loaded=totals.billed_loaded,
        effective_in=totals.effective_in,
        effective_loaded=totals.effective_loaded,
        rounding_drift=plain(totals.billed_in - totals.billed_loaded),
        billed_before=before.get(totals.currency, Decimal(0) if old else None),
        load_id=load_id,
        message=f"restated by {change.normalize():+f} {totals.currency}" if old else "new",
    )


def as_rejected(report: SliceReport, reason: str) -> SliceReport:
    """Say that a slice was not loaded because its delivery was refused; what the lake held already stays unchanged."""
    if report.status == "unchanged":
        return report
    nothing = Decimal(0)
    return replace(
        report,
        status="rejected",
        rows_loaded=0,
        billed_loaded=nothing,
        effective_loaded=nothing,
        rounding_drift=nothing,
        message=reason,
    )


def as_dry_run(report: SliceReport) -> SliceReport:
    """Say that a slice was only looked at."""
    if report.status == "unchanged":
        return report
    return replace(report, rows_loaded=0, message=f"dry run, nothing loaded; would be: {report.message}")


def unchanged(load: CurrentLoad) -> SliceReport:
    """Say that the lake holds this already."""
    return SliceReport(
        provider=load.key.provider,
        source=load.key.source,
        billing_month=f"{load.key.month:%Y-%m}",
        currency=load.currency,
        status="unchanged",
        rows_in=load.rows,
        rows_loaded=load.rows,
        billed_in=plain(load.billed_in),
        billed_loaded=load.billed,
        effective_in=plain(load.effective_in),
        effective_loaded=load.effective,
        rounding_drift=plain(load.billed_in - load.billed),
        billed_before=load.billed,
        load_id=load.load_id,
        message="the lake holds exactly this already",
    )


def as_withdrawn(load: CurrentLoad, compared: str) -> SliceReport:
    """Say that a slice's charges were taken out of the lake, because their source only compares with another."""
    nothing = Decimal(0)
    return replace(
        unchanged(load),
        status="loaded",
        rows_in=0,
        rows_loaded=0,
        billed_in=nothing,
        billed_loaded=nothing,
        effective_in=nothing,
        effective_loaded=nothing,
        rounding_drift=nothing,
        message=f"withdrawn: it only compares with {compared}",
    )
