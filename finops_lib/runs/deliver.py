"""A run's report to its readers: held back or not, one page per scope, one message per reader, each sent once.

Question: what must not go wrong when a report is sent?
Choice: nothing leaves a run whose checks failed; a reader with a scope gets the page of a run of their own, narrowed to
it before its first query; the letter lies in the run's folder before the outbox names it, and the message's id is made
of run and reader, so that however often this is begun, each reader gets it once.
Declined: one mail with all of them in Bcc; cutting names out of a finished page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finops_lib.delivery import LETTER
from finops_lib.delivery.outbox import Delivered
from finops_lib.errors import FinOpsError, QualityError
from finops_lib.messages import Letter, Outgoing
from finops_lib.runs import clock
from finops_lib.runs.addressees import Addressee, addressees
from finops_lib.runs.alert_outbox import deliver_waiting
from finops_lib.runs.failures import tell_owner_of_run
from finops_lib.runs.held import held_back
from finops_lib.runs.ledger import open_ledger
from finops_lib.runs.letters import link_to, write_mail
from finops_lib.runs.notebook import OnProgress
from finops_lib.runs.readers_scope import SCOPE
from finops_lib.runs.rerun import run_again
from finops_lib.settings import Settings
from finops_lib.state import outbox
from finops_lib.state.open import State
from finops_lib.state.runs import RunRecord, get_run

_COLOURS = {"red": "critical", "orange": "warning"}


@dataclass(frozen=True, slots=True)
class Sent:
    """What one reader gets, and what became of it.

    Args:
        run_id: the run whose page it is: the reader's own where they have a scope.
        html_bytes, mail_bytes: of the HTML part, and of the whole mail.
        standing: not sent (a dry run), sent, sent before, waiting, dead, or failed; `error` says why.
    """

    addressee: Addressee
    run_id: str
    subject: str
    html_bytes: int
    mail_bytes: int
    standing: str
    error: str = ""


@dataclass(slots=True)
class Delivery:
    """What became of a report."""

    run: RunRecord
    sent: list[Sent] = field(default_factory=list)
    channels: Delivered | None = None

    @property
    def failed(self) -> list[Sent]:
        return [one for one in self.sent if one.standing in ("failed", "dead")]


def deliver(
    settings: Settings,
    run_id: str,
    *,
    to: Sequence[str] = (),
    subscribed: bool = False,
    dry_run: bool = False,
    on_progress: OnProgress | None = None,
) -> Delivery:
    """Send a run's report.

    Args:
        run_id: the run's id, or a beginning of it that no other shares.
        to: recipients' names, mail addresses or channels.
        subscribed: also to those who have this report among theirs; nobody named means that too.
        dry_run: make every page and mail, and send none.
    Raises:
        QualityError: the run is held back; its owner is told instead, but for a dry run.
        ConfigError: no such run, or a reader who cannot be reached; nobody has got anything then.
    """
    with open_ledger(settings) as state:
        run = get_run(state, run_id)
        if reason := held_back(run):
            told = "" if dry_run else tell_owner_of_run(settings, state, run, reason)
            raise QualityError(
                f"{run.run_id} is not sent: {reason}" + (f"; {told} is told" if told else ""),
                next_step=f"finops runs show {run.run_id}",
                run_id=run.run_id,
            )
        readers = addressees(settings, run.notebook, to, subscribed=subscribed or not to)
    done = Delivery(run)
    for scope in sorted({reader.scope for reader in readers}):
        same = [reader for reader in readers if reader.scope == scope]
        done.sent += _to_those_of(settings, run, scope, same, dry_run=dry_run, on_progress=on_progress)
    if not dry_run and any(one.standing == "waiting" for one in done.sent):
        with open_ledger(settings) as state:
            done.channels = deliver_waiting(settings, state)
            done.sent = [_as_it_stands(state, one, run) for one in done.sent]
    return done


def _to_those_of(
    settings: Settings,
    run: RunRecord,
    scope: str,
    readers: Sequence[Addressee],
    *,
    dry_run: bool,
    on_progress: OnProgress | None,
) -> list[Sent]:
    """Make the page and the mail that readers of one scope share, and put it into the outbox for each of them."""
    try:
        shown = _run_for(settings, run, scope, on_progress)
        letter, path = write_mail(settings, shown)
    except FinOpsError as error:
        # The others get theirs all the same.
        return [Sent(reader, "", "", 0, 0, "failed", str(error)) for reader in readers]
    sizes = len(letter.html.encode()), path.stat().st_size
    messages = [_message(settings, run, shown, letter, path, reader) for reader in readers]
    sent = [Sent(reader, shown.run_id, letter.subject, *sizes, "not sent") for reader in readers]
    if dry_run:
        return sent
    with open_ledger(settings) as state:
        with state.write() as session:
            outbox.enqueue(session, messages, at=clock.now())
        standings = _standings(state)
        before = [standings[message.message_id].standing == "sent" for message in messages]
        for message in messages:
            if standings[message.message_id].standing in ("dead", "waiting"):
                # Whoever asks for it does not want to wait for the next try.
                outbox.requeue(state, message.message_id, at=clock.now())
    return [
        Sent(one.addressee, one.run_id, one.subject, *sizes, "sent before" if was else "waiting")
        for one, was in zip(sent, before, strict=True)
    ]


def _run_for(settings: Settings, run: RunRecord, scope: str, on_progress: OnProgress | None) -> RunRecord:
    """Give the run whose page readers of a scope may see: their own, made once."""
    if str(run.parameters.get(SCOPE, "")) == scope or not scope:
        return run
    shown = run_again(settings, run, scope=scope, once=f"{run.run_id} for {scope}", on_progress=on_progress)
    if reason := held_back(shown):
        raise QualityError(
            f"the page for {scope}, {shown.run_id}, is not sent: {shown.error or reason}",
            next_step=f"finops runs show {shown.run_id}",
            run_id=shown.run_id,
        )
    return shown


def _message(
    settings: Settings, run: RunRecord, shown: RunRecord, letter: Letter, path: Path, reader: Addressee
) -> Outgoing:
    now = clock.now()
    payload: dict[str, Any] = {
        "title": letter.subject,
        "sentence": letter.changed,
        "colour": letter.colour or "grey",
        "badge": run.notebook,
        "severity": _COLOURS.get(letter.colour, "info"),
        "subject_line": letter.subject,
        "link": link_to(settings, shown),
        "at": (shown.finished_at or now).isoformat(),
        "subject": run.notebook,
        "scope": reader.scope,
        "kind": "report",
        "source": f"finops:{run.notebook}",
    }
    if reader.target:
        payload[LETTER] = str(path.relative_to(settings.outputs))
    return Outgoing(message_id(run, reader), (), "report", reader.channel, reader.target, payload, now)


def message_id(run: RunRecord, reader: Addressee) -> str:
    """Give what no two reports share: the run that was asked for, and the reader."""
    parts = ("report", run.run_id, reader.channel, reader.target.lower(), reader.scope)
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def _standings(state: State) -> dict[str, outbox.OutboxRecord]:
    return {one.message.message_id: one for one in outbox.list_outbox(state)}


def _as_it_stands(state: State, one: Sent, run: RunRecord) -> Sent:
    if one.standing != "waiting":
        return one
    record = _standings(state)[message_id(run, one.addressee)]
    return Sent(
        one.addressee, one.run_id, one.subject, one.html_bytes, one.mail_bytes, record.standing, record.last_error
    )


def rows_of(done: Delivery) -> list[dict[str, Any]]:
    """Give what became of a report as rows, one for each reader."""
    return [
        {
            "recipient": one.addressee.name,
            "channel": one.addressee.channel,
            "address": one.addressee.target,
            "scope": one.addressee.scope or "all",
            "run_id": one.run_id,
            "subject": one.subject,
            "html_kb": round(one.html_bytes / 1000, 1),
            "mail_kb": round(one.mail_bytes / 1000, 1),
            "standing": one.standing,
            "error": one.error,
        }
        for one in done.sent
    ]
