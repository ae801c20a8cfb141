"""What analyses find: frozen records that notebooks show and later stages send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Context, Decimal
from hashlib import sha256
from typing import Literal

# Twenty-eight digits before and after the point and then some: no sum of amounts is ever rounded.
EXACT = Context(prec=100)

Colour = Literal["green", "yellow", "orange", "red", "grey"]
Standing = Literal["exceeded", "off_track", "at_risk", "on_track", "under", "undefined", "stale"]
AnomalyStatus = Literal["open", "acknowledged", "closed", "resolved", "false_positive", "expected", "withdrawn"]
# The order in which actions on one resource are taken, and so who gets how much of the saving (domain.md 6.2).
Step = Literal["terminate", "schedule", "clean-up", "rightsize", "tier", "licence", "commit", "spot"]
Effort = Literal["VeryLow", "Low", "Medium", "High", "VeryHigh"]
Risk = Literal["low", "medium", "high"]
# domain.md 6.4; the order is that of a life.
RecommendationStatus = Literal[
    "pending",
    "approved",
    "scheduled",
    "implemented",
    "verified",
    "partially_verified",
    "not_realised",
    "regressed",
    "rejected",
    "snoozed",
    "withdrawn",
    "expired",
    "superseded",
    "resolved_externally",
]
# What can make two runs of one notebook differ; the order in which reports name it.
Cause = Literal["new_days", "restated", "parameters", "rules", "code"]
RunStatus = Literal["RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT", "KERNEL_DIED", "SKIPPED", "INVALID_PARAMS"]


@dataclass(frozen=True, slots=True)
class Anomaly:
    """Days on which a node of the estate left its expected range: one episode, told once.

    `expected`, `actual` and `impact` (= actual - expected) are sums over `[start, end]`, both days included, in
    `currency`. `deviation_pct` is None where nothing was expected.

    Args:
        scope: the node's name, e.g. `aws/111/Compute`, `aws/111/*`, `aws/team=web`; unique beside the currency.
        account, service: "" where the node is not part of one.
        anomaly_id: stays the same while the episode grows or is restated; "" = nobody has written it down yet.
        confidence: 0 to 1 that something happened; 0 where the method gives none.
        status: open, acknowledged (by somebody), closed (the episode is over and nobody said why), resolved,
            false_positive, expected (was planned), withdrawn (restated data shows it no more).
        level: provider, account, service, region, project, team, environment or resource.
        expression: the same node in the grammar of scopes; "" = not known.
        test: which test of the workbench is that sure; feedback is about it.
        owner: the team that pays for most of the node; "" = nobody is tagged.
        is_over: the cost went back, or has stayed for so long that it is the usual one.
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
    confidence: float = 0.0
    status: AnomalyStatus = "open"
    level: str = "service"
    expression: str = ""
    test: str = ""
    owner: str = ""
    is_over: bool = False

    @property
    def direction(self) -> int:
        """1 for a rise, -1 for a drop."""
        return 1 if self.impact >= 0 else -1


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Something an owner can do to pay less, with its evidence. Money is per month of 365/12 days, in `currency`.

    Args:
        type: the rule that found it, e.g. `idle-nat-gateway`; `check` is its number in the catalogue of checks.
        action: what to do, in words.
        evidence: why, in one sentence; `facts` are its figures by name, as text, so that they can be kept and compared.
        monthly_savings: after discounts, and after what is paid instead; 0 = a review, to which nobody gives a number.
        current_monthly_cost: effective cost of all meters of the resource.
        confidence: 0 to 1.
        priority: critical, high, medium or low (domain.md 6.3).
        target: what the resource becomes, e.g. `gp3`, `m5.large`; "" = it goes away.
        step: where in the chain of actions on one resource it stands; earlier steps leave less to later ones.
        effort, risk: what it takes, and the worst of reversibility, environment and performance margin.
        one_time_cost: paid once, e.g. requests that move objects.
        list_savings: the same saving at list prices; None = not known.
        cash_savings_12m: what is paid less within twelve months, after stranded commitments; None = not known.
        price_grade: A (the customer's own price for the target) to D (list price); "" = no price was needed.
        is_headline: False = a guess that is shown but counted in no sum, e.g. without knowing the memory.
        shrinks_with: what this saving is a share of, where an earlier step takes part of it: `cost` = the saving falls
            with the cost that is left; `own` = it is of meters that no other step touches, e.g. disks of a machine.
        source: `workbench`, or whose advice it is.
        data_through: the last day of the evidence.
    """

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
    check: str = ""
    target: str = ""
    step: Step = "terminate"
    effort: Effort = "Low"
    risk: Risk = "low"
    resource_name: str = ""
    region: str = ""
    environment: str = ""
    one_time_cost: Decimal = Decimal(0)
    list_savings: Decimal | None = None
    cash_savings_12m: Decimal | None = None
    price_grade: str = ""
    is_headline: bool = True
    shrinks_with: Literal["cost", "own"] = "cost"
    facts: Mapping[str, str] = field(default_factory=dict)
    source: str = "workbench"
    data_through: date | None = None

    @property
    def fingerprint(self) -> str:
        """The same for the same advice on the same resource, whenever and however often it is found (domain.md 6.4)."""
        named = (self.provider, self.account, self.resource_id, self.type, self.target)
        return sha256("|".join(named).encode()).hexdigest()

    @property
    def evidence_hash(self) -> str:
        """Changes when the evidence or the price does that an approval is about."""
        parts = {"evidence": self.evidence, "facts": dict(self.facts), "saving": str(self.monthly_savings)}
        return sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    @property
    def projected_monthly_cost(self) -> Decimal:
        """What the resource costs afterwards."""
        return self.current_monthly_cost - self.monthly_savings


@dataclass(frozen=True, slots=True)
class Approval:
    """Who agreed to a recommendation, and to which evidence and price."""

    who: str
    at: datetime
    evidence_hash: str
    monthly_savings: Decimal
    current_monthly_cost: Decimal
    price_grade: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """What later bills say of a recommendation that somebody says is implemented.

    Money is per month of 365/12 days, in the recommendation's currency, but for `banked`.

    Args:
        method: deleted, resized, scheduled, tiered or committed.
        status: verified (at least 70 % of the estimate), partially_verified (20 to 70 %), not_realised.
        estimated: what was approved.
        realised: what is paid less, at the prices of before; `low` to `high` holds the truth 19 times out of 20.
        avoided: growth that costs less than it would have; never part of `realised`.
        before_start, before_end, after_start, after_end: the days compared, first and last, both included.
        banked: calendar month -> what was paid less in it, from the day of the change, for twelve months at most.
        note: what a reader must know of it; "" = nothing.
    """

    method: str
    status: RecommendationStatus
    estimated: Decimal
    realised: Decimal
    low: Decimal
    high: Decimal
    before_start: date
    before_end: date
    after_start: date
    after_end: date
    avoided: Decimal = Decimal(0)
    banked: Mapping[str, Decimal] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True, slots=True)
class KeptRecommendation:
    """A recommendation as it was written down, and where its life stands.

    Args:
        occurrence: 1 for the first time, 2 when the same came back after it was over; `previous_id` is that before.
        proposed_by: who ran the search that found it.
        first_found, last_found: last included days of the searches.
        times_found: on how many days it was found.
        reason: why it is as it is, in words.
        until: the day on which a rejected or snoozed one is looked at again; None = not by itself.
        scheduled_for: the day it is to be done.
        implemented_on: the day it is said to have been done, by whom, and their change's reference.
        commitment_id: of a commitment: what was bought, as the bill names it.
        baseline: use and cost before, as JSON, frozen when it was approved; "" = none.
    """

    recommendation_id: str
    recommendation: Recommendation
    status: RecommendationStatus
    occurrence: int
    proposed_by: str
    first_found: date
    last_found: date
    times_found: int = 1
    previous_id: str = ""
    superseded_by: str = ""
    approvals: tuple[Approval, ...] = ()
    approved_at: datetime | None = None
    reason: str = ""
    until: date | None = None
    scheduled_for: date | None = None
    implemented_on: date | None = None
    implemented_by: str = ""
    reference: str = ""
    commitment_id: str = ""
    baseline: str = ""
    verification: Verification | None = None


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


@dataclass(frozen=True, slots=True)
class Change:
    """How one number of a report moved between two runs, and what moved it; `sum(causes) + residual = change`.

    Args:
        measure: the number's name, e.g. `month_cost` or `budgets.web.actual`.
        unit: its currency; "" = a count or a ratio.
        before, after: None where the run has no such number; then it counts as nothing in the difference.
        causes: what each cause added; those that are the same in both runs are 0.
    """

    measure: str
    unit: str
    before: Decimal | None
    after: Decimal | None
    causes: Mapping[Cause, Decimal]

    @property
    def change(self) -> Decimal:
        """The whole difference, exact."""
        return EXACT.subtract(self.after or Decimal(0), self.before or Decimal(0)) or Decimal(0)

    @property
    def residual(self) -> Decimal:
        """What no cause explains; 0 unless two runs made from the same things differ."""
        rest = self.change
        for part in self.causes.values():
            rest = EXACT.subtract(rest, part)
        return rest or Decimal(0)
