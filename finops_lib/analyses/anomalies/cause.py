"""What moved when a series left its range? The resources, or the region, behind most of the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import polars as pl

from finops_lib.findings import Anomaly

BASELINE_DAYS = 28
# One resource that explains this much is the cause; fewer words than a list of them.
MOST = 0.6


def series_names(found: Sequence[Anomaly]) -> list[str]:
    """Give the series of the episodes, for the query that looks behind them."""
    return sorted({anomaly.scope for anomaly in found})


def explain(found: Sequence[Anomaly], resource_days: pl.DataFrame) -> list[Anomaly]:
    """Give the same episodes with the cause in one sentence.

    Args:
        resource_days: figure query `anomalies_resource_days` for the series of `found`.
    """
    # What many services share has no resource behind it.
    return [
        replace(anomaly, cause=_cause(anomaly, resource_days)) if anomaly.level == "service" else anomaly
        for anomaly in found
    ]


def _cause(anomaly: Anomaly, resource_days: pl.DataFrame) -> str:
    mine = resource_days.filter(
        (pl.col("x_Provider") == anomaly.provider)
        & (pl.col("account_id") == anomaly.account)
        & (pl.col("ServiceName") == anomaly.service)
    )
    direction = "rise" if anomaly.impact > 0 else "drop"
    moved = _moved(anomaly, mine)
    total = sum(change for _, _, change in moved)
    if not moved or total * anomaly.impact <= 0 or abs(total) < 0.3 * abs(anomaly.impact):
        return f"the bill names no resource behind the {direction}"
    name, region, change = moved[0]
    share = f"{100 * change / total:.0f} % of the {direction}"
    if change / total >= MOST:
        a_day = f"{abs(change) / ((anomaly.end - anomaly.start).days + 1):,.0f} {anomaly.currency} a day"
        what = "new," if anomaly.expected <= 0 else "up" if change > 0 else "down"
        return f"{name}{f' in {region}' if region else ''}: {what} {a_day}, {share}"
    regions = {place for _, place, _ in moved if place}
    where = f" in {moved[0][1]}" if len(regions) == 1 else f" in {len(regions)} regions" if regions else ""
    return f"{len(moved)} resources{where}; most {name}, {share}"


def _moved(anomaly: Anomaly, mine: pl.DataFrame) -> list[tuple[str, str, float]]:
    """Give (resource, region, difference over the episode) of what moved with it, the largest first."""
    days = (anomaly.end - anomaly.start).days + 1
    since = anomaly.start - timedelta(days=BASELINE_DAYS)
    during = pl.col("day").is_between(anomaly.start, anomaly.end)
    before = (pl.col("day") >= since) & (pl.col("day") < anomaly.start)
    cost = pl.col("effective_cost").cast(pl.Float64)
    changes = (
        mine.group_by("ResourceId", "RegionId")
        .agg(
            pl.col("ResourceName").last(),
            change=cost.filter(during).sum() - cost.filter(before).sum() / BASELINE_DAYS * days,
        )
        .filter(pl.col("change") * anomaly.impact > 0)
        .sort([pl.col("change").abs(), pl.col("ResourceId")], descending=[True, False])
    )
    return [(row["ResourceName"], row["RegionId"], row["change"]) for row in changes.iter_rows(named=True)]
