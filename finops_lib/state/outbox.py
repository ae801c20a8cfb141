"""Messages that wait to be sent: one function per verb, each one short transaction.

Question: how is a message sent at least once, and in effect once?
Choice: it is written in the transaction that decides on it. One sender leases it, says `begin` just before the first
byte leaves, and `mark_sent` when the channel has answered. A sender that died before `begin` has sent nothing; one that
died after it may have, and the message is then sent again as a possible repeat under the same id.
Why: no channel can be part of our transaction. PagerDuty and mail programs know the repeat by its id, Slack does not;
people are told by every channel, and `mark_sent` keeps that it may have arrived twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, aliased

from finops_lib.errors import ConfigError
from finops_lib.messages import Leased, Outgoing
from finops_lib.state.models import OutboxRow
from finops_lib.state.open import State

Standing = Literal["waiting", "sending", "sent", "dead"]
_LONGEST_ERROR = 500
PERHAPS_TWICE = "it may have arrived twice: an earlier try got no answer"


@dataclass(frozen=True, slots=True)
class Sender:
    """A process that sends; a number is given to another process later, so its birth belongs to it."""

    host: str
    pid: int
    born: float

    def __str__(self) -> str:
        return f"{self.host} {self.pid} {self.born}"

    @classmethod
    def of(cls, text: str) -> Sender:
        host, pid, born = text.rsplit(" ", 2)
        return cls(host, int(pid), float(born))


@dataclass(frozen=True, slots=True)
class OutboxRecord:
    """A message and what became of it."""

    message: Outgoing
    standing: Standing
    created_at: datetime
    next_try: datetime
    attempts: int
    sent_at: datetime | None
    provider_ref: str
    last_error: str


def enqueue(session: Session, messages: Iterable[Outgoing], *, at: datetime) -> None:
    """Enter messages inside the caller's transaction; one that is there already stays as it is."""
    rows = [_row(message, at) for message in messages]
    if not rows:
        return
    # Two transactions may enter the same message at the same moment; the second one must not fail for it.
    dialect = postgresql if session.connection().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(OutboxRow).on_conflict_do_nothing(), rows)


def lease(
    state: State, sender: Sender, *, at: datetime, until: datetime, limit: int, skip: Collection[str] = ()
) -> list[Leased]:
    """Give up to `limit` messages that are due to one sender, the oldest first; nobody else gets them before `until`.

    Args:
        skip: channels that are not to be asked for now.
    """
    due = select(OutboxRow).where(_is_waiting(), OutboxRow.next_try <= at, _is_free(at), ~_follows_an_unsent_one())
    due = due.where(OutboxRow.channel.not_in(list(skip))).order_by(OutboxRow.created_at, OutboxRow.message_id)
    with state.write() as session:
        rows = list(session.scalars(due.limit(limit).with_for_update(skip_locked=True)))
        for row in rows:
            row.leased_until, row.leased_by = until, str(sender)
        return [Leased(_message(row), row.attempts, row.sending_since is not None) for row in rows]


def begin(state: State, message_id: str, sender: Sender, *, at: datetime, until: datetime) -> bool:
    """Say that the first byte leaves now; False where the lease has passed to another sender meanwhile."""
    with state.write() as session:
        row = _mine(session, message_id, sender)
        if row is None or row.leased_until is None or row.leased_until <= at:
            return False
        row.leased_until, row.sending_since, row.attempts = until, at, row.attempts + 1
        return True


def mark_sent(state: State, message_id: str, *, at: datetime, provider_ref: str, may_repeat: bool = False) -> None:
    """Say that the channel has taken a message, and what it calls it.

    Args:
        may_repeat: an earlier try may have arrived as well; the row keeps that in place of an error.
    """
    with state.write() as session:
        # Whoever holds the lease by now: that it arrived is true.
        row = session.get(OutboxRow, message_id)
        if row is not None:
            row.sent_at, row.provider_ref = at, provider_ref[:_LONGEST_ERROR]
            row.last_error = PERHAPS_TWICE if may_repeat else ""
            row.leased_until, row.leased_by, row.dead_at = None, "", None


def mark_failed(
    state: State,
    message_id: str,
    sender: Sender,
    *,
    at: datetime,
    error: str,
    next_try: datetime | None,
    is_unclear: bool,
    counts: bool = True,
) -> None:
    """Say that a try failed.

    Args:
        next_try: when to try again; None = never by itself: a dead letter.
        is_unclear: it may have arrived all the same, by this try or an earlier one.
        counts: whether it uses up one of the tries; being told to wait does not.
    """
    with state.write() as session:
        row = _mine(session, message_id, sender)
        if row is None:
            return
        row.last_error, row.leased_until, row.leased_by = error[:_LONGEST_ERROR], None, ""
        row.sending_since = row.sending_since if is_unclear else None
        row.attempts -= 0 if counts else 1
        if next_try is None:
            row.dead_at = at
        else:
            row.next_try = next_try


def release(state: State, message_ids: Sequence[str], sender: Sender) -> None:
    """Give back messages that were leased and not begun."""
    with state.write() as session:
        session.execute(
            update(OutboxRow)
            .where(OutboxRow.message_id.in_(list(message_ids)), OutboxRow.leased_by == str(sender))
            .values(leased_until=None, leased_by="")
        )


def release_dead(state: State, *, host: str, is_alive: Callable[[int, float], bool]) -> int:
    """Give back what senders of this machine hold that are gone; of other machines the lease has to run out."""
    with state.write() as session:
        held = select(OutboxRow).where(_is_waiting(), OutboxRow.leased_by != "")
        rows = [row for row in session.scalars(held) if _is_gone(Sender.of(row.leased_by), host, is_alive)]
        for row in rows:
            row.leased_until, row.leased_by = None, ""
        return len(rows)


def requeue(state: State, message_id: str, *, at: datetime) -> Outgoing:
    """Let a message that is not sent be tried at once, with all its tries; by its id or a unique beginning of it.

    Raises:
        ConfigError: no such message, several, or one that is sent.
    """
    with state.write() as session:
        row = _one(session, message_id)
        if row.sent_at is not None:
            raise ConfigError(
                f"message {row.message_id} was sent on {row.sent_at:%Y-%m-%d %H:%M} UTC",
                next_step="finops alerts outbox",
                message_id=row.message_id,
            )
        row.dead_at, row.attempts, row.next_try = None, 0, at
        # An incident that was closed while its opening lay dead must be closed again after it.
        later = select(OutboxRow).where(
            OutboxRow.action == "resolve",
            OutboxRow.channel == row.channel,
            OutboxRow.target == row.target,
            OutboxRow.event_ids == row.event_ids,
            OutboxRow.sent_at.is_not(None),
        )
        for resolve in session.scalars(later) if row.action == "trigger" else ():
            resolve.sent_at, resolve.attempts, resolve.next_try = None, 0, at
        return _message(row)


def fold(
    state: State, choose: Callable[[Sequence[Outgoing]], Sequence[tuple[Outgoing, Sequence[str]]]], *, at: datetime
) -> int:
    """Replace messages that are due and were never tried by digests of them; give the number of digests.

    Args:
        choose: messages, oldest first -> digests, each with the ids of what it holds.
    """
    untried = select(OutboxRow).where(
        _is_waiting(),
        OutboxRow.next_try <= at,
        _is_free(at),
        OutboxRow.attempts == 0,
    )
    with state.write() as session:
        rows = list(session.scalars(untried.order_by(OutboxRow.created_at, OutboxRow.message_id).with_for_update()))
        by_id = {row.message_id: row for row in rows}
        digests = choose([_message(row) for row in rows])
        for digest, folded in digests:
            for message_id in folded:
                by_id[message_id].sent_at = at
                by_id[message_id].provider_ref = f"in digest {digest.message_id}"
        enqueue(session, [digest for digest, _ in digests], at=at)
        return len(digests)


def list_outbox(state: State, *, standing: Standing | None = None, limit: int | None = None) -> list[OutboxRecord]:
    """Give the messages, newest first."""
    with state.read() as session:
        rows = session.scalars(select(OutboxRow).order_by(OutboxRow.created_at.desc(), OutboxRow.message_id))
        records = [_record(row) for row in rows]
    return [record for record in records if standing in (None, record.standing)][:limit]


def count_unsent(state: State) -> int:
    """Count the messages that are still to be sent, those included that a sender holds; a dead letter is not."""
    with state.read() as session:
        return session.execute(select(func.count()).select_from(OutboxRow).where(_is_waiting())).scalar_one()


def _is_waiting() -> ColumnElement[bool]:
    return and_(OutboxRow.sent_at.is_(None), OutboxRow.dead_at.is_(None))


def _is_free(at: datetime) -> ColumnElement[bool]:
    return or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until <= at)


def _follows_an_unsent_one() -> ColumnElement[bool]:
    """Whether it speaks of what is not sent yet: an incident must not be opened after it was closed."""
    first = aliased(OutboxRow)
    return and_(
        OutboxRow.action.in_(("acknowledge", "resolve")),
        exists().where(
            first.action == "trigger",
            first.channel == OutboxRow.channel,
            first.target == OutboxRow.target,
            first.event_ids == OutboxRow.event_ids,
            first.sent_at.is_(None),
            first.dead_at.is_(None),
        ),
    )


def _is_gone(sender: Sender, host: str, is_alive: Callable[[int, float], bool]) -> bool:
    return sender.host == host and not is_alive(sender.pid, sender.born)


def _mine(session: Session, message_id: str, sender: Sender) -> OutboxRow | None:
    query = select(OutboxRow).where(OutboxRow.message_id == message_id, OutboxRow.leased_by == str(sender))
    return session.scalars(query.with_for_update()).first()


def _one(session: Session, message_id: str) -> OutboxRow:
    begins = select(OutboxRow).where(OutboxRow.message_id.startswith(message_id, autoescape=True)).limit(2)
    rows = list(session.scalars(begins)) if message_id else []
    if len(rows) == 1:
        return rows[0]
    problem = "several messages begin with" if rows else "there is no message"
    raise ConfigError(f"{problem} {message_id!r}", next_step="finops alerts outbox", message_id=message_id)


def _row(message: Outgoing, at: datetime) -> dict[str, Any]:
    return {
        "message_id": message.message_id,
        "event_ids": json.dumps(list(message.event_ids)),
        "action": message.action,
        "channel": message.channel,
        "target": message.target,
        "payload": json.dumps(dict(message.payload), ensure_ascii=False, sort_keys=True),
        "created_at": at,
        "next_try": message.not_before,
        "attempts": 0,
        "leased_until": None,
        "leased_by": "",
        "sending_since": None,
        "sent_at": None,
        "provider_ref": "",
        "dead_at": None,
        "last_error": "",
    }


def _message(row: OutboxRow) -> Outgoing:
    return Outgoing(
        message_id=row.message_id,
        event_ids=tuple(json.loads(row.event_ids)),
        action=row.action,  # type: ignore[arg-type]  # written from an Outgoing
        channel=row.channel,
        target=row.target,
        payload=json.loads(row.payload),
        not_before=row.next_try,
    )


def _record(row: OutboxRow) -> OutboxRecord:
    standing: Standing = "waiting"
    if row.sent_at is not None:
        standing = "sent"
    elif row.dead_at is not None:
        standing = "dead"
    elif row.leased_until is not None:
        standing = "sending"
    return OutboxRecord(
        message=_message(row),
        standing=standing,
        created_at=row.created_at,
        next_try=row.next_try,
        attempts=row.attempts,
        sent_at=row.sent_at,
        provider_ref=row.provider_ref,
        last_error=row.last_error,
    )
