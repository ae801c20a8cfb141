"""What does a check say about one resource? Its record, and the recommendation that is written about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import Literal

from finops_lib.findings import Recommendation, Risk
from finops_lib.periods import DAYS_PER_MONTH

# A condition must have held this long before anyone is asked to act on it (domain.md 4, grace).
GRACE_DAYS = 14
# A resource whose last charge is older than this is gone already.
GONE_AFTER_DAYS = 2
# What costs less than this share of the hours is keep-alive and not use.
NEXT_TO_NOTHING = Decimal("0.01")
OWNER_NOT_KNOWN = 0.9
PRODUCTION = ("prod", "production", "live")
# From the hardest to take back to the easiest; `delete` is of something that can be made again.
Change = Literal["delete data", "delete", "replace", "resize", "config"]
# Expected saving per month above which a recommendation has that priority, in the currency of the bill.
PRIORITIES = ((1000, "critical"), (500, "high"), (100, "medium"))
# Money per month is rounded here, once; weighing it by a confidence of three digits stays exact.
SMALLEST = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Meter:
    """One meter of a resource over the window; money exact, in the bill's currency.

    Args:
        name: as the bill writes it; `quantity` is in its unit.
        first_day: ever; `days_charged` and the money are of the window.
        committed_quantity, committed_effective_cost: the part that a commitment pays for; it is in the whole.
    """

    kind: str
    name: str
    first_day: date
    last_day: date
    days_charged: int
    quantity: Decimal
    effective_cost: Decimal
    list_cost: Decimal
    committed_quantity: Decimal = Decimal(0)
    committed_effective_cost: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Described:
    """A resource as its provider's inventory describes it; times are UTC without a zone, None = not known.

    Args:
        type: e.g. `aws-ebs-volume`; `state`: the provider's own word in lower case.
        state_since: where the provider says, or where the lake saw the state change between two looks.
        attributes: see the collectors of `sources/inventory`.
    """

    type: str
    region: str
    state: str
    state_since: datetime | None
    created_at: datetime | None
    first_seen: datetime
    last_seen: datetime
    attributes: Mapping[str, str]
    tags: Mapping[str, str]

    def days_in_state(self, day: date) -> int | None:
        """Say for how many days it had been in its state at the end of `day`; None = not known."""
        return None if self.state_since is None else (day - self.state_since.date()).days

    def days_seen_so(self, day: date) -> int:
        """Say for how many days it had been in its state at least; it was seen in it from the first look on."""
        return (day - (self.state_since or self.first_seen).date()).days

    def age(self, day: date) -> int:
        """Give its age in days; where the provider does not say, since it was first seen."""
        return (day - (self.created_at or self.first_seen).date()).days


@dataclass(frozen=True, slots=True)
class Utilisation:
    """How busy a resource was by one metric, over the window of the query, in the metric's `unit`.

    Args:
        first_hour, last_hour: of which there are points; `hours`, `points`: how many.
        coverage: share of the expected points of the window, 0 to 1.
        mean: of all points; p50 to p99_5: upper edges of histogram bins, of five-minute maxima where there are any.
        lowest: the smallest hourly mean; `maximum`: the largest point.
    """

    metric: str
    unit: str
    first_hour: datetime
    last_hour: datetime
    hours: int
    points: int
    coverage: float
    mean: float
    p50: float
    p95: float
    p99: float
    p99_5: float
    lowest: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource: all meters that the bill shows for it, what the inventory describes, how busy it was.

    `id` is empty where the bill names none; without meters it is not on the bill, or costs nothing.
    """

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
    meters: Mapping[str, Meter]
    described: Described | None = None
    utilisation: Mapping[str, Utilisation] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return self.name or self.id

    @property
    def first_day(self) -> date:
        return min((meter.first_day for meter in self.meters.values()), default=self.data_through)

    @property
    def days(self) -> int:
        """How many days of the window the resource has existed, as far as the bill shows."""
        return max(1, min(self.window_days, (self.data_through - self.first_day).days + 1))

    @property
    def monthly_cost(self) -> Decimal:
        return monthly(sum((meter.effective_cost for meter in self.meters.values()), Decimal(0)), self.days)

    @property
    def age(self) -> int:
        """Its age in days; where the provider does not say, it is as old as the inventory or the bill know it."""
        known = [self.first_day] if self.meters else []
        if self.described is not None:
            if self.described.created_at is not None:
                return (self.data_through - self.described.created_at.date()).days
            known.append(self.described.first_seen.date())
        return (self.data_through - min(known, default=self.data_through)).days

    def has_now(self, kind: str) -> bool:
        """Say whether this meter still runs."""
        meter = self.meters.get(kind)
        return meter is not None and (self.data_through - meter.last_day).days <= GONE_AFTER_DAYS

    def monthly_of(self, kind: str) -> Decimal:
        """Give what one of its meters costs a month."""
        return monthly(self.meters[kind].effective_cost, self.days)

    def on_demand_of(self, *kinds: str) -> Decimal:
        """Give what some of its meters cost a month without what commitments pay for, which goes on without it."""
        of_them = [self.meters[kind] for kind in kinds if kind in self.meters]
        free = sum((meter.effective_cost - meter.committed_effective_cost for meter in of_them), Decimal(0))
        return monthly(free, self.days)


def monthly(cost: Decimal, days: int) -> Decimal:
    """Give what `days` of cost come to in a month of 365/12 days."""
    with localcontext(prec=50):
        factor = Decimal(DAYS_PER_MONTH.numerator) / DAYS_PER_MONTH.denominator
        return (cost * factor / days).quantize(SMALLEST)


def is_idle(resource: Resource, kind: str) -> bool:
    """Say whether it was charged by the hour for at least two weeks while nothing else of it was used."""
    if not resource.id or not resource.has_now(kind) or resource.meters[kind].days_charged < GRACE_DAYS:
        return False
    hours = _value(resource.meters[kind])
    used = sum((_value(meter) for name, meter in resource.meters.items() if name != kind), Decimal(0))
    return used <= NEXT_TO_NOTHING * hours


def recommend(
    type: str,
    resource: Resource,
    *,
    action: str,
    evidence: str,
    monthly_savings: Decimal,
    confidence: float,
    change: Change = "delete",
    target: str = "",
    one_time_cost: Decimal = Decimal(0),
    list_savings: Decimal | None = None,
    price_grade: str = "",
    is_headline: bool = True,
    shrinks_with: Literal["cost", "own"] = "cost",
    facts: Mapping[str, object] | None = None,
) -> Recommendation:
    """Write a recommendation; never more than the resource costs, less sure where no owner can confirm it.

    Args:
        change: what is done to the resource; with its environment it makes the risk.
        facts: the figures of the evidence, by name; written as text.
        The rest is as in Recommendation, whose check, step and effort the rule fills in.
    """
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
        target=target,
        risk=risk_of(change, resource.environment),
        resource_name=resource.name,
        region=resource.region,
        environment=resource.environment,
        one_time_cost=one_time_cost,
        list_savings=list_savings,
        price_grade=price_grade,
        is_headline=is_headline,
        shrinks_with=shrinks_with,
        facts={name: str(value) for name, value in sorted((facts or {}).items())},
        data_through=resource.data_through,
    )


def risk_of(change: Change, environment: str) -> Risk:
    """Name the worst of how hard a change is taken back and where it is made (domain.md 6.3)."""
    is_production = environment.lower() in PRODUCTION
    if change == "delete data":
        return "high"
    if change in ("delete", "replace"):
        return "medium"
    return "medium" if change == "resize" and is_production else "low"


def priority_of(monthly_savings: Decimal, confidence: float) -> str:
    """Name the size of what can be expected of a saving."""
    expected = float(monthly_savings) * confidence
    return next((name for least, name in PRIORITIES if expected >= least), "low")


def _value(meter: Meter) -> Decimal:
    # What a commitment covers has no effective cost of its own, but it is used all the same.
    return max(meter.list_cost, meter.effective_cost)
