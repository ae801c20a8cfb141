"""Announced changes: a node of the estate and a day around which its cost may change without being told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from finops_lib.state import audit
from finops_lib.state.models import PlannedChangeRow
from finops_lib.state.open import State


@dataclass(frozen=True, slots=True)
class Planned:
    """A change that somebody has announced.

    Args:
        node: as `finops anomalies list` names it in `scope`; its parts are silent with it.
        anomaly_id: the anomaly that was said to be this change; "" = it was announced before.
    """

    node: str
    day: date
    note: str
    created_by: str
    created_at: datetime
    anomaly_id: str = ""


def add_planned(state: State, node: str, day: date, *, note: str, at: datetime, who: str) -> None:
    """Announce a change; the same node and day again replaces the note."""
    with state.write() as session:
        audit.take_turn(session)
        enter_planned(session, node, day.isoformat(), note=note, anomaly_id="", at=at, who=who)


def enter_planned(session: Session, node: str, day: str, *, note: str, anomaly_id: str, at: datetime, who: str) -> None:
    """Announce a change inside the caller's transaction."""
    known = session.get(PlannedChangeRow, (node, day))
    before = {"node": node, "day": day, "note": known.note} if known else None
    row = PlannedChangeRow(node=node, day=day, note=note, anomaly_id=anomaly_id, created_at=at, created_by=who)
    session.merge(row)
    after = {"node": node, "day": day, "note": note}
    audit.note(
        session,
        at=at,
        who=who,
        action="plan change",
        object=f"node:{node}",
        before=before,
        after=after,
        details={"day": day, "note": note, "anomaly": anomaly_id},
    )


def list_planned(state: State) -> list[Planned]:
    """Give the announced changes, the newest day first."""
    query = select(PlannedChangeRow).order_by(PlannedChangeRow.day.desc(), PlannedChangeRow.node)
    with state.read() as session:
        return [
            Planned(row.node, date.fromisoformat(row.day), row.note, row.created_by, row.created_at, row.anomaly_id)
            for row in session.scalars(query)
        ]
