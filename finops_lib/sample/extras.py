"""Which charges does a month have that are no running usage?

Purchases and unused parts of commitments, tax, support, marketplace, credits, refunds, corrections, adjustments: few
rows, each written out, because each is what some reader gets wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from finops_lib.periods import BillingPeriod
from finops_lib.sample.accounts import ACCOUNT, REGION_NAMES
from finops_lib.sample.anomalies import FEE_AFTER, FEE_BEFORE, FEE_RESOURCE
from finops_lib.sample.charges import ARRIVED, QUANTITY_STEP, Grain
from finops_lib.sample.commitments import COMMITMENTS
from finops_lib.sample.curves import GROWTH_PER_MONTH, Calendar, stream
from finops_lib.sample.lines import account_texts
from finops_lib.sample.planted import UNUSED_FEE, UNUSED_SUBSCRIPTION
from finops_lib.sample.records import Commitment

PICO = 10**12
_SUPPORT = ("Management and Governance", "Support")
_BASE_USAGE = {"aws": 215_000, "azure": 100_000, "gcp": 82_000}


@dataclass(frozen=True, slots=True)
class Month:
    """One billing month of one provider, and how many months after the first it lies."""

    provider: str
    period: BillingPeriod
    number: int
    calendar: Calendar
    grain: Grain
    seed: int

    def has(self, day: date) -> bool:
        return self.calendar.first <= day <= self.calendar.as_of and BillingPeriod.of(day) == self.period

    def day(self, number: int) -> date:
        return self.period.start + timedelta(days=number - 1)

    @property
    def grown(self) -> float:
        return float(GROWTH_PER_MONTH**self.number)


def _row(
    account: str, day: date, until: date, category: str, description: str, service: tuple[str, str, str], **more: object
) -> dict[str, object]:
    """Write one charge; `money` (trillionths) stands for all four costs unless a cost is given."""
    money = more.pop("money", 0)
    costs = {name: more.pop(name, money) for name in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")}
    return {
        **account_texts(ACCOUNT[account]),
        "ChargePeriodStart": day,
        "ChargePeriodEnd": until,
        "ChargeCategory": category,
        "ChargeDescription": description,
        "ChargeFrequency": "One-Time",
        "ServiceName": service[0],
        "ServiceCategory": service[1],
        "ServiceSubcategory": service[2],
        **costs,
        **more,
    }


def fee_jump_day(as_of: date) -> date:
    """Give the first of the month from which the marketplace fee is higher: at least a week before as_of."""
    return BillingPeriod.of(as_of - timedelta(days=7)).start


def month_extras(month: Month, used: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Write all extras of one month.

    Args:
        used: commitment -> what its used rows cost in each charge period of the month, in trillionths.
    """
    rows: list[dict[str, object]] = []
    for commitment in COMMITMENTS:
        if ACCOUNT[commitment.account].provider == month.provider:
            rows += _purchases(month, commitment)
            rows += _unused(month, commitment, used[commitment.key])
    rows += {"aws": _aws, "azure": _azure, "gcp": _gcp}[month.provider](month)
    rows += _refunds(month)
    rows += _corrections(month)
    return [row for row in rows if month.has(_booked(row))]


def _booked(row: dict[str, object]) -> date:
    # A correction is booked in this month although its charge period lies in the last one.
    day = row.pop("booked", row["ChargePeriodStart"])
    assert isinstance(day, date)
    return day


def _service(commitment: Commitment) -> tuple[str, str, str]:
    if commitment.key == "ri":
        return commitment.service, "Databases", "Relational Databases"
    return commitment.service, "Compute", "Virtual Machines"


def _commitment_columns(commitment: Commitment, money: int) -> dict[str, object]:
    """Say which commitment a charge of `money` is about. Of hours only the money is known here, so no quantity."""
    is_spend = commitment.unit == "USD"
    return {
        "CommitmentDiscountQuantity": money if is_spend else None,
        "CommitmentDiscountUnit": commitment.unit if is_spend else None,
        "CommitmentDiscountCategory": commitment.category,
        "CommitmentDiscountId": commitment.id,
        "CommitmentDiscountName": commitment.name,
        "CommitmentDiscountType": commitment.kind,
        "RegionId": commitment.region,
        "RegionName": REGION_NAMES[commitment.region],
        "ResourceId": commitment.id,
        "ResourceName": commitment.name,
    }


def _per_day(commitment: Commitment) -> int:
    whole, _, part = commitment.per_day.partition(".")
    return int(whole) * PICO + int(part.ljust(12, "0") or 0)


def _purchases(month: Month, commitment: Commitment) -> Iterator[dict[str, object]]:
    """Billed here, effective 0: the money comes back on the used and unused rows."""
    daily = _per_day(commitment)
    paid: list[tuple[date, date, int]] = []
    if commitment.payment == "upfront" and commitment.bought is not None:
        bought = _bought(month, commitment)
        paid.append((bought, bought + timedelta(days=365), daily * 365))
    elif commitment.payment == "monthly":
        # The first month is paid from the day of the purchase on.
        start = max(month.period.start, _bought(month, commitment))
        if start < month.period.end:
            paid.append((start, month.period.end, daily * (month.period.end - start).days))
    else:
        paid += [(day, day + timedelta(days=1), daily) for day in map(month.day, range(1, month.period.days + 1))]
        if month.grain.recent < month.period.days * 12:
            paid = [(month.period.start, month.period.end, daily * month.period.days)]
    for start, end, money in paid:
        yield _row(
            commitment.account, start, end, "Purchase", f"{commitment.name} {commitment.kind} fee",
            _service(commitment),
            BilledCost=money, EffectiveCost=0, ListCost=money, ContractedCost=money,
            ChargeFrequency="One-Time" if commitment.payment == "upfront" else "Recurring", PricingCategory="Committed",
            **_commitment_columns(commitment, money),
        )  # fmt: skip


def _bought(month: Month, commitment: Commitment) -> date:
    """Give the day on which it was bought; of one bought before the first month, the first day that is written."""
    if commitment.bought is None:
        return month.calendar.first
    return max(month.calendar.anchor - timedelta(days=commitment.bought), month.calendar.first)


def _unused(month: Month, commitment: Commitment, used: np.ndarray) -> Iterator[dict[str, object]]:
    """What was promised and not used; not yet known for the days that are still arriving."""
    calendar = month.calendar
    complete = calendar.last - len(ARRIVED[month.provider])
    bought = max(calendar.index(commitment.bought), 0) if commitment.bought is not None else 0
    for (start, end), money in zip(month.grain.blocks(month.period, calendar), used.tolist(), strict=True):
        left = _per_day(commitment) * (end - max(start, bought)) - money
        if end <= bought or end - 1 > complete or left <= 0:
            continue
        first, last = (calendar.first + timedelta(days=day) for day in (max(start, bought), end))
        yield _row(
            commitment.account, first, last, "Usage", f"{commitment.name} unused commitment",
            _service(commitment),
            BilledCost=0, EffectiveCost=left, ListCost=0, ContractedCost=0, ChargeFrequency="Usage-Based",
            PricingCategory="Committed", CommitmentDiscountStatus="Unused",
            **_commitment_columns(commitment, left),
        )  # fmt: skip


def _cents(amount: float) -> int:
    return round(amount * 100) * (PICO // 100)


def _fee(
    month: Month, account: str, text: str, service: tuple[str, str, str], amount: float, **more: object
) -> dict[str, object]:
    start, end = month.period.start, month.period.end
    return _row(
        account, start, end, "Purchase", text, service, money=_cents(amount), ChargeFrequency="Recurring", **more
    )


def _tax(month: Month, account: str, number: int, service: tuple[str, str, str], amount: float) -> dict[str, object]:
    day = month.day(number)
    text = f"Tax for {service[0]}"
    return _row(
        account,
        day,
        day + timedelta(days=1),
        "Tax",
        text,
        service,
        money=_cents(amount),
        ChargeFrequency="Recurring",
        x_CostType="tax",
    )


def _credit(
    month: Month, account: str, day: date, text: str, service: tuple[str, str, str], amount: float
) -> dict[str, object]:
    # A credit lowers what is paid; nothing was bought for it, hence no list cost.
    money = -_cents(amount)
    return _row(
        account, day, day + timedelta(days=1), "Credit", text, service,
        BilledCost=money, EffectiveCost=money, ListCost=0, ContractedCost=0, x_CostType="regular",
    )  # fmt: skip


_EC2 = ("Amazon Elastic Compute Cloud", "Compute", "Virtual Machines")
_RDS = ("Amazon Relational Database Service", "Databases", "Relational Databases")
_DATADOG = ("Datadog Pro", "Management and Governance", "Observability")
_UNUSED_SERVICE = ("Sentinel Scan", "Security", "Other (Security)")


def _aws(month: Month) -> Iterator[dict[str, object]]:
    usage = _BASE_USAGE["aws"] * month.grown
    for share, service in ((0.006, _EC2), (0.002, _RDS), (0.001, ("AWS Support (Business)", *_SUPPORT))):
        yield _tax(month, "aws-payer", 1, service, usage * share)
    yield _fee(month, "aws-payer", "AWS Support (Business)", ("AWS Support (Business)", *_SUPPORT), usage * 0.028)
    fee = FEE_AFTER if month.period.start >= fee_jump_day(month.calendar.anchor) else FEE_BEFORE
    yield _fee(
        month, "shared", "AWS Marketplace: Datadog Pro, host subscription", _DATADOG, fee,
        PublisherName="Datadog", ResourceId=FEE_RESOURCE,
        ResourceName="datadog-pro", PricingCategory="Standard",
    )  # fmt: skip
    # Its hosts are counted within the subscription: used, at no further price.
    yield _row(
        "shared", month.day(1), month.day(2), "Usage", "AWS Marketplace: Datadog Pro, hosts included", _DATADOG,
        money=0, PublisherName="Datadog", ResourceId=FEE_RESOURCE, ResourceName="datadog-pro",
        PricingCategory="Standard", ChargeFrequency="Usage-Based",
    )  # fmt: skip
    yield _fee(
        month, "shared", "AWS Marketplace: Sentinel Scan, yearly contract paid by the month", _UNUSED_SERVICE,
        float(UNUSED_FEE), PublisherName="Sentinel Scan", ResourceId=UNUSED_SUBSCRIPTION,
        ResourceName="sentinel-scan", PricingCategory="Standard",
    )  # fmt: skip
    yield _credit(month, "aws-payer", month.day(15), "AWS Migration Acceleration Program credit", _EC2, 2400)


def _azure(month: Month) -> Iterator[dict[str, object]]:
    usage = _BASE_USAGE["azure"] * month.grown
    compute = ("Virtual Machines", "Compute", "Virtual Machines")
    yield _tax(month, "corp-it", 2, compute, usage * 0.006)
    yield _tax(month, "eu-commerce", 2, compute, usage * 0.002)
    yield _fee(month, "corp-it", "Azure Support Professional Direct", ("Azure Support", *_SUPPORT), 1000)
    yield _fee(
        month, "mobile-prod", "Confluent Cloud - Pay As You Go plan",
        ("Microsoft Marketplace", "Other", "Other (Other)"), 3150,
        PublisherName="Confluent", ResourceName="confluent-mobile", PricingCategory="Standard",
    )  # fmt: skip
    yield _row(
        "mobile-prod", month.day(1), month.day(2), "Usage", "Confluent Cloud - partitions included",
        ("Microsoft Marketplace", "Other", "Other (Other)"),
        money=0, PublisherName="Confluent", ResourceName="confluent-mobile", PricingCategory="Standard",
        ChargeFrequency="Usage-Based",
    )  # fmt: skip
    yield _credit(month, "mobile-prod", month.day(20), "Azure credit offer", compute, 700)


def _gcp(month: Month) -> Iterator[dict[str, object]]:
    usage = _BASE_USAGE["gcp"] * month.grown
    compute = ("Compute Engine", "Compute", "Virtual Machines")
    yield _tax(month, "web-analytics", 3, compute, usage * 0.005)
    yield _fee(month, "web-analytics", "Enhanced Support", ("Support", *_SUPPORT), 500 + usage * 0.01)
    arrived = ARRIVED["gcp"]
    for start, end in month.grain.blocks(month.period, month.calendar):
        back = month.calendar.last - start
        # A daily credit is half reported at first, which looks like a rise of cost.
        share = arrived[len(arrived) - 1 - back] if back < len(arrived) else 1.0
        day = month.calendar.first + timedelta(days=start)
        yield _credit(month, "ml-training", day, "Promotional credit", compute, 45 * (end - start) * share)
    rng = stream(month.seed, "adjustments", str(month.period))
    day = month.day(28)
    rounding = int(rng.integers(-900_000, 900_000)) * 10_000
    yield _row(
        "web-analytics", day, day + timedelta(days=1), "Adjustment", "Rounding error",
        ("Invoice", "Other", "Other (Other)"),
        money=rounding, x_CostType="rounding_error",
    )  # fmt: skip


_REFUNDED = {
    "aws": (("payments-prod", _EC2), ("search-prod", ("Amazon CloudFront", "Networking", "Content Delivery"))),
    "azure": (
        ("mobile-prod", ("Azure App Service", "Web", "Application Platforms")),
        ("eu-commerce", ("Azure SQL Database", "Databases", "Relational Databases")),
    ),
    "gcp": (("web-analytics", ("BigQuery", "Analytics", "Analytics Platforms")),),
}  # fmt: skip


def _noise(month: Month, rng: np.random.Generator) -> int:
    """Give the last digits of an amount, as many as the provider's type for money has."""
    step = QUANTITY_STEP[month.provider]
    return int(rng.integers(10**6)) // step * step


def _refunds(month: Month) -> Iterator[dict[str, object]]:
    """A refund keeps its category: a negative usage row is no credit."""
    rng = stream(month.seed, "refunds", month.provider, str(month.period))
    for account, service in _REFUNDED[month.provider]:
        day = month.day(int(rng.integers(4, 27)))
        money = -int(rng.integers(40 * 10**6, 420 * 10**6)) * 10**6 - _noise(month, rng)
        yield _row(
            account, day, day + timedelta(days=1), "Usage", f"Refund for {service[0]}", service,
            money=money, PricingCategory="Other", x_CostType="regular",
        )  # fmt: skip


def _corrections(month: Month) -> Iterator[dict[str, object]]:
    """Booked in this month, about a day of the month before."""
    if month.number == 0:
        return
    rng = stream(month.seed, "corrections", month.provider, str(month.period))
    for sign in (1, -1):
        account, service = _REFUNDED[month.provider][0]
        day = month.period.previous.start + timedelta(days=int(rng.integers(0, 26)))
        money = sign * (int(rng.integers(15 * 10**6, 190 * 10**6)) * 10**6 + _noise(month, rng))
        yield _row(
            account, day, day + timedelta(days=1), "Usage", f"Correction for {service[0]}", service,
            money=money, ChargeClass="Correction", PricingCategory="Standard", x_CostType="adjustment",
            booked=month.period.start,
        )  # fmt: skip
