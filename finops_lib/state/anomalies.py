"""Anomalies: what a run found is written down as one, with its alerts; what became of each, and what is known.

An anomaly's row is how it is now, `anomaly_event` is how it came to be. A run only moves what nobody has decided on:

    (nothing)      -> open, or closed if it is over already
    open           -> closed when it ends; withdrawn when restated data shows it no more
    closed         -> open when it goes on after all
    withdrawn      -> open or closed when it is found again
    acknowledged   -> withdrawn when it is gone; else as it is, until somebody resolves it
    resolved, false_positive, expected: people's words (anomaly_words.py), which no run changes
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from finops_lib.findings import Anomaly
from finops_lib.messages import AlertEvent
from finops_lib.state import audit
from finops_lib.state.alerts import close_events, enter_events, events_of_kind
from finops_lib.state.anomaly_rows import (
    AnomalyEvent,
    anomaly_of,
    audit_name,
    event_of,
    event_row,
    plain,
    row_named,
    values_of,
)
from finops_lib.state.evaluation import Decision
from finops_lib.state.models import AnomalyEventRow, AnomalyRow
from finops_lib.state.open import State
from finops_lib.state.outbox import enqueue

# Says what the anomalies as they are now lead to, given all alert events about anomalies; asks no clock or connection.
Decide = Callable[[Sequence[Anomaly], Sequence[AlertEvent]], Decision]

OPEN = ("open", "acknowledged")
# What people do, as events name it.
WORDS = ("acknowledged", "resolved", "false positive", "expected")
# What a restated bill changes by less than this is not worth a line.
_SAME_MONEY = 0.01


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a run changed.

    Args:
        new, changed, closed, withdrawn: ids.
        alerts: what is told now; `resolved` what was told and is over.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    closed: tuple[str, ...] = ()
    withdrawn: tuple[str, ...] = ()
    alerts: tuple[AlertEvent, ...] = ()
    resolved: tuple[AlertEvent, ...] = ()


def record_anomalies(
    state: State,
    found: Sequence[Anomaly],
    gone: Sequence[str],
    *,
    decide: Decide,
    at: datetime,
    who: str,
    run_id: str = "",
    snapshot: int | None = None,
) -> Recorded:
    """Write down what a run found, with its alerts and their messages, in one transaction.

    The same data again changes nothing: no row, no event, no audit line.

    Args:
        found: episodes with their ids.
        gone: ids of known episodes that the data shows no more.
    """
    with state.write() as session:
        audit.take_turn(session)
        writing = _Writing(session, at, who, run_id, snapshot)
        for anomaly in found:
            writing.enter(anomaly)
        for anomaly_id in gone:
            writing.withdraw(anomaly_id)
        session.flush()
        now = [anomaly_of(row) for row in session.scalars(select(AnomalyRow).order_by(AnomalyRow.anomaly_id))]
        decision = decide(now, events_of_kind(session, "anomaly"))
        entered = enter_events(session, decision.new_events)
        over = close_events(session, decision.resolved)
        enqueue(session, [m for m in decision.messages if entered | over >= set(m.event_ids)], at=at)
        alerts = tuple(event for event in decision.new_events if event.event_id in entered)
        resolved = tuple(event for event in decision.resolved if event.event_id in over)
        for action, events in (("alert", alerts), ("resolve alert", resolved)):
            for event in events:
                details = {"event": event.event_id, "occurrence": event.occurrence, "impact": str(event.value)}
                writing.note(event.threshold, action, details)
        new, changed, closed, withdrawn = (
            tuple(writing.done[name]) for name in ("found", "changed", "closed", "withdrawn")
        )
        return Recorded(new, changed, closed, withdrawn, alerts, resolved)


def list_anomalies(
    state: State, *, only_open: bool = False, since: str | None = None, limit: int | None = None
) -> list[Anomaly]:
    """Give the anomalies, the largest money first.

    Args:
        only_open: those that go on or wait for somebody's word.
        since: ISO date; those that end before it are left out.
    """
    query = select(AnomalyRow)
    if only_open:
        query = query.where(AnomalyRow.status.in_(OPEN))
    if since is not None:
        query = query.where(AnomalyRow.end_day >= since)
    with state.read() as session:
        found = [anomaly_of(row) for row in session.scalars(query)]
    return sorted(found, key=lambda anomaly: (-abs(anomaly.impact), anomaly.anomaly_id))[:limit]


def get_anomaly(state: State, anomaly_id: str) -> tuple[Anomaly, list[AnomalyEvent]]:
    """Give one anomaly and what happened to it, oldest first; ConfigError if there is not just one."""
    with state.read() as session:
        row = row_named(session, anomaly_id)
        events = select(AnomalyEventRow).where(AnomalyEventRow.anomaly_id == row.anomaly_id)
        return anomaly_of(row), [event_of(one) for one in session.scalars(events.order_by(AnomalyEventRow.event_id))]


def waited_hours(state: State) -> dict[str, float]:
    """Give how long each anomaly waited for somebody's first word; those that got one."""
    found = select(AnomalyEventRow.anomaly_id, func.min(AnomalyEventRow.at)).group_by(AnomalyEventRow.anomaly_id)
    with state.read() as session:
        begun = {name: at for name, at in session.execute(found.where(AnomalyEventRow.action == "found"))}
        said = session.execute(found.where(AnomalyEventRow.action.in_(WORDS)).order_by(AnomalyEventRow.anomaly_id))
        return {name: (at - begun[name]).total_seconds() / 3600 for name, at in said if name in begun}


class _Writing:
    """Writes one run's findings inside its transaction, and gathers what changed."""

    def __init__(self, session: Session, at: datetime, who: str, run_id: str, snapshot: int | None) -> None:
        self._session, self._at, self._who, self._run_id, self._snapshot = session, at, who, run_id, snapshot
        self.done: dict[str, list[str]] = {name: [] for name in ("found", "changed", "closed", "withdrawn")}

    def enter(self, anomaly: Anomaly) -> None:
        """Write a new episode, or how a known one is now."""
        values = values_of(anomaly)
        row = self._session.get(AnomalyRow, anomaly.anomaly_id)
        if row is None:
            status = "closed" if anomaly.is_over else "open"
            row = AnomalyRow(**values, status=status, found_at=self._at, changed_at=self._at)
            self._session.add(row)
            self._say(row, "found", None)
            return
        before = plain(row)
        action = _next(row, is_over=anomaly.is_over)
        has_changed = _has_changed(row, values)
        if not (action or has_changed):
            return
        # What was said of the cause stays until something better is said.
        values["cause"] = values["cause"] or row.cause
        for name, value in values.items():
            setattr(row, name, value)
        row.changed_at = self._at
        self._say(row, action or "changed", before)

    def withdraw(self, anomaly_id: str) -> None:
        """Take back an episode that the data shows no more, unless somebody has said what it was."""
        row = self._session.get(AnomalyRow, anomaly_id)
        if row is None or row.status not in ("open", "acknowledged", "closed"):
            return
        before = plain(row)
        row.status, row.is_over, row.changed_at = "withdrawn", True, self._at
        self._say(row, "withdrawn", before)

    def note(self, anomaly_id: str, action: str, details: dict[str, object]) -> None:
        """Write an audit line about an anomaly."""
        audit.note(
            self._session,
            at=self._at,
            who=self._who,
            action=action,
            object=audit_name(anomaly_id),
            details=details,
            run_id=self._run_id,
        )

    def _say(self, row: AnomalyRow, action: str, before: dict[str, object] | None) -> None:
        self.done[{"found again": "found", "went on": "changed"}.get(action, action)].append(row.anomaly_id)
        line = event_row(row, action, at=self._at, who=self._who, run_id=self._run_id, snapshot=self._snapshot)
        self._session.add(line)
        if action == "changed":
            # An episode grows every day; its events say so, the audit log holds decisions.
            return
        audit.note(
            self._session,
            at=self._at,
            who=self._who,
            action=f"anomaly {action}",
            object=audit_name(row.anomaly_id),
            before=before,
            after=plain(row),
            details={"scope": row.scope, "status": row.status, "impact": row.impact, "currency": row.currency},
            run_id=self._run_id,
        )


def _next(row: AnomalyRow, *, is_over: bool) -> str:
    """Move a row's status on by what was found; give the action, "" = it stays."""
    if row.status == "withdrawn":
        row.status = "closed" if is_over else "open"
        return "found again"
    if row.status == "open" and is_over and not row.is_over:
        row.status = "closed"
        return "closed"
    if row.status == "closed" and not is_over:
        row.status = "open"
        return "went on"
    return ""


def _has_changed(row: AnomalyRow, values: dict[str, object]) -> bool:
    money = ("expected", "actual", "impact")
    if any(abs(float(getattr(row, name)) - float(str(values[name]))) >= _SAME_MONEY for name in money):
        return True
    return any(getattr(row, name) != values[name] for name in ("start_day", "end_day", "scope", "owner", "is_over"))
