"""What analyses find: frozen records that notebooks show and later stages send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Colour = Literal["green", "yellow", "orange", "red", "grey"]
RunStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "KERNEL_DIED", "SKIPPED", "INVALID_PARAMS"]


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Days on which a series left its expected range.

    `expected`, `actual` and `impact` (= actual - expected) are sums over `[start, end]`, both days included, in
    `currency`. `deviation_pct` is None where nothing was expected.
    """

    scope: str
    provider: str
    account: str
    service: str
    start: date
    end: date
    expected: float
    actual: float
    impact: float
    currency: str
    deviation_pct: float | None
    methods: tuple[str, ...]
    score: float
    cause: str


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Something an owner can do to pay less, with its evidence. Money is per month of 365/12 days."""

    type: str
    provider: str
    account: str
    resource_id: str
    action: str
    evidence: str
    monthly_savings: Decimal
    current_monthly_cost: Decimal
    currency: str
    confidence: float
    priority: str
    owner: str


@dataclass(frozen=True, slots=True)
class BudgetStatus:
    """How a budget stands at the end of `data_through`, the last complete day counted.

    `burn_per_day`, `forecast` and `exhaustion_date` are None where the data does not allow them; `reason` says why
    in words.
    """

    budget: str
    scope_type: str
    scope_value: str
    period_start: date
    period_end: date
    currency: str
    amount: Decimal
    actual: Decimal
    burn_per_day: Decimal | None
    forecast: Decimal | None
    exhaustion_date: date | None
    colour: Colour
    on_track: bool
    data_through: date
    reason: str
