"""What does the bill say about one resource? Rows of `savings_resource_meters`, one record per resource."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from itertools import groupby
from typing import Any

import polars as pl

from finops_lib.findings import Recommendation
from finops_lib.periods import DAYS_PER_MONTH

READS = "savings_resource_meters"
KEY = ("x_Provider", "account_id", "ResourceId", "BillingCurrency")

# A condition must have held this long before anyone is asked to act on it (domain.md 4, grace).
GRACE_DAYS = 14
# A resource whose last charge is older than this is gone already.
GONE_AFTER_DAYS = 2
# What costs less than this share of the hours is keep-alive and not use.
NEXT_TO_NOTHING = Decimal("0.01")
OWNER_NOT_KNOWN = 0.9
# Expected saving per month above which a recommendation has that priority, in the currency of the bill.
PRIORITIES = ((1000, "critical"), (500, "high"), (100, "medium"))
# Money per month is rounded here, once; weighing it by a confidence of three digits stays exact.
SMALLEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Meter:
    """One meter of a resource over the window; money exact, in the bill's currency."""

    kind: str
    name: str
    first_day: date
    last_day: date
    days_charged: int
    quantity: Decimal
    effective_cost: Decimal
    list_cost: Decimal


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource with all meters that the bill shows for it; `id` is empty where the bill names none."""

    provider: str
    account: str
    id: str
    name: str
    region: str
    team: str
    environment: str
    currency: str
    data_through: date
    window_days: int
    meters: dict[str, Meter]

    @property
    def label(self) -> str:
        return self.name or self.id

    @property
    def first_day(self) -> date:
        return min(meter.first_day for meter in self.meters.values())

    @property
    def days(self) -> int:
        """How many days of the window the resource has existed, as far as the bill shows."""
        return max(1, min(self.window_days, (self.data_through - self.first_day).days + 1))

    @property
    def monthly_cost(self) -> Decimal:
        return monthly(sum((meter.effective_cost for meter in self.meters.values()), Decimal(0)), self.days)

    def has_now(self, kind: str) -> bool:
        """Say whether this meter still runs."""
        meter = self.meters.get(kind)
        return meter is not None and (self.data_through - meter.last_day).days <= GONE_AFTER_DAYS

    def monthly_of(self, kind: str) -> Decimal:
        return monthly(self.meters[kind].effective_cost, self.days)


def monthly(cost: Decimal, days: int) -> Decimal:
    """Give what `days` of cost come to in a month of 365/12 days."""
    with localcontext(prec=50):
        factor = Decimal(DAYS_PER_MONTH.numerator) / DAYS_PER_MONTH.denominator
        return (cost * factor / days).quantize(SMALLEST)


def resources(frame: pl.DataFrame, *kinds: str) -> Iterator[Resource]:
    """Gather all meters of each resource that has one of these kinds of meter."""
    watched = frame.filter(pl.col("meter_kind").is_in(kinds)).select(KEY).unique()
    rows = frame.join(watched, on=KEY, how="semi").sort(*KEY, "meter_kind").iter_rows(named=True)
    for _, meters in groupby(rows, key=lambda row: tuple(row[name] for name in KEY)):
        yield _resource(list(meters))


def idle_hours(frame: pl.DataFrame, kind: str) -> Iterator[Resource]:
    """Give resources that are charged by the hour for at least two weeks while nothing else of theirs is used."""
    for resource in resources(frame, kind):
        if not resource.id or not resource.has_now(kind) or resource.meters[kind].days_charged < GRACE_DAYS:
            continue
        hours = _value(resource.meters[kind])
        used = sum((_value(meter) for name, meter in resource.meters.items() if name != kind), Decimal(0))
        if used <= NEXT_TO_NOTHING * hours:
            yield resource


def recommend(
    type: str,
    resource: Resource,
    *,
    action: str,
    evidence: str,
    monthly_savings: Decimal,
    confidence: float,
) -> Recommendation:
    """Write a recommendation; never more than the resource costs, less sure where no owner can confirm it."""
    cost = resource.monthly_cost
    saving = max(Decimal(0), min(monthly_savings, cost)).quantize(SMALLEST)
    sure = round(confidence if resource.team else confidence * OWNER_NOT_KNOWN, 3)
    return Recommendation(
        type=type,
        provider=resource.provider,
        account=resource.account,
        resource_id=resource.id,
        action=action,
        evidence=evidence,
        monthly_savings=saving,
        current_monthly_cost=cost,
        currency=resource.currency,
        confidence=sure,
        priority=priority_of(saving, sure),
        owner=resource.team,
    )


def priority_of(monthly_savings: Decimal, confidence: float) -> str:
    """Name the size of what can be expected of a saving."""
    expected = float(monthly_savings) * confidence
    return next((name for least, name in PRIORITIES if expected >= least), "low")


def _value(meter: Meter) -> Decimal:
    # What a commitment covers has no effective cost of its own, but it is used all the same.
    return max(meter.list_cost, meter.effective_cost)


def _resource(rows: list[dict[str, Any]]) -> Resource:
    newest = max(rows, key=lambda row: row["last_day"])
    meters = {
        row["meter_kind"]: Meter(
            kind=row["meter_kind"],
            name=row["meter"],
            first_day=row["first_day"],
            last_day=row["last_day"],
            days_charged=row["days_charged"],
            quantity=row["quantity"],
            effective_cost=row["effective_cost"],
            list_cost=row["list_cost"],
        )
        for row in rows
    }
    return Resource(
        provider=newest["x_Provider"],
        account=newest["account_id"],
        id=newest["ResourceId"],
        name=newest["ResourceName"],
        region=newest["RegionId"],
        team=next((row["team"] for row in [newest, *rows] if row["team"]), ""),
        environment=next((row["environment"] for row in [newest, *rows] if row["environment"]), ""),
        currency=newest["BillingCurrency"],
        data_through=newest["data_through"],
        window_days=newest["window_days"],
        meters=meters,
    )
