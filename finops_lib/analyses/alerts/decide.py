"""A budget has a new status: is it worth telling anybody, and is anything over that was told?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from finops_lib.analyses.alerts.readings import readings
from finops_lib.analyses.alerts.thresholds import (
    Crossing,
    Policy,
    actual_crossings,
    burn_crossings,
    forecast_crossings,
    is_over,
)
from finops_lib.findings import BudgetStatus
from finops_lib.messages import AlertEvent
from finops_lib.plans import Budget

BY_ITSELF = "finops"
_WHY_OVER = {
    "forecast": "the forecast has been below the threshold twice in a row",
    "burn": "the pace has slowed down",
    "actual": "the budget was amended",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What follows from a new status.

    Args:
        events: to be entered and told.
        superseded: to be entered, not told: something worse happened at the same moment.
        resolutions: earlier events as they are now: over. They are changed, and those that were told are told again.
    """

    events: tuple[AlertEvent, ...] = ()
    superseded: tuple[AlertEvent, ...] = ()
    resolutions: tuple[AlertEvent, ...] = ()


def decide(
    budget: Budget,
    status: BudgetStatus,
    earlier: Sequence[BudgetStatus],
    events: Sequence[AlertEvent],
    *,
    now: datetime,
    policy: Policy | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Decision:
    """Say what a new status of a budget is worth.

    Args:
        earlier: all statuses of the same budget and period before it, of whatever version, oldest first.
        events: all events of the same budget and period.
        facts: what messages say besides, e.g. `report`; put into each event.
    Source:
        domain.md 1.10; acceptance vectors 15 and 16.
    """
    policy = policy or Policy()
    if earlier and (earlier[-1].watermark, earlier[-1].version) == (status.watermark, status.version):
        return Decision()
    is_ended = now.date() >= status.period_end
    if is_ended and now.date() >= status.period_end + policy.settles:
        return Decision(resolutions=tuple(over_by_now(events, today=now.date(), now=now)))
    read = readings([*earlier, status])
    found = list(actual_crossings(read, budget.thresholds, events, spent=status.actual_known > 0, policy=policy))
    if not is_ended:
        found += forecast_crossings(read, budget.forecast_thresholds, events, now=now, policy=policy)
        found += burn_crossings(read, events, now=now, policy=policy)
    over = [_over(event, now, _WHY_OVER[event.kind]) for event in _open(events) if is_over(event, read, policy)]
    if is_ended:
        gone = {event.event_id for event in over}
        over += [event for event in over_by_now(events, today=now.date(), now=now) if event.event_id not in gone]
    # People are told how it is, not how it was; what is kept of an event stays as it fired.
    over = [replace(event, facts={**event.facts, **_facts(budget, status)}) for event in over]
    known = {"watermark": status.watermark, "version": status.version, "is_first": not earlier, **(facts or {})}
    told, superseded = _worst_first(found, budget, status, now, known)
    return Decision(told, superseded, tuple(over))


def over_by_now(events: Iterable[AlertEvent], *, today: date, now: datetime) -> list[AlertEvent]:
    """Give the open events whose period has ended, as resolved: nobody can act on them any more."""
    ended = [event for event in _open(events) if event.facts.get("period_end", "9999") <= today.isoformat()]
    return [_over(event, now, "the period has ended") for event in ended]


def event_id(subject: str, period_start: date, kind: str, threshold: str, occurrence: int) -> str:
    """Give the id that two runs at the same moment would give the same event."""
    key = "\n".join((subject, period_start.isoformat(), kind, threshold, str(occurrence)))
    return hashlib.sha256(key.encode()).hexdigest()[:16]


def _worst_first(
    found: list[Crossing], budget: Budget, status: BudgetStatus, now: datetime, known: Mapping[str, Any]
) -> tuple[tuple[AlertEvent, ...], tuple[AlertEvent, ...]]:
    """Make the worst crossing an event to be told, and the others events that it supersedes."""
    if not found:
        return (), ()
    worst, *others = sorted(found, key=lambda crossing: crossing.rank, reverse=True)
    also = [f"{other.kind} {other.threshold}" for other in others]
    told = _event(worst, budget, status, now, {**known, "also": also})
    superseded = [
        replace(_event(other, budget, status, now, known), state="superseded", superseded_by=told.event_id)
        for other in others
    ]
    return (told,), tuple(superseded)


def _event(
    crossing: Crossing, budget: Budget, status: BudgetStatus, now: datetime, known: Mapping[str, Any]
) -> AlertEvent:
    return AlertEvent(
        event_id=event_id(budget.name, status.period_start, crossing.kind, crossing.threshold, crossing.occurrence),
        subject=budget.name,
        period_start=status.period_start,
        kind=crossing.kind,
        threshold=crossing.threshold,
        occurrence=crossing.occurrence,
        value=crossing.value,
        state="firing",
        owner=budget.owner,
        scope=budget.scope,
        created_at=now,
        facts={**_facts(budget, status), **known},
    )


def _facts(budget: Budget, status: BudgetStatus) -> dict[str, Any]:
    """Give what messages are made of, as plain values; money and days are text with all their digits."""
    return {
        "scope_type": budget.scope_type,
        "scope_value": budget.scope_value,
        "parent": budget.parent,
        "route": budget.route,
        "cost": budget.cost,
        "currency": status.currency,
        "period_end": status.period_end.isoformat(),
        "amount": f"{status.amount:f}",
        "actual": f"{status.actual_known:f}",
        "forecast_p10": _text(status.forecast_p10),
        "forecast_p50": _text(status.forecast_p50),
        "forecast_p90": _text(status.forecast_p90),
        "exhaustion_date": status.exhaustion_date.isoformat() if status.exhaustion_date else "",
        "p_exceed": status.p_exceed,
        "burn_multiple": status.burn_multiple,
        "colour": status.colour,
        "standing": status.standing,
        "data_through": status.data_through.isoformat(),
        "reason": status.reason,
        "drivers": [dict(driver) for driver in status.drivers],
    }


def _text(amount: Any) -> str:
    return "" if amount is None else f"{amount:f}"


def _open(events: Iterable[AlertEvent]) -> list[AlertEvent]:
    return [event for event in events if event.resolved_at is None and event.state != "resolved"]


def _over(event: AlertEvent, now: datetime, why: str) -> AlertEvent:
    return replace(event, state="resolved", resolved_at=now, resolved_by=BY_ITSELF, note=event.note or why)
