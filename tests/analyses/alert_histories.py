"""Budgets, statuses and events of one period, for tests of what is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from finops_lib.analyses.alerts.decide import Decision, decide
from finops_lib.findings import BudgetStatus
from finops_lib.messages import AlertEvent
from finops_lib.plans import Budget

START, END = date(2026, 10, 1), date(2026, 11, 1)
NOON = datetime(2026, 10, 3, 12, tzinfo=UTC)
SHOP = Budget(
    name="shop",
    scope="team = 'shop'",
    scope_type="team",
    scope_value="shop",
    amount=Decimal(1000),
    currency="USD",
    owner="ann@example.org",
)


def status_of(
    budget: Budget, *, actual: float = 0, forecast: float | None = None, burn: float | None = None, **changes: Any
) -> BudgetStatus:
    """Give a status by its percentages of the amount of 1000."""
    expected = None if forecast is None else Decimal(str(forecast)) * 10
    status = BudgetStatus(
        budget=budget.name,
        scope_type=budget.scope_type,
        scope_value=budget.scope_value,
        period_start=START,
        period_end=END,
        currency=budget.currency,
        amount=budget.amount,
        actual=Decimal(str(actual)) * 10,
        actual_known=Decimal(str(actual)) * 10,
        burn_per_day=None,
        burn_multiple=burn,
        forecast_p50=expected,
        exhaustion_date=None,
        colour="green",
        on_track=True,
        data_through=START,
        reason="",
        version=budget.version,
        standing="on_track",
    )
    return replace(status, **changes)


@dataclass
class History:
    """A budget that is looked at again and again, as a check of budgets does it.

    Args:
        apart: between two looks.
    """

    budget: Budget = SHOP
    now: datetime = NOON
    apart: timedelta = timedelta(days=1)
    statuses: list[BudgetStatus] = field(default_factory=list)
    events: list[AlertEvent] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)

    def look(self, *, watermark: str = "", **percent: Any) -> Decision:
        """Evaluate once, `apart` after the look before, and keep what follows from it."""
        self.now += self.apart
        mark = watermark or f"w{len(self.statuses)}"
        status = status_of(self.budget, watermark=mark, **percent)
        decision = decide(self.budget, status, self.statuses, self.events, now=self.now)
        self.statuses.append(status)
        resolved = {event.event_id: event for event in decision.resolutions}
        self.events = [resolved.get(event.event_id, event) for event in self.events]
        self.events += [*decision.events, *decision.superseded]
        self.decisions.append(decision)
        return decision

    def fired_at(self) -> list[int]:
        """Give the looks, counted from 1, at which something was told."""
        return [look for look, decision in enumerate(self.decisions, start=1) if decision.events]

    def resolved_at(self) -> list[int]:
        return [look for look, decision in enumerate(self.decisions, start=1) if decision.resolutions]


def after(looks: Iterable[dict[str, Any]], **start: Any) -> History:
    """Give the history of these looks."""
    history = History(**start)
    for look in looks:
        history.look(**look)
    return history


def told(events: Sequence[AlertEvent]) -> list[tuple[str, str]]:
    return [(event.kind, event.threshold) for event in events]
