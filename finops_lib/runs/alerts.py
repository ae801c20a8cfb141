"""Alerts from decision to message: what `finops alerts` does, and what a check of budgets asks for.

Settings, words and sight come together here: `told_of` makes the messages of a decision; alert_outbox.py sends them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from finops_lib.analyses.alerts.decide import Decision, over_by_now
from finops_lib.analyses.alerts.routing import Routed, acknowledgements, route
from finops_lib.analyses.alerts.rules import Rule, decide_rule
from finops_lib.analyses.alerts.stale import decide_stale
from finops_lib.analyses.scopes import columns_of, matches, parse_scope
from finops_lib.analyses.scopes.fields import column_of
from finops_lib.messages import AlertEvent, Outgoing
from finops_lib.runs import clock
from finops_lib.runs.acting import acting_user
from finops_lib.runs.alert_words import words_of
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings, load_alert_rules
from finops_lib.state.alerts import acknowledge_event, list_events, record, resolve_event
from finops_lib.state.open import State

if TYPE_CHECKING:
    import polars as pl

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


def may_read(scope: str, row: Mapping[str, str]) -> bool:
    """Say whether a recipient with a scope may read of all charges with these values, by the grammar of scopes.

    Of what the scope asks about and the values do not say, some charges may be another's: not to be read.
    """
    tree = parse_scope(scope)
    return columns_of(tree) <= {column_of(field) for field in row} and matches(tree, row)


def told_of(settings: Settings, decision: Decision, *, now: datetime, parent_owner: str = "") -> Routed:
    """Give the messages of a decision, as the settings route them; writes nothing."""
    directory = settings.workbench.directory()
    return route(decision, directory, now=now, words=words_of, may_read=may_read, parent_owner=parent_owner)


def record_decision(settings: Settings, state: State, decision: Decision, *, now: datetime) -> Routed:
    """Enter a decision that belongs to no budget status (a stale source, a custom rule) with its messages."""
    routed = told_of(settings, decision, now=now)
    record(
        state,
        [*decision.events, *decision.superseded],
        decision.resolutions,
        routed.messages,
        at=now,
        who=acting_user(),
    )
    return routed


def close_ended(settings: Settings, state: State, *, now: datetime) -> None:
    """Resolve what is still open of periods that have ended, so that no incident stays open."""
    ended = over_by_now(list_events(state, only_open=True), today=now.date(), now=now)
    if ended:
        record_decision(settings, state, Decision(resolutions=tuple(ended)), now=now)


def tell_of_silence(settings: Settings, state: State, silent: Mapping[str, datetime], *, now: datetime) -> Routed:
    """Tell the operators of sources that stopped delivering, once each, and that one delivers again.

    Args:
        silent: `runs.context.stale_sources`.
    """
    decision = decide_stale(silent, list_events(state, kind="stale"), now=now)
    return record_decision(settings, state, decision, now=now)


def check_rules(
    settings: Settings,
    state: State,
    days_of: Callable[[Rule], pl.DataFrame],
    *,
    as_of: date,
    now: datetime,
) -> list[Routed]:
    """Hold every rule of params/alert_rules.yaml against the days of its scope, and enter what must be told.

    Args:
        days_of: the frame that `decide_rule` asks for.
    Raises:
        ConfigError: a rule is wrong, or asks for a metric that its scope does not have.
    """
    routed = []
    for rule in load_alert_rules(settings.alert_rules):
        events = list_events(state, subject=rule.name, kind="rule")
        decision = decide_rule(rule, days_of(rule), events, as_of=as_of, now=now)
        routed.append(record_decision(settings, state, decision, now=now))
    return routed


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
        return told_of(settings, Decision(resolutions=(event,)), now=now).messages

    with opened_state(settings) as state:
        return resolve_event(state, event_id, at=now, who=acting_user(), note=note, messages=messages)
