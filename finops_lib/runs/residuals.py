"""Does every step of the line hold what the step before it held? The rules, from sums to residuals with their causes.

    rows stated   rows that the export's manifest names, against the rows of its files
    loaded        rows and money of the files, against the charges in the lake
    marts         rows and money of the charges, against each mart that reports read
    invoice       the amount on an invoice, against the charges that name it
    cost-explorer what Cost Explorer says that the month costs, against its charges

A residual is always actual - expected. It is 0, or explained, or the check has failed; what cannot be compared has no
residual and says why. Sums come from `marts/queries/reconcile_*.sql`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from typing import Any

from finops_lib.money import minor_unit

Row = Mapping[str, Any]
# What rounding can move: half of the last decimal for each value; and `loads` keeps 18 decimals of a sum.
_MOST_PER_VALUE, _SCALE_OF_LOADS = Decimal("5e-13"), Decimal("1e-18")
FAILURES_SHOWN = 5
NO_DETAIL = "no invoice detail delivered: not compared"
NOT_FINAL = "stated as an estimate: not final yet"
NOTHING_LOADED = "no charges of this month are loaded: not compared"
NO_INVOICE_YET = "not invoiced yet: not compared"


@dataclass(frozen=True, slots=True, order=True)
class SliceName:
    """A slice of the lake, as the tables name it."""

    provider: str
    source: str
    month: date


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One step of one slice, against the step before it.

    Args:
        measure: rows, billed or effective.
        item: where `actual` was counted: a table, a run, an invoice.
        expected: what the step before says; None = it says nothing.
        slices: the slices whose charges are in `actual`.
        run_id: the run that states `actual`; empty = no run does.
    """

    provider: str
    source: str
    billing_month: str
    currency: str
    step: str
    measure: str
    item: str
    expected: Decimal | int | None
    actual: Decimal | int | None
    residual: Decimal | int | None
    ok: bool
    explanation: str
    slices: tuple[SliceName, ...] = ()
    run_id: str = ""

    @property
    def words(self) -> str:
        """Say what does not add up."""
        unit = "rows" if self.measure == "rows" else f"{self.currency} {self.measure}"
        where = " ".join(part for part in (self.provider, self.source, self.billing_month) if part)
        cause = f" ({self.explanation})" if self.explanation else ""
        return f"{where}: {self.step}, {self.item}: {plain(self.residual)} {unit}{cause}"


def slice_of(row: Row) -> SliceName:
    return SliceName(row["x_Provider"], row["x_SourceId"], row["x_BillingMonth"])


def plain(amount: Decimal | int | None) -> str:
    """Write a difference with its sign and without idle zeros."""
    if amount is None:
        return "not known"
    return f"{amount:+d}" if isinstance(amount, int) else f"{_short(amount):+f}"


def in_words(failed: Sequence[str]) -> str:
    """Put failures into one text; the first five are told, the rest is counted."""
    more = len(failed) - FAILURES_SHOWN
    return "; ".join([*failed[:FAILURES_SHOWN], *([f"and {more} more"] if more > 0 else [])])


def stated_steps(stated: Sequence[Row], loads: Sequence[Row]) -> Iterator[Reconciled]:
    """Hold the rows that manifests name against the rows of the files.

    Args:
        stated: x_Provider, x_SourceId, x_BillingMonth, rows_stated and rows_in of current loads.
        loads: the rows of `reconcile_loads`, for the currencies of each slice.
    """
    currencies: dict[SliceName, list[str]] = {}
    for row in loads:
        currencies.setdefault(slice_of(row), []).append(row["BillingCurrency"])
    for row in stated:
        if row["rows_stated"] is not None:
            # A manifest counts rows of the whole slice, whatever their currencies.
            currency = ", ".join(currencies.get(slice_of(row), []))
            yield _step(row, "rows stated", "rows", "files", row["rows_stated"], row["rows_in"], currency=currency)


def loaded_steps(loads: Sequence[Row]) -> Iterator[Reconciled]:
    """Hold what was delivered against the charges that the lake really holds.

    Args:
        loads: the rows of `reconcile_loads`.
    """
    for row in loads:
        yield _step(row, "loaded", "rows", "cost", row["rows_in"], row["charges"])
        for measure in ("billed", "effective"):
            drift = row[f"{measure}_drift"]
            residual = row[f"{measure}_cost"] - row[f"{measure}_in"]
            # A load could state any drift; more than its rounded values can move is none.
            is_rounding = abs(drift) <= row["values_rounded"] * _MOST_PER_VALUE + _SCALE_OF_LOADS
            explained = drift and residual == -drift and is_rounding
            cause = f"rounded to 12 decimals: drift {plain(drift)}" if explained else ""
            yield _step(row, "loaded", measure, "cost", row[f"{measure}_in"], row[f"{measure}_cost"], cause=cause)


def mart_steps(loads: Sequence[Row], marts: Sequence[Row] | None, stale: Collection[SliceName]) -> Iterator[Reconciled]:
    """Hold the charges of the lake against the marts.

    Args:
        loads: the rows of `reconcile_loads`.
        marts: the rows of `reconcile_marts`; None = no mart was built yet.
        stale: slices whose marts are of an older load.
    """
    if marts is None:
        for row in loads:
            cause = "the marts are not built yet: not compared; run: finops build"
            yield _step(row, "marts", "billed", "daily_cost", row["billed_cost"], None, cause=cause)
        return
    held = {(row["mart"], slice_of(row), row["BillingCurrency"]): row for row in marts}
    charged = {(slice_of(row), row["BillingCurrency"]): row for row in loads}
    nothing = {"charges": 0, "billed_cost": Decimal(0), "effective_cost": Decimal(0)}
    keys = {**charged, **{(name, currency): row for (_, name, currency), row in held.items()}}
    for (name, currency), row in keys.items():
        cause = "restated since: the marts are of an older load; run: finops build" if name in stale else ""
        lake = charged.get((name, currency), nothing)
        for table in ("daily_cost", "monthly_cost"):
            mart = held.get((table, name, currency), nothing)
            yield _step(row, "marts", "rows", table, lake["charges"], mart["charges"], cause=cause)
            for measure in ("billed", "effective"):
                column = f"{measure}_cost"
                yield _step(row, "marts", measure, table, lake[column], mart[column], cause=cause)


def invoice_steps(charged: Sequence[Row], invoiced: Sequence[Row]) -> Iterator[Reconciled]:
    """Hold the amount of each invoice against the charges that name it.

    Args:
        charged: the rows of `reconcile_charged`.
        invoiced: the rows of `reconcile_invoiced`.
    """
    amounts = {(row["x_SourceId"], row["InvoiceId"], row["BillingCurrency"]): row for row in invoiced}
    parts: dict[tuple[str, str, str], list[Row]] = {}
    # Charges without an invoice, or whose invoice did not come: one row for all of a slice.
    others: dict[tuple[SliceName, str, str], list[Row]] = {}
    for row in charged:
        key = (row["x_SourceId"], row["InvoiceId"], row["BillingCurrency"])
        if key in amounts:
            parts.setdefault(key, []).append(row)
        else:
            why = NO_DETAIL if row["InvoiceId"] else NO_INVOICE_YET
            others.setdefault((slice_of(row), row["BillingCurrency"], why), []).append(row)
    for (_, _, why), rows in others.items():
        names = [str(row["InvoiceId"]) for row in rows if row["InvoiceId"]]
        item = names[0] if len(names) == 1 else f"{len(names)} invoices" if names else "no invoice"
        billed = sum((row["billed_cost"] for row in rows), Decimal(0))
        yield _step(rows[0], "invoice", "billed", item, None, billed, cause=why)
    for key, row in amounts.items():
        mine = parts.get(key, [])
        billed = sum((part["billed_cost"] for part in mine), Decimal(0))
        cause = _invoice_cause(row, billed)
        # Nobody owes an invoice that is open or voided, whatever it says.
        slices = tuple(sorted({slice_of(part) for part in mine} | {slice_of(row)}))
        yield _step(row, "invoice", "billed", row["InvoiceId"], row["amount"], billed, cause=cause, slices=slices)


def stated_total_steps(stated: Sequence[Row], loads: Sequence[Row]) -> Iterator[Reconciled]:
    """Hold what somebody else says that a month costs against its charges.

    Args:
        stated: the rows of `reconcile_stated_totals`.
        loads: the rows of `reconcile_loads`.
    """
    charged = {(slice_of(row), row["BillingCurrency"]): row for row in loads}
    for row in stated:
        load = charged.get((slice_of(row), row["BillingCurrency"]))
        if load is None:
            yield _step(row, "cost-explorer", "billed", row["stated_by"], row["billed"], None, cause=NOTHING_LOADED)
            continue
        drift, residual = load["billed_drift"], load["billed_cost"] - row["billed"]
        is_rounding = residual == -drift and abs(drift) <= load["values_rounded"] * _MOST_PER_VALUE + _SCALE_OF_LOADS
        cause = f"rounded to 12 decimals: drift {plain(drift)}" if is_rounding else ""
        cause = cause or ("" if row["is_final"] else NOT_FINAL)
        yield _step(row, "cost-explorer", "billed", row["stated_by"], row["billed"], load["billed_cost"], cause=cause)


def _invoice_cause(row: Row, billed: Decimal) -> str:
    """Say why an invoice's amount may differ from its charges; empty where nothing explains it."""
    if row["lines_voided"]:
        return "invoice voided: not compared"
    if row["lines_not_issued"]:
        return "invoice not final yet: not compared"
    amount, rounding, unit = row["amount"], row["rounding"], minor_unit(row["BillingCurrency"])
    if billed == amount:
        return ""
    is_small = abs(rounding) <= unit / 2 * max(row["lines"], 1)
    if row["rounding_lines"] and is_small and billed + rounding == amount:
        return f"rounding line of the invoice: {plain(rounding)}"
    # Lines printed to the cent, with or without a line that brings them to the total: the total alone must be right.
    with localcontext(prec=100):
        to_the_unit = billed.quantize(unit, rounding=ROUND_HALF_UP)
    return f"the invoice is rounded to {unit}: {plain(amount - billed)}" if to_the_unit == amount else ""


def _step(
    row: Row,
    step: str,
    measure: str,
    item: str,
    expected: Decimal | int | None,
    actual: Decimal | int | None,
    *,
    cause: str = "",
    currency: str | None = None,
    slices: tuple[SliceName, ...] = (),
) -> Reconciled:
    residual = None if expected is None or actual is None else actual - expected
    return Reconciled(
        provider=row["x_Provider"],
        source=row["x_SourceId"],
        billing_month=f"{row['x_BillingMonth']:%Y-%m}",
        currency=row["BillingCurrency"] if currency is None else currency,
        step=step,
        measure=measure,
        item=item,
        expected=expected,
        actual=actual,
        residual=residual,
        ok=residual == 0 or bool(cause),
        # A cause explains a difference; where there is none it would only confuse.
        explanation="" if residual == 0 else cause,
        slices=slices or (slice_of(row),),
    )


def _short(amount: Decimal) -> Decimal:
    with localcontext(prec=100):
        return amount.normalize() if amount else Decimal(0)
