"""Alerts from decision to message: what `finops alerts` does, and what a check of budgets asks for.

Settings, words and sight come together here: `told_of` makes the messages of a decision; alert_outbox.py sends them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from finops_lib.analyses.alerts.decide import Decision, over_by_now
from finops_lib.analyses.alerts.routing import MayRead, Routed, acknowledgements, route
from finops_lib.messages import AlertEvent, Outgoing
from finops_lib.runs import clock
from finops_lib.runs.acting import acting_user
from finops_lib.runs.alert_words import words_of
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings
from finops_lib.state.alerts import acknowledge_event, list_events, record, resolve_event
from finops_lib.state.open import State

# What scripts rely on (design.md 7), in this order.
LISTED = (
    "event_id",
    "subject",
    "kind",
    "threshold",
    "value",
    "state",
    "period_start",
    "created_at",
    "owner",
    "acknowledged_at",
    "acknowledged_by",
    "resolved_at",
    "resolved_by",
    "note",
)


def nobody_else_may(scope: str, row: Mapping[str, str]) -> bool:
    """Say that a recipient with a scope of its own may read of nothing: the answer where no scope can be asked."""
    return False


def told_of(
    settings: Settings, decision: Decision, *, now: datetime, may_read: MayRead, parent_owner: str = ""
) -> Routed:
    """Give the messages of a decision, as the settings route them; writes nothing."""
    directory = settings.workbench.directory()
    return route(decision, directory, now=now, words=words_of, may_read=may_read, parent_owner=parent_owner)


def record_decision(
    settings: Settings, state: State, decision: Decision, *, now: datetime, may_read: MayRead = nobody_else_may
) -> Routed:
    """Enter a decision that belongs to no budget status (a stale source, a custom rule) with its messages."""
    routed = told_of(settings, decision, now=now, may_read=may_read)
    record(state, [*decision.events, *decision.superseded], decision.resolutions, routed.messages, at=now)
    return routed


def close_ended(settings: Settings, state: State, *, now: datetime, may_read: MayRead = nobody_else_may) -> None:
    """Resolve what is still open of periods that have ended, so that no incident stays open."""
    ended = over_by_now(list_events(state, only_open=True), today=now.date(), now=now)
    if ended:
        record_decision(settings, state, Decision(resolutions=tuple(ended)), now=now, may_read=may_read)


def listed_events(settings: Settings, *, only_open: bool) -> list[dict[str, Any]]:
    """Give the events as rows, newest first."""
    with opened_state(settings) as state:
        events = list_events(state, only_open=only_open)
    return [{name: getattr(event, name) for name in LISTED} for event in events]


def acknowledge(settings: Settings, event_id: str, *, note: str) -> AlertEvent:
    """Write down that the acting user has taken note of an event, and tell PagerDuty so.

    Raises:
        ConfigError: no such event, or one that is acknowledged or resolved already.
    """
    now = clock.now()
    directory = settings.workbench.directory()
    with opened_state(settings) as state:
        return acknowledge_event(
            state,
            event_id,
            at=now,
            who=acting_user(),
            note=note,
            messages=lambda event: acknowledgements(event, directory, now=now, words=words_of),
        )


def resolve_by_hand(settings: Settings, event_id: str, *, note: str) -> AlertEvent:
    """Write down that an event is over, and tell those who were told of it.

    Raises:
        ConfigError: no such event, or one that is resolved already.
    """
    now = clock.now()

    def messages(event: AlertEvent) -> Sequence[Outgoing]:
        return told_of(settings, Decision(resolutions=(event,)), now=now, may_read=nobody_else_may).messages

    with opened_state(settings) as state:
        return resolve_event(state, event_id, at=now, who=acting_user(), note=note, messages=messages)
