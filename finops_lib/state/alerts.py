"""Alert events: what was told, who took note, what is over. One function per verb, each one short transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from finops_lib.errors import ConfigError
from finops_lib.messages import AlertEvent, AlertKind, Outgoing
from finops_lib.state import audit
from finops_lib.state.models import AlertEventRow
from finops_lib.state.open import State
from finops_lib.state.outbox import enqueue

# What the audit log says an event is about.
_ABOUT = {
    "actual": "budget",
    "forecast": "budget",
    "burn": "budget",
    "stale": "source",
    "rule": "rule",
    "anomaly": "anomaly",
}
_OF_BUDGETS = ("actual", "forecast", "burn")


def enter_events(session: Session, events: Iterable[AlertEvent]) -> set[str]:
    """Enter events inside the caller's transaction; give the ids of those that were not there.

    Where two runs find the same thing at the same moment, the unique key lets one of them enter it.
    """
    dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    entered = set()
    for event in events:
        insert = dialect.insert(AlertEventRow).values(_row(event)).on_conflict_do_nothing()
        if session.execute(insert.returning(AlertEventRow.event_id)).first() is not None:
            entered.add(event.event_id)
    return entered


def close_events(session: Session, resolutions: Iterable[AlertEvent]) -> set[str]:
    """Mark events as resolved inside the caller's transaction; give the ids of those that were still open."""
    closed = set()
    for event in resolutions:
        changes = {name: getattr(event, name) for name in ("state", "resolved_at", "resolved_by", "note")}
        still_open = update(AlertEventRow).where(
            AlertEventRow.event_id == event.event_id, AlertEventRow.resolved_at.is_(None)
        )
        if session.execute(still_open.values(changes).returning(AlertEventRow.event_id)).first() is not None:
            closed.add(event.event_id)
    return closed


def record(
    state: State,
    events: Sequence[AlertEvent],
    resolutions: Sequence[AlertEvent],
    messages: Sequence[Outgoing],
    *,
    at: datetime,
    who: str,
) -> None:
    """Enter what was decided beside any budget status, with its messages, or nothing of it.

    A message is entered only where its event was new, or was still open: another run may have been quicker.
    """
    with state.write() as session:
        audit.take_turn(session)
        entered, closed = enter_events(session, events), close_events(session, resolutions)
        enqueue(session, [one for one in messages if entered | closed >= set(one.event_ids)], at=at)
        for event in events:
            if event.event_id in entered:
                _note(session, event, "alert", at=at, who=who)
        for event in resolutions:
            if event.event_id in closed:
                _note(session, event, "resolve alert", at=at, who=who)


def list_events(
    state: State,
    *,
    subject: str | None = None,
    kind: AlertKind | None = None,
    only_open: bool = False,
    limit: int | None = None,
) -> list[AlertEvent]:
    """Give the events, newest first. Open = told and not resolved."""
    query = select(AlertEventRow).order_by(AlertEventRow.created_at.desc(), AlertEventRow.event_id).limit(limit)
    if subject is not None:
        query = query.where(AlertEventRow.subject == subject)
    if kind is not None:
        query = query.where(AlertEventRow.kind == kind)
    if only_open:
        query = query.where(AlertEventRow.resolved_at.is_(None), AlertEventRow.state == "firing")
    with state.read() as session:
        return [_event(row) for row in session.scalars(query)]


def events_of_period(session: Session, budget: str, period_start: date) -> list[AlertEvent]:
    """Give what was told, or superseded, of a budget in a period, oldest first, inside the caller's transaction."""
    query = select(AlertEventRow).where(
        AlertEventRow.subject == budget,
        AlertEventRow.period_start == period_start.isoformat(),
        # A source or a rule may have the name of a budget.
        AlertEventRow.kind.in_(_OF_BUDGETS),
    )
    return [_event(row) for row in session.scalars(query.order_by(AlertEventRow.created_at, AlertEventRow.event_id))]


def events_of_kind(session: Session, kind: AlertKind) -> list[AlertEvent]:
    """Give all events of a kind, oldest first, inside the caller's transaction."""
    query = select(AlertEventRow).where(AlertEventRow.kind == kind)
    return [_event(row) for row in session.scalars(query.order_by(AlertEventRow.created_at, AlertEventRow.event_id))]


def get_event(state: State, event_id: str) -> AlertEvent:
    """Give one event, by its id or a beginning of it that no other shares; ConfigError if there is not just one."""
    with state.read() as session:
        return _event(_one(session, event_id))


def acknowledge_event(
    state: State,
    event_id: str,
    *,
    at: datetime,
    who: str,
    note: str = "",
    messages: Callable[[AlertEvent], Sequence[Outgoing]],
) -> AlertEvent:
    """Write down that somebody has taken note of an event, and enter the messages that say so.

    Args:
        messages: what to send, told the event as it is then.
    Raises:
        ConfigError: no such event, or one that is acknowledged or resolved already.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = _one(session, event_id)
        _refuse(row.resolved_at, "resolved", row.resolved_by, row)
        _refuse(row.acknowledged_at, "acknowledged", row.acknowledged_by, row)
        row.acknowledged_at, row.acknowledged_by, row.note = at, who, note or row.note
        event = _event(row)
        enqueue(session, messages(event), at=at)
        _note(session, event, "acknowledge alert", at=at, who=who)
        return event


def resolve_event(
    state: State,
    event_id: str,
    *,
    at: datetime,
    who: str,
    note: str = "",
    messages: Callable[[AlertEvent], Sequence[Outgoing]],
) -> AlertEvent:
    """Write down that an event is over, and enter the messages that say so.

    Args:
        messages: what to send, told the event as it is then.
    Raises:
        ConfigError: no such event, or one that is resolved already.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = _one(session, event_id)
        _refuse(row.resolved_at, "resolved", row.resolved_by, row)
        row.state, row.resolved_at, row.resolved_by, row.note = "resolved", at, who, note or row.note
        event = _event(row)
        enqueue(session, messages(event), at=at)
        _note(session, event, "resolve alert", at=at, who=who)
        return event


def _note(session: Session, event: AlertEvent, action: str, *, at: datetime, who: str) -> None:
    """Write the audit line of an event, inside the caller's transaction."""
    details = {name: getattr(event, name) for name in ("kind", "threshold", "state", "note")}
    about = f"{_ABOUT[event.kind]}:{event.subject}"
    audit.note(session, at=at, who=who, action=action, object=about, details={"event": event.event_id, **details})


def _refuse(moment: datetime | None, what: str, who: str, row: AlertEventRow) -> None:
    if moment is not None:
        raise ConfigError(
            f"event {row.event_id} was {what} on {moment:%Y-%m-%d %H:%M} UTC by {who}",
            next_step="finops alerts list",
            event_id=row.event_id,
        )


def _one(session: Session, event_id: str) -> AlertEventRow:
    begins = select(AlertEventRow).where(AlertEventRow.event_id.startswith(event_id, autoescape=True)).limit(2)
    rows = list(session.scalars(begins)) if event_id else []
    if len(rows) == 1:
        return rows[0]
    problem = "several events begin with" if rows else "there is no event"
    raise ConfigError(f"{problem} {event_id!r}", next_step="finops alerts list", event_id=event_id)


def _row(event: AlertEvent) -> dict[str, Any]:
    row = {field.name: getattr(event, field.name) for field in fields(AlertEvent)}
    facts = json.dumps(dict(event.facts), ensure_ascii=False, sort_keys=True)
    return row | {"period_start": event.period_start.isoformat(), "facts": facts}


def _event(row: AlertEventRow) -> AlertEvent:
    values = {field.name: getattr(row, field.name) for field in fields(AlertEvent)}
    return AlertEvent(
        **(values | {"period_start": date.fromisoformat(row.period_start), "facts": json.loads(row.facts)})
    )
