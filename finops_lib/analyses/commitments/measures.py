"""How much do commitments pay for, how much of them is used, and what do they save? (domain.md 3.1, 8.2)

Ratios of sums, never means of ratios, and nothing is clamped: a month in which commitments cost more than they save
says so. Coverage and utilisation are diagnostics; the effective savings rate is the outcome.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import Any, ClassVar

import polars as pl

from finops_lib.errors import QualityError

_NOTHING = Decimal(0)
_SUMS = (
    "used_effective_cost",
    "unused_effective_cost",
    "on_demand_effective_cost",
    "covered_on_demand_cost",
    "unpriced_on_demand_cost",
    "eligible_on_demand_cost",
    "hourly_on_demand_cost",
    "list_cost",
)


@dataclass(frozen=True, slots=True)
class Measures:
    """Commitments and the usage they could pay for; sums, exact, in one currency.

    Args:
        used_effective_cost, unused_effective_cost: what commitments cost, by whether it found usage.
        covered_on_demand_cost: what the covered usage would have cost on demand, at contracted prices.
        eligible_on_demand_cost: usage that a commitment could have paid for and none did, at contracted prices.
        on_demand_effective_cost: what that usage did cost.
        list_cost: covered and eligible usage at list prices.
        unpriced_on_demand_cost: the part of the covered usage for which the bill gives no cost at all; it makes savings
            look larger than they are.
        hourly_on_demand_cost: the part of covered and eligible usage that the bill knows by the hour.
    """

    # What coverage is a share of.
    basis: ClassVar[str] = "eligible usage at contracted on-demand cost"

    currency: str
    used_effective_cost: Decimal = _NOTHING
    unused_effective_cost: Decimal = _NOTHING
    covered_on_demand_cost: Decimal = _NOTHING
    eligible_on_demand_cost: Decimal = _NOTHING
    on_demand_effective_cost: Decimal = _NOTHING
    list_cost: Decimal = _NOTHING
    unpriced_on_demand_cost: Decimal = _NOTHING
    hourly_on_demand_cost: Decimal = _NOTHING

    @property
    def committed_cost(self) -> Decimal:
        return self.used_effective_cost + self.unused_effective_cost

    @property
    def on_demand_equivalent(self) -> Decimal:
        """What all eligible usage would have cost on demand."""
        return self.covered_on_demand_cost + self.eligible_on_demand_cost

    @property
    def utilisation(self) -> float | None:
        """The used share of what commitments cost; None without commitments."""
        return _ratio(self.used_effective_cost, self.committed_cost)

    @property
    def waste_share(self) -> float | None:
        return _ratio(self.unused_effective_cost, self.committed_cost)

    @property
    def coverage(self) -> float | None:
        """The covered share of eligible usage, as `basis` says; None where no usage is eligible."""
        return _ratio(self.covered_on_demand_cost, self.on_demand_equivalent)

    @property
    def net_saving(self) -> Decimal:
        """What commitments saved after what was left unused; negative = they cost more than on demand."""
        return self.covered_on_demand_cost - self.committed_cost

    @property
    def savings_rate(self) -> float | None:
        """The effective savings rate of eligible usage against contracted on-demand prices; may be negative."""
        return _saved(self._effective_cost, self.on_demand_equivalent)

    @property
    def savings_rate_at_list(self) -> float | None:
        """The same against list prices: what was negotiated is in it."""
        return _saved(self._effective_cost, self.list_cost)

    @property
    def hourly_share(self) -> float | None:
        """The share of eligible usage that the bill knows by the hour: only that can lead to a proposal."""
        return _ratio(self.hourly_on_demand_cost, self.on_demand_equivalent)

    @property
    def _effective_cost(self) -> Decimal:
        # Unused commitments cost money and replace nothing: they belong to what was paid, and to nothing else.
        return self.committed_cost + self.on_demand_effective_cost


def measured(months: pl.DataFrame) -> Measures:
    """Add up rows of `commitments_months`, of any provider and month.

    Raises:
        QualityError: they are in more than one currency.
    """
    return _added(months.iter_rows(named=True))


def measured_by_month(months: pl.DataFrame) -> dict[date, Measures]:
    """Give the measures of each month, oldest first; the newest one is as long as its data."""
    rows = months.sort("month").iter_rows(named=True)
    return {month: _added(part) for month, part in groupby(rows, key=lambda row: row["month"])}


def measured_by_provider(months: pl.DataFrame) -> dict[str, Measures]:
    """Give the measures of each provider over all rows."""
    rows = months.sort("x_Provider").iter_rows(named=True)
    return {provider: _added(part) for provider, part in groupby(rows, key=lambda row: row["x_Provider"])}


def measured_by_commitment(days: pl.DataFrame) -> dict[tuple[str, str], Measures]:
    """Give the measures of each provider and commitment id from rows of `commitments_days`; coverage is not theirs."""
    keys = ("x_Provider", "CommitmentDiscountId")
    rows = days.sort(*keys).iter_rows(named=True)
    return {key: _added(part) for key, part in groupby(rows, key=lambda row: tuple(row[name] for name in keys))}


def _added(rows: Iterable[dict[str, Any]]) -> Measures:
    sums, currencies = dict.fromkeys(_SUMS, _NOTHING), set()
    for row in rows:
        currencies.add(row["BillingCurrency"])
        for name in _SUMS:
            sums[name] += row.get(name) or _NOTHING
    if len(currencies) > 1:
        raise QualityError(
            f"commitments in {' and '.join(sorted(currencies))} cannot be added", next_step="measure them per currency"
        )
    return Measures(currency=next(iter(currencies), ""), **sums)


def _ratio(part: Decimal, whole: Decimal) -> float | None:
    return float(part / whole) if whole else None


def _saved(paid: Decimal, worth: Decimal) -> float | None:
    return 1 - float(paid / worth) if worth else None
