"""Write down how a budget stands and what that leads to, in one transaction: a status, its alerts and their messages.

Two processes that evaluate the same data at the same moment come one after the other: the second finds the first one's
watermark and does nothing. Killed at any moment, all of it is there or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from finops_lib.findings import BudgetStatus
from finops_lib.messages import AlertEvent, Outgoing
from finops_lib.state import audit
from finops_lib.state.alerts import close_events, enter_events, events_of_period
from finops_lib.state.budget_status import append_status, statuses_of_period
from finops_lib.state.budgets import audit_name
from finops_lib.state.open import State
from finops_lib.state.outbox import enqueue


@dataclass(frozen=True, slots=True)
class Decision:
    """What a new status leads to.

    Args:
        new_events: to be entered, those included that something worse superseded.
        resolved: earlier events as they are now: over.
        messages: to be sent about them.
    """

    new_events: tuple[AlertEvent, ...] = ()
    resolved: tuple[AlertEvent, ...] = ()
    messages: tuple[Outgoing, ...] = ()


class Decide(Protocol):
    """Says what a new status leads to; asks no clock, file or connection, for it runs inside the transaction."""

    def __call__(self, status: BudgetStatus, earlier: Sequence[BudgetStatus], events: Sequence[AlertEvent]) -> Decision:
        """Decide on a status, given those of its period before it, oldest first, and the period's events."""
        ...


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was written down.

    Args:
        is_new: False = neither data nor budget have changed since the newest status; nothing was written then.
    """

    is_new: bool
    new_events: tuple[AlertEvent, ...] = ()
    resolved: tuple[AlertEvent, ...] = ()
    messages: int = 0


def record_evaluation(
    state: State,
    status: BudgetStatus,
    *,
    decide: Decide,
    at: datetime,
    who: str,
    run_id: str | None = None,
    snapshot: int | None = None,
) -> Recorded:
    """Append a status and what it leads to, unless its watermark is the newest of its period already.

    The audit log gets a line where something was told or ended; the statuses themselves are a log of their own.

    Raises:
        ValueError: the status has no watermark.
    """
    with state.write() as session:
        audit.take_turn(session)
        # Most hours bring nothing new: what was found before is read only when there is something to hold against it.
        if not append_status(session, status, evaluated_at=at, run_id=run_id, snapshot=snapshot):
            return Recorded(is_new=False)
        earlier = statuses_of_period(session, status.budget, status.period_start)[:-1]
        events = events_of_period(session, status.budget, status.period_start)
        decision = decide(status, earlier, events)
        entered = enter_events(session, decision.new_events)
        closed = close_events(session, decision.resolved)
        # Nobody is told of what somebody else was quicker to enter or to resolve.
        messages = [message for message in decision.messages if entered | closed >= set(message.event_ids)]
        enqueue(session, messages, at=at)
        new_events = tuple(event for event in decision.new_events if event.event_id in entered)
        resolved = tuple(event for event in decision.resolved if event.event_id in closed)
        for event in (*new_events, *resolved):
            audit.note(
                session,
                at=at,
                who=who,
                action="alert" if event.event_id in entered else "resolve alert",
                object=audit_name(status.budget),
                details={
                    "event": event.event_id,
                    "kind": event.kind,
                    "threshold": event.threshold,
                    "state": event.state,
                    "watermark": status.watermark,
                },
                run_id=run_id or "",
            )
    return Recorded(True, new_events, resolved, len(messages))
