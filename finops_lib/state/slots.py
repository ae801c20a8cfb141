"""Slots of the schedule: what was due, who took it, what became of it. One function per verb, one short transaction.

A slot is taken by inserting its row, which no two can do; while one slot of a job runs, no other slot of it is given
out. Whoever took one says every few seconds that it lives; what is silent is given out again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from finops_lib.state import audit
from finops_lib.state.models import JobRow, SlotRow
from finops_lib.state.open import State

# RUNNING; WAITING = for another try; COVERED = a newer slot did what this one was for; MISSED = nobody ever ran it.
SlotStatus = Literal["RUNNING", "WAITING", "SUCCEEDED", "FAILED", "COVERED", "MISSED"]
SETTLED: tuple[SlotStatus, ...] = ("SUCCEEDED", "FAILED", "COVERED", "MISSED")
# A process on another machine cannot be asked whether it lives; it says so itself.
SILENT_AFTER = timedelta(minutes=2)

# Done in the transaction that writes a slot's end, e.g. a message about it.
Also = Callable[[Session], None]


def nothing(session: Session) -> None:
    """Write nothing else."""


@dataclass(frozen=True, slots=True)
class Worker:
    """The process that takes slots: its machine, its number, and when it began, for numbers are given twice."""

    host: str
    pid: int
    born: float


@dataclass(frozen=True, slots=True)
class Slot:
    """A slot as the ledger knows it.

    Args:
        why: `on time`, `caught up` or `backfill`.
        next_try: of a WAITING one.
        run_id: of the notebook's run; "" for a command.
        error: why it failed or was not run, in one line.
    """

    job: str
    slot: datetime
    status: SlotStatus
    why: str = ""
    attempts: int = 0
    host: str = ""
    pid: int = 0
    pid_started: float = 0.0
    started_at: datetime | None = None
    heartbeat_at: datetime | None = None
    finished_at: datetime | None = None
    next_try: datetime | None = None
    exit_code: int | None = None
    run_id: str = ""
    error: str = ""

    @property
    def is_settled(self) -> bool:
        return self.status in SETTLED


def settled(state: State, jobs: Collection[str]) -> dict[str, datetime]:
    """Give until when the slots are settled of each of these jobs that was ever seen."""
    with state.read() as session:
        rows = session.scalars(select(JobRow).where(JobRow.job.in_(list(jobs))))
        return {row.job: row.settled_through for row in rows}


def register(state: State, jobs: Collection[str], *, at: datetime) -> dict[str, datetime]:
    """Give until when each job's slots are settled; a job seen for the first time owes nothing of before."""
    known = settled(state, jobs)
    if new := [job for job in jobs if job not in known]:
        with state.write() as session:
            audit.take_turn(session)
            for job in new:
                row = session.get(JobRow, job)
                if row is None:
                    session.add(JobRow(job=job, settled_through=at))
                known[job] = row.settled_through if row else at
    return known


def settle(state: State, through: Mapping[str, datetime]) -> None:
    """Say that all slots of these jobs up to a moment are settled; never goes back."""
    with state.write() as session:
        for job, moment in through.items():
            row = session.get(JobRow, job)
            if row is not None and row.settled_through < moment:
                row.settled_through = moment


def slots_of(
    state: State, *, job: str | None = None, after: datetime | None = None, limit: int | None = None
) -> list[Slot]:
    """Give slots, the newest first; those that run or wait are among them whatever `after` says."""
    query = select(SlotRow).order_by(SlotRow.slot.desc(), SlotRow.job).limit(limit)
    if job is not None:
        query = query.where(SlotRow.job == job)
    if after is not None:
        query = query.where((SlotRow.slot > after) | SlotRow.status.in_(("RUNNING", "WAITING")))
    with state.read() as session:
        return [_slot(row) for row in session.scalars(query)]


def newest_success(state: State, jobs: Collection[str]) -> dict[str, Slot]:
    """Give the newest slot that succeeded of each of these jobs that has one."""
    with state.read() as session:
        found = {}
        for job in jobs:
            query = select(SlotRow).where(SlotRow.job == job, SlotRow.status == "SUCCEEDED")
            row = session.scalars(query.order_by(SlotRow.slot.desc()).limit(1)).first()
            if row is not None:
                found[job] = _slot(row)
        return found


def claim(
    state: State, job: str, slot: datetime, *, worker: Worker, why: str, at: datetime, beside_others: bool = False
) -> Slot | None:
    """Take a slot; None where somebody else has it, it is settled, or another slot of the job runs.

    Args:
        beside_others: other slots of the job may run at the same time, as in a backfill.
    """
    with state.write() as session:
        audit.take_turn(session)
        running = select(SlotRow).where(SlotRow.job == job, SlotRow.status == "RUNNING")
        if not beside_others and session.scalars(running).first() is not None:
            return None
        row = session.get(SlotRow, (job, slot))
        if row is None:
            row = SlotRow(job=job, slot=slot, why=why, attempts=0, run_id="", error="")
            session.add(row)
        elif row.status != "WAITING" or (row.next_try is not None and row.next_try > at):
            return None
        row.status, row.attempts, row.next_try = "RUNNING", row.attempts + 1, None
        row.host, row.pid, row.pid_started = worker.host, worker.pid, worker.born
        row.started_at, row.heartbeat_at, row.finished_at, row.exit_code = at, at, None, None
        return _slot(row)


def reopen(state: State, job: str, slots: Collection[datetime], *, why: str, at: datetime) -> None:
    """Let settled slots be run once more; one that runs or waits stays as it is."""
    with state.write() as session:
        audit.take_turn(session)
        for slot in slots:
            row = session.get(SlotRow, (job, slot))
            if row is not None and row.status in SETTLED:
                row.status, row.why, row.attempts, row.next_try = "WAITING", why, 0, at


def beat(state: State, worker: Worker, *, at: datetime) -> None:
    """Say that the taker of its slots lives."""
    with state.write() as session:
        mine = update(SlotRow).where(SlotRow.status == "RUNNING", *_is_of(worker))
        session.execute(mine.values(heartbeat_at=at))


def finish(
    state: State,
    job: str,
    slot: datetime,
    *,
    worker: Worker,
    status: SlotStatus,
    at: datetime,
    exit_code: int | None = None,
    next_try: datetime | None = None,
    run_id: str = "",
    error: str = "",
    also: Also = nothing,
) -> bool:
    """Say what became of a slot; False where it was taken away meanwhile, and then its taker's word is late.

    Args:
        also: done in the same transaction, e.g. a message about it.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = session.get(SlotRow, (job, slot))
        if row is None or row.status != "RUNNING" or (row.host, row.pid, row.pid_started) != _parts(worker):
            return False
        row.status, row.finished_at, row.next_try = status, at, next_try
        row.exit_code, row.run_id, row.error = exit_code, run_id or row.run_id, error
        also(session)
        return True


def note(state: State, slots: Sequence[Slot], *, also: Also = nothing) -> None:
    """Write down slots that were not run, with the reason; one that somebody took meanwhile keeps its own word."""
    if not slots:
        return
    with state.write() as session:
        audit.take_turn(session)
        for one in slots:
            row = session.get(SlotRow, (one.job, one.slot))
            if row is None:
                session.add(SlotRow(**_fields(one)))
            elif row.status == "WAITING":
                row.status, row.error, row.finished_at, row.next_try = one.status, one.error, one.finished_at, None
        also(session)


def reclaim(
    state: State,
    *,
    host: str,
    at: datetime,
    is_alive: Callable[[int, float], bool],
    most_attempts: Callable[[str], int],
    also: Callable[[Slot], Also] = lambda slot: nothing,
) -> list[Slot]:
    """Let slots whose taker is gone be taken again, and give them.

    Args:
        most_attempts: of a job; a slot that was taken so often and never came to an end has failed.
        also: what is done for one of them in the same transaction.
    """

    def is_dead(row: SlotRow) -> bool:
        if row.host == host:
            return not is_alive(row.pid, row.pid_started)
        return at - (row.heartbeat_at or at) > SILENT_AFTER

    running = select(SlotRow).where(SlotRow.status == "RUNNING")
    with state.read() as session:
        # Nobody waits for a writer's turn at each look where nothing is wrong.
        if not any(is_dead(row) for row in session.scalars(running)):
            return []
    found = []
    with state.write() as session:
        audit.take_turn(session)
        for row in session.scalars(running):
            if not is_dead(row):
                continue
            beat_at = row.heartbeat_at or at
            said = f"the scheduler (process {row.pid} on {row.host}) was gone after {beat_at:%Y-%m-%d %H:%M:%S} UTC"
            is_last = row.attempts >= most_attempts(row.job)
            row.status, row.error, row.next_try = ("FAILED" if is_last else "WAITING"), said, None if is_last else at
            row.finished_at = at
            found.append(_slot(row))
            also(found[-1])(session)
    return found


def _is_of(worker: Worker) -> tuple[Any, ...]:
    return SlotRow.host == worker.host, SlotRow.pid == worker.pid, SlotRow.pid_started == worker.born


def _parts(worker: Worker) -> tuple[str, int, float]:
    return worker.host, worker.pid, worker.born


def _fields(slot: Slot) -> dict[str, Any]:
    return {name: getattr(slot, name) for name in Slot.__slots__}


def _slot(row: SlotRow) -> Slot:
    return Slot(**{name: getattr(row, name) for name in Slot.__slots__})
