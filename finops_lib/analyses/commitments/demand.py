"""Which usage may a commitment pay for, hour by hour? From rows of `commitments_hours` to what the simulator takes.

Only rows of one hour lead to a proposal. A commitment is paid for in every hour, and a day at its mean never looks
worse than its hours: from days one would always promise too much. Covered usage that the bill knows by the day only is
spread over its hours, for existing commitments to pay for first; on-demand usage by the day gives an upper bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import polars as pl

from finops_lib.analyses.commitments.waterfall import Array, Usage
from finops_lib.errors import QualityError
from finops_lib.offers import CommitmentPolicy

# Fewer days are too few to see a month's end and its beginning.
FEWEST_DAYS = 60
_POOL = ("usage_class", "RegionId", "family", "platform")


@dataclass(frozen=True, slots=True, order=True)
class Pool:
    """Usage that one size-flexible commitment covers: one class, region, family and platform of a provider."""

    provider: str
    usage_class: str
    region: str
    family: str
    platform: str

    @property
    def name(self) -> str:
        return " ".join(part for part in (self.usage_class, self.family, self.platform, self.region) if part)


@dataclass(frozen=True, slots=True, eq=False)
class Demand:
    """What one provider's commitments could pay for in the hours of [start, start + hours); one currency.

    Args:
        usage: one item per pool and account for what is known by the hour, covered or not; before those, one for what
            is covered and known by the day, spread.
        pool_of: item -> its pool.
        hourly: the items that are known by the hour.
        by_day: pool -> on-demand cost of each hour, of what is known by the day or coarser, spread.
        unit_price: pool -> the on-demand price of one unit that reservations are counted in, where the bill names it.
        days: whole days of the look-back; where anything is known by the hour, since it is.
    """

    provider: str
    currency: str
    start: datetime
    days: int
    usage: Usage
    pool_of: Mapping[str, Pool]
    hourly: tuple[str, ...]
    by_day: Mapping[Pool, Array]
    unit_price: dict[Pool, float]

    @property
    def account_of(self) -> dict[str, str]:
        return dict(zip(self.usage.items, self.usage.accounts, strict=True))

    @property
    def hours(self) -> int:
        return 24 * self.days

    @property
    def data_through(self) -> date:
        return (self.start + timedelta(days=self.days - 1)).date()

    @property
    def pools(self) -> tuple[Pool, ...]:
        """Every pool with usage of any grain, in order."""
        return tuple(sorted({*self.pool_of.values(), *self.by_day}))

    def hourly_items(self, pool: Pool) -> tuple[str, ...]:
        return tuple(item for item in self.hourly if self.pool_of[item] == pool)


def demands(
    rows: pl.DataFrame, *, policy: CommitmentPolicy, usage_left: Mapping[Pool, float] | None = None
) -> Iterator[Demand]:
    """Give the demand of each provider.

    Args:
        rows: of `commitments_hours`, of one currency.
        usage_left: pool -> the share of its usage that approved terminations and rightsizing leave; 1 where none is
            named (domain.md 6.2).
    Raises:
        QualityError: the rows are in more than one currency.
    """
    currencies = sorted(rows["BillingCurrency"].unique().to_list()) if rows.height else []
    if len(currencies) > 1:
        raise QualityError(
            f"usage in {' and '.join(currencies)} cannot share a commitment", next_step="propose per currency"
        )
    for (provider,), part in rows.sort("x_Provider").partition_by("x_Provider", as_dict=True).items():
        yield _demand(str(provider), currencies[0], part, policy, usage_left or {})


def _demand(
    provider: str, currency: str, rows: pl.DataFrame, policy: CommitmentPolicy, usage_left: Mapping[Pool, float]
) -> Demand:
    # Sources of one provider share commitments; the slowest of them says through when all is known.
    through: date = rows["data_through"].min()  # type: ignore[assignment]
    first: date = rows["source_first_day"].min()  # type: ignore[assignment]
    by_the_hour = rows.filter(pl.col("period_hours") == 1)
    if by_the_hour.height:
        # Before a bill came by the hour its usage was not nothing: those days are no evidence.
        first = max(first, by_the_hour["hour"].min().date())  # type: ignore[union-attr]
    days = min(policy.lookback_days, (through - first).days + 1)
    start = datetime.combine(through, datetime.min.time()) - timedelta(days=days - 1)
    # What is covered at a price that nobody knows is not there for anybody else, and no measure of its commitment.
    usable = _spread(rows.filter(pl.col("use").is_in(["on-demand", "covered"])), start, 24 * days)
    is_hourly = pl.col("period_hours") == 1
    # In this order: at equal prices existing commitments go on paying for what they were seen to pay for.
    grain = pl.when(is_hourly).then(pl.lit("hourly")).otherwise(pl.lit("daily"))
    known = usable.filter(is_hourly | (pl.col("use") == "covered")).with_columns(grain.alias("grain"))
    items, matrix = _matrix(known, ["grain", *_POOL, "account_id"], 24 * days)
    pools = {"/".join(key): Pool(provider, *key[1:5]) for key in items}
    left = np.array([usage_left.get(pool, 1.0) for pool in pools.values()])
    usage = Usage(tuple(pools), tuple(key[5] for key in items), matrix * left[:, None])
    coarse, spread = _matrix(usable.filter(~is_hourly & (pl.col("use") == "on-demand")), list(_POOL), 24 * days)
    by_day = {Pool(provider, *key): row for key, row in zip(coarse, spread, strict=True)}
    return Demand(
        provider=provider,
        currency=currency,
        start=start,
        days=days,
        usage=usage,
        pool_of=pools,
        hourly=tuple(name for name, key in zip(pools, items, strict=True) if key[0] == "hourly"),
        by_day={pool: row * usage_left.get(pool, 1.0) for pool, row in by_day.items()},
        unit_price=_unit_prices(provider, rows),
    )


def _spread(rows: pl.DataFrame, start: datetime, hours: int) -> pl.DataFrame:
    """Give each charge its even part of every hour `at` (0 = start) that it spans."""
    at = (pl.col("hour") - start).dt.total_hours()
    spread = rows.with_columns(
        pl.int_ranges(at, at + pl.col("period_hours")).alias("at"),
        (pl.col("on_demand_cost").cast(pl.Float64) / pl.col("period_hours")).alias("cost"),
    )
    return spread.explode("at").filter(pl.col("at").is_between(0, hours - 1))


def _matrix(rows: pl.DataFrame, by: list[str], hours: int) -> tuple[list[tuple[str, ...]], Array]:
    """Add costs up into a matrix of keys, in order, x hours."""
    keys = rows.select(by).unique().sort(by).with_row_index("row")
    placed = rows.join(keys, on=by)
    matrix = np.zeros((keys.height, hours))
    np.add.at(matrix, (placed["row"].to_numpy(), placed["at"].to_numpy()), placed["cost"].to_numpy())
    return keys.drop("row").rows(), matrix


def _unit_prices(provider: str, rows: pl.DataFrame) -> dict[Pool, float]:
    priced = rows.filter((pl.col("usage_class") != "") & (pl.col("unit_price") > 0))
    lowest = priced.group_by(_POOL).agg(pl.col("unit_price").min().cast(pl.Float64))
    return {Pool(provider, *key): price for *key, price in lowest.iter_rows()}
