"""Which commitments run already, and at which prices? Read from what the bill says they covered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from finops_lib.analyses.commitments.demand import Demand, Pool
from finops_lib.analyses.commitments.expiry import stated_months
from finops_lib.analyses.commitments.waterfall import Commitment
from finops_lib.offers import ELIGIBLE, CommitmentKind, Offer, Payment

# What a commitment costs now is the mean of its last week: it may have been bought within the look-back.
_NOW_DAYS = 7
_ASSUMED_MONTHS = 12
_TERM_DAYS = 300


def kind_of(commitment_type: str, category: str) -> CommitmentKind:
    """Tell a commitment's kind from CommitmentDiscountType and CommitmentDiscountCategory.

    Spend on a plan may cover everything, unless its type names instances; all else is for one kind of usage.
    """
    words = commitment_type.lower().replace(" ", "").replace("-", "")
    if "reserv" in words:
        return "reservation"
    if "ec2instancesavings" in words or "instanceplan" in words:
        return "instance-plan"
    is_plan = "savingsplan" in words or "flexible" in words
    return "compute-plan" if is_plan or category == "Spend" else "reservation"


def running(demand: Demand, rows: pl.DataFrame, terms: pl.DataFrame) -> tuple[Commitment, ...]:
    """Give the commitments that were paid for in the last week of the look-back, as the simulator takes them.

    Args:
        rows: of `commitments_hours`; `terms`: of `commitments_terms`.
    Returns:
        one per commitment id, the least flexible ones able to cover only what they were seen to cover; a compute plan
        covers every pool of its provider that it may, at its highest price where it was not seen to cover one.
    """
    end = demand.start + timedelta(days=demand.days)
    recent = rows.filter(
        (pl.col("x_Provider") == demand.provider)
        & (pl.col("CommitmentDiscountId") != "")
        & pl.col("hour").is_between(end - timedelta(days=_NOW_DAYS), end, closed="left")
    )
    seen = _rates(demand.provider, rows)
    found = []
    for row in _of(demand.provider, terms):
        identity = row["CommitmentDiscountId"]
        own = recent.filter(pl.col("CommitmentDiscountId") == identity)
        paid = float(own["effective_cost"].sum())
        if own.is_empty() or paid <= 0:
            continue
        first: datetime = own["hour"].min()  # type: ignore[assignment]
        days = (end - first) / timedelta(days=1)
        kind = _kind(row, seen.get(identity, {}))
        rates = {item: rate for item, rate in _item_rates(demand, kind, seen.get(identity, {})).items() if rate <= 1}
        found.append(Commitment(identity, kind, row["owner_account_id"], paid / (24 * max(1.0, days)), rates))
    return tuple(found)


def observed_offers(provider: str, rows: pl.DataFrame, terms: pl.DataFrame) -> tuple[Offer, ...]:
    """Give the prices that the customer's commitments have had, one per commitment and pool that it covered.

    The term and the payment are what the bill shows; a commitment whose term it does not know counts as one of a year.
    """
    seen = _rates(provider, rows)
    found = []
    for row in _of(provider, terms):
        kind = _kind(row, seen.get(row["CommitmentDiscountId"], {}))
        months, payment = _bought(row)
        name = row["CommitmentDiscountName"] or row["CommitmentDiscountId"]
        for pool, rate in seen.get(row["CommitmentDiscountId"], {}).items():
            if 0 < rate < 1 and pool.usage_class in ELIGIBLE.get((provider, kind), ()):
                found.append(
                    Offer(
                        provider=provider,
                        kind=kind,
                        usage_class=pool.usage_class,
                        term_months=months,
                        payment=payment,
                        discount=1 - rate,
                        region=pool.region,
                        family=pool.family,
                        platform=pool.platform,
                        source=f"what {name} has cost on your bill",
                        is_observed=True,
                    )
                )
    return tuple(found)


def _kind(row: Mapping[str, Any], seen: Mapping[Pool, float]) -> CommitmentKind:
    kind = kind_of(row["CommitmentDiscountType"], row["CommitmentDiscountCategory"])
    shared = ELIGIBLE.get((row["x_Provider"], "compute-plan"), ())
    # Spend on databases alone is for databases: it is in money, and all the same for one kind of usage.
    is_apart = kind == "compute-plan" and seen and not any(pool.usage_class in shared for pool in seen)
    return "reservation" if is_apart else kind


def _of(provider: str, terms: pl.DataFrame) -> Sequence[dict[str, Any]]:
    return terms.filter(pl.col("x_Provider") == provider).to_dicts() if terms.height else []


def _rates(provider: str, rows: pl.DataFrame) -> dict[str, dict[Pool, float]]:
    """Give by commitment and pool the price as a share of the on-demand price."""
    by = ["CommitmentDiscountId", "usage_class", "RegionId", "family", "platform"]
    sums = (
        rows.filter((pl.col("x_Provider") == provider) & (pl.col("use") == "covered"))
        .group_by(by)
        .agg(pl.col("on_demand_cost").sum().cast(pl.Float64), pl.col("effective_cost").sum().cast(pl.Float64))
        .filter(pl.col("on_demand_cost") > 0)
        .sort(by)
    )
    found: dict[str, dict[Pool, float]] = {}
    for identity, usage_class, region, family, platform, covered, paid in sums.iter_rows():
        pool = Pool(provider, usage_class, region, family, platform)
        # Sums of one price must not differ in their last digit: that would put one item before the other.
        found.setdefault(identity, {})[pool] = round(paid / covered, 9)
    return found


def _item_rates(demand: Demand, kind: CommitmentKind, seen: Mapping[Pool, float]) -> dict[str, float]:
    # What a plan was never seen to cover saves the least and comes last, as far as one can tell.
    dearest = max(seen.values(), default=None)
    classes = ELIGIBLE.get((demand.provider, "compute-plan"), ()) if kind == "compute-plan" else ()
    rates: dict[str, float] = {}
    for item, pool in demand.pool_of.items():
        if pool in seen:
            rates[item] = seen[pool]
        elif dearest is not None and pool.usage_class in classes:
            rates[item] = dearest
    return rates


def _bought(row: Mapping[str, Any]) -> tuple[int, Payment]:
    paid_from, paid_through = row["paid_from"], row["paid_through"]
    if paid_from and paid_through and (days := (paid_through - paid_from).days) >= _TERM_DAYS:
        return round(days / 365 * 12), "all-upfront"
    stated = stated_months(f"{row['CommitmentDiscountName']} {row['CommitmentDiscountType']}")
    return stated or _ASSUMED_MONTHS, "no-upfront"
