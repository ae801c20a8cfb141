"""When do commitments end, and what will the same usage cost then? (domain.md 3.7)

An end is taken from the inventory where it is known, else from the bill: from the period that a purchase pays for, or
from the term that a commitment's name or type states, counted from its first day. A commitment that was there before
the bill begins has an end that the bill does not know, and none is made up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from finops_lib.periods import DAYS_PER_MONTH, BillingPeriod

Basis = Literal["inventory", "paid period", "stated term", "over", "not known"]

ALERT_DAYS = (7, 30, 60, 90)
# Silent so long, a commitment is over: bills are late, but not by a week.
OVER_AFTER_DAYS = 7
# A purchase for so many days pays for the term; one for a month is an instalment.
_TERM_DAYS = 300
_STATED_TERM = re.compile(r"\b([135])[ -]?(?:y|yr|yrs|year|years)\b|\b(12|36|60)[ -]?(?:m|mo|month|months)\b")
_SMALLEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Term:
    """How long a commitment runs, and what changes when it ends; money per month of 365/12 days, in `currency`.

    Args:
        start: its first day in the bill; None = it began before the bill does.
        end: the first day without it; None = not known.
        basis: where `end` comes from; `over` = the bill has had no row of it for a week.
        monthly_cost: what it costs, unused parts included.
        monthly_covered: what the usage it covers would cost on demand.
    """

    provider: str
    commitment_id: str
    name: str
    type: str
    start: date | None
    end: date | None
    basis: Basis
    monthly_cost: Decimal
    monthly_covered: Decimal
    currency: str
    data_through: date

    @property
    def step(self) -> Decimal:
        """What the same usage costs more per month once it has ended; negative = it costs more than it saves."""
        return self.monthly_covered - self.monthly_cost

    @property
    def is_running(self) -> bool:
        return self.basis != "over" and (self.end is None or self.end > self.data_through)


@dataclass(frozen=True, slots=True)
class ExpiryAlert:
    """A commitment that ends soon: nobody renews it by itself.

    Args:
        threshold_days: the narrowest of 90, 60, 30 and 7 days that it is inside of; one alert for each.
        days_left: from `as_of`, the last included day, to the last day it covers.
    """

    term: Term
    threshold_days: int
    days_left: int


def terms(frame: pl.DataFrame, *, known_ends: Mapping[str, date] | None = None) -> tuple[Term, ...]:
    """Say when each commitment ends.

    Args:
        frame: rows of `commitments_terms`.
        known_ends: commitment id -> its first day without it, from the inventory or the contract.
    """
    return tuple(_term(row, known_ends or {}) for row in frame.iter_rows(named=True))


def cliff(found: Sequence[Term], *, as_of: date, months: int = 12) -> pl.DataFrame:
    """Give what the coming months cost more than today as commitments end and nothing is bought.

    Returns:
        month (its first day), ends (commitments that end in it), covered (on-demand money per month that is still
        covered once the month is over), step (what ends in it, per month) and step_so_far (all steps up to it); floats,
        in the currency of the terms; only commitments whose end is known.
    """
    known = [term for term in found if term.is_running and term.end is not None]
    rows, period, so_far = [], BillingPeriod.of(as_of), Decimal(0)
    for _ in range(months):
        ending = [term for term in known if term.end and period.start <= term.end - timedelta(days=1) < period.end]
        so_far += sum((term.step for term in ending), Decimal(0))
        covered = sum((term.monthly_covered for term in known if term.end and term.end > period.end), Decimal(0))
        step = float(sum((term.step for term in ending), Decimal(0)))
        rows.append((period.start, len(ending), float(covered), step, float(so_far)))
        period = period.next
    names = {"month": pl.Date, "ends": pl.Int64, "covered": pl.Float64, "step": pl.Float64, "step_so_far": pl.Float64}
    return pl.DataFrame(rows, schema=names, orient="row")


def expiry_alerts(found: Sequence[Term], *, as_of: date) -> tuple[ExpiryAlert, ...]:
    """Name the commitments that end within 90 days, the soonest first."""
    alerts = []
    for term in found:
        if not term.is_running or term.end is None:
            continue
        left = (term.end - as_of).days - 1
        if threshold := next((days for days in ALERT_DAYS if 0 <= left <= days), None):
            alerts.append(ExpiryAlert(term, threshold, left))
    return tuple(sorted(alerts, key=lambda alert: (alert.days_left, alert.term.commitment_id)))


def stated_months(text: str) -> int | None:
    """Read a term from a commitment's name or type, e.g. `ledger-db-1yr`, `3 years`, `36-month`; None = none stated."""
    found = _STATED_TERM.search(text.lower().replace("_", " "))
    if not found:
        return None
    return 12 * int(found[1]) if found[1] else int(found[2])


def _term(row: Mapping[str, Any], known_ends: Mapping[str, date]) -> Term:
    start = row["first_day"] if row["first_day"] > row["source_first_day"] else None
    end, basis = _end(row, start, known_ends)
    days = max(1, row["recent_days"])
    return Term(
        provider=row["x_Provider"],
        commitment_id=row["CommitmentDiscountId"],
        name=row["CommitmentDiscountName"],
        type=row["CommitmentDiscountType"],
        start=start,
        end=end,
        basis=basis,
        monthly_cost=_monthly(row["used_effective_cost"] + row["unused_effective_cost"], days),
        monthly_covered=_monthly(row["covered_on_demand_cost"], days),
        currency=row["BillingCurrency"],
        data_through=row["data_through"],
    )


def _end(row: Mapping[str, Any], start: date | None, known_ends: Mapping[str, date]) -> tuple[date | None, Basis]:
    if known := known_ends.get(row["CommitmentDiscountId"]):
        return known, "inventory"
    paid_from, paid_through = row["paid_from"], row["paid_through"]
    if paid_from and paid_through and (paid_through - paid_from).days >= _TERM_DAYS:
        return paid_through, "paid period"
    if (row["data_through"] - row["last_day"]).days >= OVER_AFTER_DAYS:
        return row["last_day"] + timedelta(days=1), "over"
    months = stated_months(f"{row['CommitmentDiscountName']} {row['CommitmentDiscountType']}")
    if start and months:
        end = _months_later(start, months)
        # Still there after what its name states: the name is about something else.
        return (end, "stated term") if end > row["last_day"] else (None, "not known")
    return None, "not known"


def _months_later(day: date, months: int) -> date:
    period = BillingPeriod.of(day)
    for _ in range(months):
        period = period.next
    return date(period.year, period.month, min(day.day, period.days))


def _monthly(cost: Decimal, days: int) -> Decimal:
    return (cost * DAYS_PER_MONTH.numerator / (DAYS_PER_MONTH.denominator * days)).quantize(_SMALLEST)
