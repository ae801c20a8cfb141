"""The run ledger: one function per verb, each one short transaction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from finops_lib.errors import ConfigError
from finops_lib.findings import RunStatus
from finops_lib.state.models import Run
from finops_lib.state.open import State

# A runner on another machine cannot be asked whether it lives; it says so itself every few seconds.
SILENT_AFTER = timedelta(minutes=10)

_JSON_COLUMNS = ("parameters", "versions")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """One notebook run as the ledger knows it. `report` is relative to the outputs folder; None = not known.

    Args:
        checks_failed: names and residuals of the run's own checks that failed; None = all passed.
        reconcile_failed: what a later reconciliation found wrong at the run's snapshot; None = nothing.
        pinned: why its report is never pruned; None = it is not pinned.
        pruned_at: when its report was given up; its numbers are gone, its line here stays.
    """

    run_id: str
    notebook: str
    status: RunStatus
    parameters: Mapping[str, Any]
    started_at: datetime
    trigger: str
    host: str
    pid: int
    pid_started: float
    heartbeat_at: datetime
    as_of: str | None = None
    snapshot: int | None = None
    finished_at: datetime | None = None
    duration_s: float | None = None
    cpu_seconds: float | None = None
    cells_done: int = 0
    cells_total: int = 0
    report: str | None = None
    error: str | None = None
    error_cell: int | None = None
    checks_failed: str | None = None
    reconcile_failed: str | None = None
    headline: str | None = None
    exit_code: int | None = None
    notebook_hash: str | None = None
    code_hash: str | None = None
    git_sha: str | None = None
    git_dirty: bool | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    pinned: str | None = None
    pruned_at: datetime | None = None


def start_run(state: State, record: RunRecord) -> None:
    """Enter a run that begins now."""
    with state.write() as session:
        session.add(Run(**_row(record)))


def finish_run(state: State, record: RunRecord) -> None:
    """Replace what the ledger knows of a run by its outcome."""
    with state.write() as session:
        session.merge(Run(**_row(record)))


def note_progress(state: State, run_id: str, *, cells_done: int, cells_total: int, at: datetime) -> None:
    """Say how far a run is, and that its runner lives."""
    changes = {"cells_done": cells_done, "cells_total": cells_total, "heartbeat_at": at}
    with state.write() as session:
        session.execute(update(Run).where(Run.run_id == run_id, Run.status == "RUNNING").values(changes))


def note_reconciliation(state: State, run_id: str, reason: str | None) -> None:
    """Say what a reconciliation found wrong at a run's snapshot; None takes it back."""
    with state.write() as session:
        session.execute(update(Run).where(Run.run_id == run_id).values(reconcile_failed=reason))


def get_run(state: State, run_id: str) -> RunRecord:
    """Give one run, by its id or by a beginning of it that no other run shares.

    Raises:
        ConfigError: no such run, or several.
    """
    with state.read() as session:
        found = session.get(Run, run_id)
        if found is not None:
            return _record(found)
        begins = select(Run).where(Run.run_id.startswith(run_id, autoescape=True)).limit(2)
        runs = list(session.scalars(begins)) if run_id else []
        if len(runs) == 1:
            return _record(runs[0])
    problem = "several runs begin with" if runs else "there is no run"
    raise ConfigError(f"{problem} {run_id!r}", next_step="finops runs list", run_id=run_id)


def list_runs(
    state: State, *, notebook: str | None = None, status: RunStatus | None = None, limit: int | None = None
) -> list[RunRecord]:
    """Give the runs, newest first."""
    query = select(Run).order_by(Run.started_at.desc(), Run.run_id.desc()).limit(limit)
    if notebook is not None:
        query = query.where(Run.notebook == notebook)
    if status is not None:
        query = query.where(Run.status == status)
    with state.read() as session:
        return [_record(run) for run in session.scalars(query)]


def succeeded_under(state: State, trigger: str) -> RunRecord | None:
    """Give the newest run that somebody asked for under this key and that succeeded."""
    query = select(Run).where(Run.trigger == trigger, Run.status == "SUCCEEDED").order_by(Run.started_at.desc())
    with state.read() as session:
        found = session.scalars(query.limit(1)).first()
        return None if found is None else _record(found)


def reclaim_dead_runs(
    state: State, *, host: str, at: datetime, is_alive: Callable[[int, float], bool]
) -> list[RunRecord]:
    """Close the runs that say RUNNING although nobody runs them, and give them.

    Args:
        host: this machine; only its processes can be asked.
        is_alive: whether the process of that number, started at that moment, still lives.
    """
    reclaimed = []
    for run in list_runs(state, status="RUNNING"):
        if run.host == host:
            dead = not is_alive(run.pid, run.pid_started)
            error = f"the runner (process {run.pid} on {run.host}) is gone; its last sign of life was {_clock(run)}"
        else:
            dead = at - run.heartbeat_at > SILENT_AFTER
            error = f"the runner on {run.host} has been silent since {_clock(run)}"
        if not dead:
            continue
        duration = (run.heartbeat_at - run.started_at).total_seconds()
        closed = replace(
            run, status="KERNEL_DIED", error=error, exit_code=1, finished_at=run.heartbeat_at, duration_s=duration
        )
        if _close_if_running(state, closed):
            reclaimed.append(closed)
    return reclaimed


def _close_if_running(state: State, closed: RunRecord) -> bool:
    # The run may have ended by itself since it was read: its own word counts.
    with state.write() as session:
        current = session.get(Run, closed.run_id)
        if current is None or current.status != "RUNNING":
            return False
        session.merge(Run(**_row(closed)))
        return True


def _clock(run: RunRecord) -> str:
    return f"{run.heartbeat_at:%Y-%m-%d %H:%M:%S} UTC"


def _row(record: RunRecord) -> dict[str, Any]:
    row = {name: getattr(record, name) for name in RunRecord.__slots__}
    return row | {name: json.dumps(dict(row[name]), sort_keys=True, ensure_ascii=False) for name in _JSON_COLUMNS}


def _record(run: Run) -> RunRecord:
    row = {name: getattr(run, name) for name in RunRecord.__slots__}
    return RunRecord(**(row | {name: json.loads(row[name]) for name in _JSON_COLUMNS}))
