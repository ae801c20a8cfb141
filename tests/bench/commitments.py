"""Commitments of a large estate: 400 pools, 90 days by the hour.

The exact optimum of every pool by itself and of one plan over all of them, the simulator with ten commitments, and
whole proposals from the rows of the figure query. Each optimum is held against a grid of levels: none may be cheaper.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from finops_lib.analyses.commitments import Commitment, Usage, propose, simulate
from finops_lib.analyses.commitments.optimum import cost_line, quantile_level, usage_cost
from finops_lib.analyses.commitments.waterfall import Array
from finops_lib.offers import CommitmentPolicy, Offer
from tests.analyses.commitments.frames import SCHEMA, terms
from tests.bench.clock import stopwatch
from tests.bench.place import scaled

POOLS, HOURS = 400, 2_160
THROUGH = date(2026, 10, 31)
GRID = 60


def measure(_: Path) -> None:
    """Print how long each takes, and that no level of a grid is cheaper."""
    pools = scaled(POOLS)
    usage, discounts = make_usage(pools)
    print(f"{pools} pools x {HOURS} hours")
    with stopwatch() as quantiles:
        levels = [quantile_level(row, float(share)) for row, share in zip(usage, discounts, strict=True)]
    beaten = _beaten(usage, discounts, levels)
    print(f"optimum of every pool by itself   {quantiles.wall:6.2f} s; {beaten} beaten on a grid")
    with stopwatch() as plan:
        line = cost_line(usage, 1 - discounts)
        best = line.cost_at(line.optimum)
    cheaper = sum(line.cost_at(float(level)) < best - 1e-6 for level in np.linspace(0, float(line.levels[-1]), GRID))
    print(
        f"optimum of one plan over all      {plan.wall:6.2f} s; {cheaper} beaten on a grid; {len(line.levels)} corners"
    )
    items = tuple(f"pool {row}" for row in range(pools))
    rates = dict(zip(items, (1 - discounts).tolist(), strict=True))
    bought = [Commitment(f"plan {row}", "compute-plan", "111", line.optimum / 20, rates) for row in range(10)]
    with stopwatch() as waterfall:
        simulate(Usage(items, ("111",) * pools, usage), bought)
    print(f"ten plans through the simulator   {waterfall.wall:6.2f} s")
    rows, offers = make_rows(usage), make_offers(discounts)
    with stopwatch() as whole:
        found = propose(rows, terms(), offers=offers, policy=CommitmentPolicy())
    print(f"proposals from {rows.height:,} rows     {whole.wall:6.2f} s; {len(found.proposals)} proposals")


def make_usage(pools: int, seed: int = 7) -> tuple[Array, Array]:
    """Give pool x hour of days, nights and weekends of different depth with noise, and a discount for each."""
    chance = np.random.default_rng(seed)
    hour = np.arange(HOURS)
    day = 1 + chance.uniform(0, 0.6, (pools, 1)) * np.sin(2 * np.pi * (hour % 24) / 24)
    week = 1 - chance.uniform(0, 0.5, (pools, 1)) * (hour // 24 % 7 >= 5)
    level = chance.lognormal(1.0, 1.2, (pools, 1))
    return level * day * week * chance.gamma(20.0, 1 / 20, (pools, HOURS)), chance.uniform(0.15, 0.6, pools)


def make_rows(usage: Array) -> pl.DataFrame:
    """Write the usage as rows of the figure query `commitments_hours`."""
    pools, hours = usage.shape
    start = datetime.combine(THROUGH, datetime.min.time()) - timedelta(hours=hours - 24)
    moments = pl.datetime_range(start, start + timedelta(hours=hours - 1), "1h", eager=True, time_unit="us")
    families = pl.DataFrame({"family": [f"f{row}" for row in range(pools)]})
    frame = families.join(pl.DataFrame({"hour": moments}), how="cross").with_columns(
        pl.Series("on_demand_cost", usage.ravel()), pl.Series("effective_cost", usage.ravel())
    )
    same = {
        "period_hours": 1,
        "x_Provider": "aws",
        "account_id": "111",
        "RegionId": "us-east-1",
        "usage_class": "compute",
        "platform": "",
        "use": "on-demand",
        "CommitmentDiscountId": "",
        "BillingCurrency": "USD",
        "source_first_day": date(2025, 1, 1),
        "data_through": THROUGH,
        "quantity": None,
        "unit_price": None,
    }
    filled = frame.with_columns(**{name: pl.lit(value) for name, value in same.items()})
    return filled.select(*SCHEMA).cast(SCHEMA)  # type: ignore[arg-type]


def make_offers(discounts: Array) -> list[Offer]:
    """Give a reservation of each family, and a plan for all of them that saves a little less."""
    found = []
    for row, discount in enumerate(discounts.tolist()):
        for kind, factor in (("reservation", 1.0), ("compute-plan", 0.8)):
            found.append(Offer("aws", kind, "compute", 12, "no-upfront", discount * factor, family=f"f{row}"))  # type: ignore[arg-type]
    return found


def _beaten(usage: Array, discounts: Array, levels: list[float]) -> int:
    beaten = 0
    for row, discount, level in zip(usage, discounts.tolist(), levels, strict=True):
        best = usage_cost(row, level, discount)
        beaten += any(usage_cost(row, other, discount) < best - 1e-6 for other in np.linspace(0, row.max(), GRID))
    return beaten
