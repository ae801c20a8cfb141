"""Who did what, when, to which object: an append-only log in which each line holds the hash of the one before.

A line is written inside the transaction of the change it speaks of, so that neither exists without the other. The
database refuses to change or remove a line (triggers of migration 0003); whoever gets around that breaks the chain,
which `verify` finds. A log cut off at its end has no broken link: hold the last hash against one noted down earlier.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from finops_lib.errors import ConfigError
from finops_lib.state.models import AuditRow
from finops_lib.state.open import State

# What the first line holds in place of the hash of a line before it.
NO_LINE = ""
# Read and checked in portions, for a log is kept for years.
_PORTION = 1_000


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One change that somebody made.

    Args:
        number: 1 for the first line, without gaps.
        object: kind and name of what was changed, e.g. `budget:payments`.
        before_hash, after_hash: of the object's canonical JSON; "" = it did not exist.
        details: what a reader wants to know of it, as plain JSON values; no secret.
        previous_hash, hash: the links of the chain.
    """

    number: int
    noted_at: datetime
    who: str
    action: str
    object: str
    before_hash: str
    after_hash: str
    run_id: str
    details: Mapping[str, Any]
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found.

    Args:
        lines: how many lines there are.
        last_hash: of the newest line; "" = there is none.
        broken_at: number of the first line that does not fit the one before; None = the chain is whole.
        reason: what is wrong with it, in words.
    """

    lines: int
    last_hash: str
    broken_at: int | None = None
    reason: str = ""


def canonical(value: Any) -> str:
    """Write plain JSON values so that equal ones give equal text: keys sorted, no spaces, money as it is given.

    Raises:
        ConfigError: a text that is not valid Unicode, which no database keeps.
        ValueError: a number that is not one.
    """
    written = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    try:
        written.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(
            "a text holds bytes that are not valid UTF-8", next_step="type it again, or correct the file's encoding"
        ) from error
    return written


def take_turn(session: Session) -> None:
    """Let no other audited change happen beside this transaction, until it ends; readers are not held up.

    A verb that decides by what it reads takes its turn before it reads. SQLite's writers queue at their begin already.
    """
    if session.connection().dialect.name == "postgresql":
        session.execute(text("lock table audit_log in exclusive mode"))


def note(
    session: Session,
    *,
    at: datetime,
    who: str,
    action: str,
    object: str,
    before: Any = None,
    after: Any = None,
    details: Mapping[str, Any] | None = None,
    run_id: str = "",
) -> None:
    """Append a line to the log, inside the caller's transaction.

    Args:
        who: the user who acts, or whose schedule does.
        before, after: the object as plain JSON values; None = it did not exist.
    """
    take_turn(session)
    last = session.scalars(select(AuditRow).order_by(AuditRow.number.desc()).limit(1)).first()
    line: dict[str, Any] = {
        "number": last.number + 1 if last else 1,
        "noted_at": at,
        "who": who,
        "action": action,
        "object": object,
        "before_hash": _hash_of(before),
        "after_hash": _hash_of(after),
        "run_id": run_id,
        "details": canonical(details or {}),
        "previous_hash": last.hash if last else NO_LINE,
    }
    session.add(AuditRow(**line, hash=_link(line)))
    session.flush()


def list_lines(state: State, *, object: str | None = None, limit: int | None = None) -> list[AuditLine]:
    """Give the lines, oldest first; of one object, where one is named. `limit` keeps the newest."""
    query = select(AuditRow).order_by(AuditRow.number.desc()).limit(limit)
    if object is not None:
        query = query.where(AuditRow.object == object)
    with state.read() as session:
        lines = [_line(row) for row in session.scalars(query)]
    return lines[::-1]


def verify(state: State) -> Verdict:
    """Follow the chain from its first line, and find the first link that is broken."""
    expected, previous = 1, NO_LINE
    with state.read() as session:
        for row in _rows(session):
            reason = ""
            if row.number != expected:
                reason = f"line {expected} is missing"
            elif row.previous_hash != previous:
                reason = f"line {row.number} does not follow from the line before it"
            elif row.hash != _link(_columns(row)):
                reason = f"line {row.number} was changed after it was written"
            if reason:
                return Verdict(expected - 1, previous, broken_at=expected, reason=reason)
            expected, previous = expected + 1, row.hash
    return Verdict(expected - 1, previous)


def _rows(session: Session) -> Iterator[AuditRow]:
    """Give every line in order; only a portion of them is in memory at once."""
    last = None
    while True:
        query = select(AuditRow).order_by(AuditRow.number).limit(_PORTION)
        portion = session.scalars(query if last is None else query.where(AuditRow.number > last)).all()
        yield from portion
        if len(portion) < _PORTION:
            return
        last = portion[-1].number
        session.expunge_all()


def _hash_of(value: Any) -> str:
    return "" if value is None else hashlib.sha256(canonical(value).encode()).hexdigest()


def _link(line: Mapping[str, Any]) -> str:
    noted_at: datetime = line["noted_at"]
    told = {**line, "noted_at": noted_at.astimezone(UTC).isoformat(timespec="microseconds")}
    return hashlib.sha256(canonical(told).encode()).hexdigest()


def _columns(row: AuditRow) -> dict[str, Any]:
    """Give what the hash of a line is made of."""
    return {field.name: getattr(row, field.name) for field in fields(AuditLine) if field.name != "hash"}


def _line(row: AuditRow) -> AuditLine:
    return AuditLine(**{**_columns(row), "details": json.loads(row.details)}, hash=row.hash)
