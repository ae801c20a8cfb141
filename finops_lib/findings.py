"""What analyses find: frozen records that notebooks show and later stages send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal

Colour = Literal["green", "yellow", "orange", "red", "grey"]
Standing = Literal["exceeded", "off_track", "at_risk", "on_track", "under", "undefined", "stale"]
RunStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "KERNEL_DIED", "SKIPPED", "INVALID_PARAMS"]


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Days on which a series left its expected range.

    `expected`, `actual` and `impact` (= actual - expected) are sums over `[start, end]`, both days included, in
    `currency`. `deviation_pct` is None where nothing was expected.

    Args:
        anomaly_id: stays the same while the episode grows or is restated; "" = nobody has written it down yet.
        expression: the node in the grammar of scopes; "" = not known.
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
    anomaly_id: str = ""
    expression: str = ""

    @property
    def direction(self) -> int:
        """1 for a rise, -1 for a drop."""
        return 1 if self.impact >= 0 else -1


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
    """How a budget stands in one period, as far as the data of `watermark` knows.

    Money is exact, in `currency`. What the data does not allow is None; `reason` says why in words.

    Args:
        actual: cost of the complete days, through `data_through`; `actual_known` adds what is known of later days.
        before_credits: `actual_known` without credits, for credits hide an overrun.
        prior_period: corrections of earlier periods, which `actual` leaves out.
        burn_per_day: mean usage of the last seven complete days; `burn_mtd` of all complete days of the period;
            `burn_required` = what may be used per day that is left.
        burn_multiple: share of the amount used over the share expected by now; 1.0 = on plan.
        forecast_p10: of the whole period, `actual` included; 80 % of futures lie between p10 and p90.
        exhaustion_date: the day the amount is used up in half of the futures; p10 the early, p90 the late one.
        p_exceed: share of futures in which the amount is used up before the period ends.
        standing: exceeded, off_track, at_risk, on_track, under, undefined or stale (domain.md 1.9).
        watermark: changes when, and only when, the data, the rates or the budget that this status is made of do.
        drivers: what moves it most: label, dimension, cost, change against plan; money as text.
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
    forecast_p50: Decimal | None
    exhaustion_date: date | None
    colour: Colour
    on_track: bool
    data_through: date
    reason: str
    version: int = 1
    actual_known: Decimal = Decimal(0)
    before_credits: Decimal = Decimal(0)
    prior_period: Decimal = Decimal(0)
    burn_mtd: Decimal | None = None
    burn_required: Decimal | None = None
    burn_multiple: float | None = None
    forecast_p10: Decimal | None = None
    forecast_p90: Decimal | None = None
    exhaustion_p10: date | None = None
    exhaustion_p90: date | None = None
    p_exceed: float | None = None
    standing: Standing = "undefined"
    method: str = ""
    watermark: str = ""
    drivers: tuple[Mapping[str, str], ...] = ()

    @property
    def forecast(self) -> Decimal | None:
        """The middle of the forecast."""
        return self.forecast_p50
