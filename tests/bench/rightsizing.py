"""50,000 machines, each looked at as `finops savings find` does: how long do the rules for sizes take?

Half of them are idle enough to be candidates, all kinds of families and sizes, two regions, and hours of CPU for those
that could become burstable. Goal: under 20 s, without the queries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.identity import key_of
from finops_lib.analyses.savings.resources import Resource
from finops_lib.analyses.savings.rightsizing import HOURLY_CPU, HOURS, PRICES, SHAPES
from finops_lib.analyses.savings.rules import RULES
from tests.analyses.rightsizing.machines import AS_OF, hours_row, machine, price_row, quiet, shape, shapes
from tests.bench.clock import stopwatch
from tests.bench.place import scaled

MACHINES = 50_000
GOAL_S = 20.0
_FAMILIES = ("m5", "m5a", "m6i", "c5", "c6i", "r5", "r6i", "t3", "m4", "m7i", "m6a", "r5a")
_SIZES = ("large", "xlarge", "2xlarge")
_HOURS = 24 * 32


def measure(folder: Path) -> None:
    """Print how long one search takes, and what it found; `folder` is not needed."""
    count = scaled(MACHINES)
    estate = many_machines(count, seed=7)
    with stopwatch() as took:
        found = list(RULES.get("rightsize-ec2").recommendations(estate))
    targets = pl.Series([hit.target.partition(".")[0] for hit in found]).value_counts(sort=True).head(4).rows()
    print(f"{count:,} machines: {took.wall:.1f} s, {took.cpu:.1f} s of CPU, {len(found):,} advised, most to {targets}")
    if count == MACHINES and took.wall > GOAL_S:
        raise SystemExit(f"goal missed: {took.wall:.1f} s of {GOAL_S} s")


def many_machines(count: int, *, seed: int) -> Estate:
    """Make machines of all kinds; the same seed makes the same ones."""
    random = np.random.default_rng(seed)
    types = [f"{random.choice(_FAMILIES)}.{random.choice(_SIZES)}" for _ in range(count)]
    pattern = machine(utilisation={})
    resources: list[Resource] = []
    rows: list[Mapping[str, object]] = []
    for number, machine_type in enumerate(types):
        mean = float(random.uniform(1, 40))
        known = quiet(mean=mean, p95=1.4 * mean, p99=1.6 * mean, p99_5=1.7 * mean, maximum=2 * mean)
        if random.random() < 0.5:
            del known["memory"]
        region = ("us-east-1", "eu-west-1")[number % 2]
        described = pattern.described
        assert described is not None
        attributes = {**described.attributes, "instance_type": machine_type}
        one = replace(
            pattern,
            id=f"i-{number:08x}",
            region=region,
            utilisation=known,
            environment=("prod", "dev", "")[number % 3],
            described=replace(described, attributes=attributes),
        )
        resources.append(one)
        rows.append(hours_row(one, machine_type, 0.012 * shape(machine_type).memory_gib))
    prices = [
        price_row(f"{family}.xlarge", 0.19 + 0.01 * place, 0.18 + 0.01 * place, RegionId=region)
        for place, family in enumerate(_FAMILIES)
        for region in ("us-east-1", "eu-west-1")
    ]
    hourly = pl.DataFrame(
        {
            "x_Provider": ["aws"] * count,
            "account_id": ["111"] * count,
            "ResourceId": [one.id for one in resources],
            "means": random.uniform(1, 20, (count, _HOURS)).astype(np.float32),
        },
        schema_overrides={"means": pl.Array(pl.Float32(), _HOURS)},
    ).with_columns(pl.col("means").cast(pl.List(pl.Float32())))
    frames = {
        SHAPES: shapes(),
        HOURS: pl.DataFrame(rows, schema_overrides={"effective_cost": pl.Decimal(38, 12)}),
        PRICES: pl.DataFrame(prices),
        HOURLY_CPU: hourly,
    }
    estate = {key_of(one.provider, one.account, one.id): one for one in resources}
    return Estate(AS_OF, "USD", estate, frames=frames)
