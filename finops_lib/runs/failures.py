"""What is not sent or not done: its owner gets what happened, once, instead of a report."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from finops_lib.errors import ConfigError
from finops_lib.messages import Outgoing
from finops_lib.runs import clock
from finops_lib.runs.addressees import OPERATORS, Addressee, find_addressee
from finops_lib.runs.alert_outbox import deliver_waiting
from finops_lib.runs.held import held_back
from finops_lib.runs.letters import link_to
from finops_lib.runs.opened import opened_state
from finops_lib.runs.schedule.due import trigger_of
from finops_lib.runs.schedule.jobs import Job
from finops_lib.runs.schedule.opened import load_schedule
from finops_lib.settings import Settings
from finops_lib.state import outbox
from finops_lib.state.open import State
from finops_lib.state.runs import RunRecord
from finops_lib.state.slots import Slot

# It carries the messages: that it could not is not told by another one that it would have to carry.
_MESSENGER = "alerts"


def tell_owner_of_run(settings: Settings, state: State, run: RunRecord, reason: str) -> str:
    """Tell the owner of a run why its report is not sent; give who that is, "" = nobody can be told."""
    reader = _owner(settings, _owner_named(settings, run.notebook))
    if reader is None:
        return ""
    # A run that the schedule asked for is its slot's: whoever tells of it first has told of it.
    now = clock.now()
    message = _message(_key_of_run(run), reader, _payload_of_run(settings, run, reason), now)
    with state.write() as session:
        outbox.enqueue(session, [message], at=now)
    deliver_waiting(settings, state)
    return reader.name


def tell_owner_of_failed_run(settings: Settings, run: RunRecord) -> str:
    """Tell the owner of a run that did not succeed; give who that is, "" = nobody can be told."""
    with opened_state(settings) as state:
        return tell_owner_of_run(settings, state, run, held_back(run))


def enqueue_failed_slot(
    settings: Settings, session: Session, job: Job, slot: Slot, run: RunRecord | None, *, at: datetime
) -> None:
    """Write down, within the transaction that ends a slot, that its owner is to be told."""
    reader = _owner(settings, job.owner)
    if reader is None or job.command[:1] == (_MESSENGER,):
        return
    payload = _payload_of_slot(settings, job, slot, run)
    outbox.enqueue(session, [_message(trigger_of(slot.job, slot.slot), reader, payload, at)], at=at)


def _owner(settings: Settings, name: str) -> Addressee | None:
    return find_addressee(settings, name) or find_addressee(settings, OPERATORS)


def _owner_named(settings: Settings, notebook: str) -> str:
    with contextlib.suppress(ConfigError):
        return next((job.owner for job in load_schedule(settings) if job.notebook == notebook and job.owner), "")
    return ""


def _key_of_run(run: RunRecord) -> str:
    return run.trigger if run.trigger.startswith("schedule") else run.run_id


def _message(key: str, reader: Addressee, payload: dict[str, Any], at: datetime) -> Outgoing:
    parts = ("failure", key, reader.channel, reader.target.lower())
    identity = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]
    return Outgoing(identity, (), "report", reader.channel, reader.target, {**payload, "at": at.isoformat()}, at)


def _payload_of_run(settings: Settings, run: RunRecord, reason: str) -> dict[str, Any]:
    figures = [["Run", run.run_id], ["As of", run.as_of or "not known"]]
    if run.error_cell is not None:
        figures.append(["Cell", str(run.error_cell)])
    if run.error:
        figures.append(["Error", run.error])
    return _payload(
        title=f"{run.notebook.capitalize()} was not sent: {reason}",
        subject=run.notebook,
        sentence=f"No reader got the {run.notebook} report. {run.error or reason}",
        figures=figures,
        link=link_to(settings, run) if run.report else "",
        notes=[f"See it: finops runs show {run.run_id}. Send it once it is right: finops deliver {run.run_id}"],
    )


def _payload_of_slot(settings: Settings, job: Job, slot: Slot, run: RunRecord | None) -> dict[str, Any]:
    what = "was missed" if slot.status == "MISSED" else "failed"
    figures = [["Slot", f"{slot.slot:%Y-%m-%d %H:%M} UTC"], ["Tries", str(slot.attempts)]]
    if run is not None:
        figures += [["Run", run.run_id], *([["Cell", str(run.error_cell)]] if run.error_cell is not None else [])]
    return _payload(
        title=f"{job.name} {what}: {slot.slot:%Y-%m-%d %H:%M} UTC",
        subject=job.name,
        sentence=slot.error or (run.error if run and run.error else f"the job {what}"),
        figures=figures,
        link=link_to(settings, run) if run is not None and run.report else "",
        notes=[f"What it does: finops {' '.join(job.command)}. What became of it: finops schedule history"],
    )


def _payload(
    *, title: str, subject: str, sentence: str, figures: Sequence[Sequence[str]], link: str, notes: Sequence[str]
) -> dict[str, Any]:
    return {
        "title": title,
        "subject_line": f"[FAILED] {title}",
        "badge": "not delivered",
        "colour": "red",
        "severity": "warning",
        "sentence": sentence,
        "figures": [list(figure) for figure in figures],
        "notes": list(notes),
        "link": link,
        "subject": subject,
        "kind": "failure",
        "source": f"finops:{subject}",
    }
