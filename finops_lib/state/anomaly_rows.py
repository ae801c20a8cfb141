"""An anomaly as a row, and back: money as text with its digits, days as ISO dates, methods as JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from finops_lib.errors import ConfigError
from finops_lib.findings import Anomaly
from finops_lib.state.models import AnomalyEventRow, AnomalyRow

# Expectations are statistics; a millionth of a unit is more than they know.
_DECIMALS = 6
_MONEY = ("expected", "actual", "impact")
_PLAIN = (
    "anomaly_id",
    "scope",
    "level",
    "expression",
    "provider",
    "account",
    "service",
    "currency",
    "deviation_pct",
    "score",
    "confidence",
    "test",
    "cause",
    "owner",
    "is_over",
)


@dataclass(frozen=True, slots=True)
class AnomalyEvent:
    """Something that happened to an anomaly, as it was then.

    Args:
        action: found, changed, closed, went on, withdrawn, found again; acknowledged, resolved, false positive,
            expected, reopened.
        who: the user who said so, or on whose behalf it was found.
        cause, note: what they said.
        impact: money as text.
    """

    anomaly_id: str
    at: datetime
    who: str
    action: str
    status: str
    cause: str
    note: str
    start: date
    end: date
    impact: Decimal


def values_of(anomaly: Anomaly) -> dict[str, Any]:
    """Give what is stored of an anomaly, but for its status and moments."""
    return {
        **{name: getattr(anomaly, name) for name in _PLAIN},
        **{name: money_text(getattr(anomaly, name)) for name in _MONEY},
        "start_day": anomaly.start.isoformat(),
        "end_day": anomaly.end.isoformat(),
        "methods": json.dumps(list(anomaly.methods)),
    }


def anomaly_of(row: AnomalyRow) -> Anomaly:
    """Give the record of a row."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _PLAIN}
    values |= {name: float(getattr(row, name)) for name in _MONEY}
    values |= {"start": date.fromisoformat(row.start_day), "end": date.fromisoformat(row.end_day)}
    return Anomaly(**values, methods=tuple(json.loads(row.methods)), status=row.status)  # type: ignore[arg-type]


def event_row(
    row: AnomalyRow,
    action: str,
    *,
    at: datetime,
    who: str,
    cause: str = "",
    note: str = "",
    run_id: str = "",
    snapshot: int | None = None,
) -> AnomalyEventRow:
    """Make the line that says what happened to an anomaly, with how it is then."""
    return AnomalyEventRow(
        anomaly_id=row.anomaly_id,
        at=at,
        who=who,
        action=action,
        status=row.status,
        cause=cause,
        note=note,
        start_day=row.start_day,
        end_day=row.end_day,
        impact=row.impact,
        run_id=run_id,
        snapshot=snapshot,
    )


def event_of(row: AnomalyEventRow) -> AnomalyEvent:
    """Give the record of an event's row."""
    return AnomalyEvent(
        row.anomaly_id,
        row.at,
        row.who,
        row.action,
        row.status,
        row.cause,
        row.note,
        date.fromisoformat(row.start_day),
        date.fromisoformat(row.end_day),
        Decimal(row.impact),
    )


def audit_name(anomaly_id: str) -> str:
    """Give what the audit log calls an anomaly."""
    return f"anomaly:{anomaly_id}"


def plain(row: AnomalyRow) -> dict[str, Any]:
    """Give a row as plain JSON values, for the audit log's hashes."""
    moments = ("found_at", "changed_at")
    return {c.name: getattr(row, c.name) for c in AnomalyRow.__table__.columns if c.name not in moments}


def row_named(session: Session, anomaly_id: str) -> AnomalyRow:
    """Give one anomaly by its id or a beginning of it that no other shares; ConfigError if there is not just one."""
    begins = select(AnomalyRow).where(AnomalyRow.anomaly_id.startswith(anomaly_id, autoescape=True)).limit(2)
    rows = list(session.scalars(begins)) if anomaly_id else []
    if len(rows) == 1:
        return rows[0]
    problem = "several anomalies begin with" if rows else "there is no anomaly"
    raise ConfigError(f"{problem} {anomaly_id!r}", next_step="finops anomalies list", anomaly_id=anomaly_id)


def money_text(amount: float) -> str:
    """Write an amount with six decimals at most, never with an exponent."""
    return f"{round(Decimal(repr(amount)), _DECIMALS):f}"
