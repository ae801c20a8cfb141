"""What people say of an anomaly: one function per verb, each one short transaction with its audit line.

Whoever says what it was also ends its alert; whoever acknowledges it acknowledges the alert.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly, AnomalyStatus
from finops_lib.messages import AlertEvent, Outgoing
from finops_lib.state import audit
from finops_lib.state.alerts import close_events, events_of_kind
from finops_lib.state.anomaly_rows import anomaly_of, audit_name, event_row, plain, row_named
from finops_lib.state.models import AlertEventRow, AnomalyRow, PlannedChangeRow
from finops_lib.state.open import State
from finops_lib.state.outbox import enqueue
from finops_lib.state.planned_changes import enter_planned

# What to send about an alert event, told as it is then.
Messages = Callable[[AlertEvent], Sequence[Outgoing]]

_SAID = ("resolved", "false_positive", "expected")


def acknowledge_anomaly(
    state: State, anomaly_id: str, *, at: datetime, who: str, note: str = "", messages: Messages
) -> Anomaly:
    """Write down that somebody looks into an anomaly.

    Raises:
        ConfigError: no such anomaly, or one that is acknowledged, withdrawn, or explained already.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, anomaly_id)
        _refuse(row, ("acknowledged", "withdrawn", *_SAID))
        for event in _open_alerts(session, row):
            if event.acknowledged_at is None:
                known = {"acknowledged_at": at, "acknowledged_by": who, "note": note or event.note}
                session.execute(update(AlertEventRow).where(AlertEventRow.event_id == event.event_id).values(**known))
                enqueue(session, messages(replace(event, acknowledged_at=at, acknowledged_by=who)), at=at)
        return _say(session, row, "acknowledged", "acknowledged", at=at, who=who, note=note)


def resolve_anomaly(
    state: State,
    anomaly_id: str,
    *,
    cause: str,
    at: datetime,
    who: str,
    note: str = "",
    is_false_positive: bool = False,
    messages: Messages,
) -> Anomaly:
    """Write down what an anomaly was, or that it was none; its alert ends.

    Raises:
        ConfigError: no such anomaly, or one that is explained already.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, anomaly_id)
        _refuse(row, _SAID)
        _end_alerts(session, row, cause or note, at=at, who=who, messages=messages)
        status: AnomalyStatus = "false_positive" if is_false_positive else "resolved"
        row.cause = cause or row.cause
        return _say(session, row, status, status.replace("_", " "), at=at, who=who, cause=cause, note=note)


def expect_anomaly(
    state: State, anomaly_id: str, *, at: datetime, who: str, note: str = "", messages: Messages
) -> Anomaly:
    """Write down that an anomaly was planned: its node is silent around its first day, and its alert ends.

    Raises:
        ConfigError: no such anomaly, or one that is explained already.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, anomaly_id)
        _refuse(row, _SAID)
        _end_alerts(session, row, note or "it was planned", at=at, who=who, messages=messages)
        enter_planned(session, row.scope, row.start_day, note=note, anomaly_id=row.anomaly_id, at=at, who=who)
        return _say(session, row, "expected", "expected", at=at, who=who, note=note)


def reopen_anomaly(state: State, anomaly_id: str, *, at: datetime, who: str, note: str = "") -> Anomaly:
    """Take back what was said of an anomaly, its planned change included; it waits for somebody's word again.

    Raises:
        ConfigError: no such anomaly, or one that is open.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, anomaly_id)
        _refuse(row, ("open",))
        session.execute(delete(PlannedChangeRow).where(PlannedChangeRow.anomaly_id == row.anomaly_id))
        return _say(session, row, "open", "reopened", at=at, who=who, note=note)


def _say(
    session: Session,
    row: AnomalyRow,
    status: AnomalyStatus,
    action: str,
    *,
    at: datetime,
    who: str,
    cause: str = "",
    note: str = "",
) -> Anomaly:
    before = plain(row)
    row.status, row.changed_at = status, at
    session.add(event_row(row, action, at=at, who=who, cause=cause, note=note))
    audit.note(
        session,
        at=at,
        who=who,
        action=f"anomaly {action}",
        object=audit_name(row.anomaly_id),
        before=before,
        after=plain(row),
        details={"scope": row.scope, "status": status, "cause": cause, "note": note},
    )
    return anomaly_of(row)


def _end_alerts(session: Session, row: AnomalyRow, why: str, *, at: datetime, who: str, messages: Messages) -> None:
    over = [
        replace(event, state="resolved", resolved_at=at, resolved_by=who, note=why or event.note)
        for event in _open_alerts(session, row)
    ]
    closed = close_events(session, over)
    enqueue(session, [one for event in over if event.event_id in closed for one in messages(event)], at=at)


def _open_alerts(session: Session, row: AnomalyRow) -> list[AlertEvent]:
    events = events_of_kind(session, "anomaly")
    return [event for event in events if event.threshold == row.anomaly_id and event.resolved_at is None]


def _refuse(row: AnomalyRow, statuses: Sequence[str]) -> None:
    if row.status in statuses:
        what = row.status.replace("_", " ")
        is_said = row.status in _SAID
        raise ConfigError(
            f"anomaly {row.anomaly_id} is {what} already",
            next_step=f"finops anomalies {'reopen' if is_said else 'show'} {row.anomaly_id}",
            anomaly_id=row.anomaly_id,
            status=row.status,
        )
