"""What had the providers delivered by an hour? Every six hours a bill whose newest days are not whole yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finops_lib.periods import BillingPeriod
from finops_lib.runs.context import Coverage
from tests.bench.estate.bills import COMPLETE

HOURS_BETWEEN, FIRST_HOUR = 6, 2
# A source is stale when it is silent for a day longer than it may be late (marts/sql/data_freshness.sql).
STALE_AFTER = timedelta(hours=48)
# So many days are not whole, that of the delivery included.
LAG_DAYS = {provider: sum(low < 1 for low, _ in shares) for provider, shares in COMPLETE.items()}
# One provider says nothing for four days.
SILENT = {"azure": (datetime(2024, 11, 12, 9, tzinfo=UTC), datetime(2024, 11, 16, 9, tzinfo=UTC))}
# Thousandths of its usage that the later part of a month was first said to cost, until it was corrected.
RESTATED = {
    ("aws", date(2024, 9, 1)): 985,
    ("azure", date(2024, 12, 1)): 1012,
    ("gcp", date(2025, 2, 1)): 990,
    ("aws", date(2025, 4, 1)): 1008,
}
RESTATED_FROM, CORRECTED_ON = 15, 6
# Nothing older than this changes any more.
_SETTLED = timedelta(days=40)
_SEED = 20
_MONEY = ("billed_cost", "effective_cost")


@dataclass(frozen=True)
class Bills:
    """What every scope costs in the end, and from it what was known earlier.

    Args:
        final: the figure `scoped/days` with all that was ever charged, ordered by day.
    """

    final: pl.DataFrame
    _shares: dict[tuple[str, date], NDArray[np.float64]] = field(default_factory=dict)

    @cached_property
    def sources(self) -> list[tuple[str, str, str, date]]:
        """Provider, source, currency and first day of all that delivers."""
        keys = ["x_Provider", "x_SourceId", "BillingCurrency"]
        return self.final.group_by(keys).agg(pl.col("day").min()).sort(keys).rows()

    @cached_property
    def providers(self) -> list[str]:
        return sorted({provider for provider, *_ in self.sources})

    @cached_property
    def last_day(self) -> date:
        last = self.final["day"].max()
        assert isinstance(last, date)
        return last

    def deliveries(self, at: datetime) -> dict[str, datetime]:
        """Give the moment of each provider's newest delivery."""
        return {provider: _newest_delivery(provider, at) for provider in self.providers}

    def complete_through(self, delivered: dict[str, datetime]) -> dict[str, date]:
        """Give the last whole day of each provider."""
        return {
            provider: min(when.date() - timedelta(days=LAG_DAYS[provider]), self.last_day)
            for provider, when in delivered.items()
        }

    def known(self, delivered: dict[str, datetime]) -> pl.DataFrame:
        """Give the days as some deliveries had them; those that follow the delivery do not exist yet."""
        settled = min(delivered.values()).date() - _SETTLED
        split = self.final["day"].search_sorted(settled)
        assert isinstance(split, int)
        recent = self.final[split:].with_columns(place=pl.int_range(split, self.final.height))
        parts = [self._recent(recent.filter(pl.col("x_Provider") == name), name, at) for name, at in delivered.items()]
        return self._dated(pl.concat([self.final[:split], *parts]), self.complete_through(delivered))

    def withheld(self, delivered: dict[str, datetime]) -> pl.DataFrame:
        """Give the same without the days that were not whole."""
        return self.known(delivered).filter(pl.col("day") <= pl.col("complete_through"))

    def filled(self, delivered: dict[str, datetime]) -> pl.DataFrame:
        """Give the same days with what they cost in the end, still taken for days that are not whole."""
        through = {name: min(at.date(), self.last_day) for name, at in delivered.items()}
        newest = pl.col("x_Provider").replace_strict(through, return_dtype=pl.Date)
        return self._dated(self.final, self.complete_through(delivered)).filter(pl.col("day") <= newest)

    def made_whole(self, delivered: dict[str, datetime]) -> pl.DataFrame:
        """Give the same days with nothing missing: what the providers would have sent had they been quicker."""
        through = {name: min(at.date(), self.last_day) for name, at in delivered.items()}
        dated = self._dated(self.final, through)
        return dated.filter(pl.col("day") <= pl.col("complete_through"))

    def first_said(self) -> pl.DataFrame:
        """Give all days whole, and as they were before any correction."""
        factor = pl.lit(1.0)
        for (provider, month), thousandths in RESTATED.items():
            factor = pl.when(_is_restated(provider, month)).then(thousandths / 1000).otherwise(factor)
        return _scaled(self.final.with_columns(share=factor))

    def coverage(self, delivered: dict[str, datetime]) -> list[Coverage]:
        """Say what each source has delivered, as the mart of freshness does."""
        through = self.complete_through(delivered)
        return [
            Coverage(
                provider=provider,
                source=source,
                currency=currency,
                first_day=first,
                newest_day=min(delivered[provider].date(), self.last_day),
                complete_through=through[provider],
                effective_cost=self._totals[provider, currency],
                delivered_at=delivered[provider],
                stale_from=delivered[provider] + STALE_AFTER,
            )
            for provider, source, currency, first in self.sources
        ]

    @cached_property
    def _totals(self) -> dict[tuple[str, str], Decimal]:
        sums = self.final.group_by("x_Provider", "BillingCurrency").agg(pl.col("effective_cost").sum())
        return {(provider, currency): cost for provider, currency, cost in sums.iter_rows()}

    @cached_property
    def _ahead(self) -> NDArray[np.float64]:
        """How far each row is ahead of its provider, or behind."""
        return np.random.default_rng(_SEED).normal(0, 0.08, self.final.height)

    def _recent(self, rows: pl.DataFrame, provider: str, delivered: datetime) -> pl.DataFrame:
        rows = rows.filter(pl.col("day") <= delivered.date())
        lag = (pl.lit(delivered.date()) - pl.col("day")).dt.total_days()
        shares = np.ones(rows.height)
        lags = rows.select(lag).to_series().to_numpy()
        for late in range(len(COMPLETE[provider])):
            share = self._share(provider, delivered.date() - timedelta(days=late))[late]
            share *= delivered.hour / 24 if late == 0 else 1
            shares[lags == late] = share
        ahead = self._ahead[rows["place"].to_numpy()]
        own = np.where(shares < 1, np.clip(shares + ahead, 0, 1), 1.0)
        # A fee is there or not; a credit is the last to come.
        is_usage = rows["frequency"].to_numpy() == "usage"
        is_credit = rows["effective_cost"].to_numpy().astype(float) < 0
        own = np.where(is_credit, np.where(shares < 1, 0.5 * own, 1.0), np.where(is_usage, own, 1.0))
        for (restated, month), thousandths in RESTATED.items():
            if restated == provider and delivered.date() < BillingPeriod.of(month).end.replace(day=CORRECTED_ON):
                own *= np.where(
                    rows.select(_is_restated(provider, month)).to_series().to_numpy(), thousandths / 1000, 1
                )
        return _scaled(rows.drop("place").with_columns(share=pl.Series(own)))

    def _share(self, provider: str, day: date) -> NDArray[np.float64]:
        """Give the part of a day that is known so many days later; it never shrinks."""
        key = provider, day
        if key not in self._shares:
            rng = np.random.default_rng((_SEED, self.providers.index(provider), day.toordinal()))
            self._shares[key] = np.sort([rng.uniform(low, high) for low, high in COMPLETE[provider]])
        return self._shares[key]

    def _dated(self, frame: pl.DataFrame, through: dict[str, date]) -> pl.DataFrame:
        days = pl.DataFrame({"x_Provider": list(through), "complete_through": list(through.values())})
        return frame.drop("complete_through").join(days, on="x_Provider", maintain_order="left")


def stale(days: pl.DataFrame, delivered: dict[str, datetime], at: datetime) -> pl.DataFrame:
    """Say of each row whether its source should have delivered by `at`."""
    silent = [name for name, when in delivered.items() if when + STALE_AFTER < at]
    return days.with_columns(is_stale=pl.col("x_Provider").is_in(silent))


def _newest_delivery(provider: str, at: datetime) -> datetime:
    begin, end = SILENT.get(provider, (at, at))
    known = begin if begin <= at < end else at
    hours = (known.hour - FIRST_HOUR) % HOURS_BETWEEN
    return known.replace(minute=0) - timedelta(hours=hours)


def _is_restated(provider: str, month: date) -> pl.Expr:
    first, end = month.replace(day=RESTATED_FROM), BillingPeriod.of(month).end
    is_late = (pl.col("day") >= first) & (pl.col("day") < end)
    return (pl.col("x_Provider") == provider) & (pl.col("frequency") == "usage") & is_late


def _scaled(rows: pl.DataFrame) -> pl.DataFrame:
    """Multiply money by `share`; what is whole keeps its last digit."""
    money = [
        pl.when(pl.col("share") == 1)
        .then(pl.col(name))
        .otherwise((pl.col(name).cast(pl.Float64) * pl.col("share")).round(6).cast(pl.Decimal(38, 12)))
        .alias(name)
        for name in _MONEY
    ]
    return rows.with_columns(money).drop("share")
