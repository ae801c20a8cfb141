"""The schedule and its ledger, opened for a command: what is written, what is due next, what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from finops_lib.runs import clock, processes
from finops_lib.runs.opened import opened_state
from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.runs.schedule.schedule_file import FILE, read_schedule
from finops_lib.settings import Settings
from finops_lib.state.open import State
from finops_lib.state.slots import Worker, slots_of

FOLDER = "scheduler"
# First words of commands that make sense on a schedule.
COMMANDS = ("alerts", "anomalies", "budgets", "build", "collect", "export", "forecast", "ingest", "lake", "reconcile",
            "runs", "savings", "schedule")  # fmt: skip


def schedule_path(settings: Settings) -> Path:
    return settings.project / FOLDER / FILE


def load_schedule(settings: Settings) -> Schedule:
    """Read the project's schedule.

    Raises:
        ConfigError: it is not there, or something in it is wrong.
    """
    return read_schedule(
        schedule_path(settings),
        notebooks=[path.stem for path in settings.notebooks.glob("*.ipynb")],
        commands=COMMANDS,
        recipients=[recipient.name for recipient in settings.workbench.recipients],
    )


def this_worker() -> Worker:
    """Give this process as the ledger writes it."""
    import os

    return Worker(processes.this_host(), os.getpid(), processes.birth_of(os.getpid()))


def listed_jobs(settings: Settings) -> list[dict[str, Any]]:
    """Give the jobs as rows, in an order in which none stands before one it waits for, with their last outcome."""
    schedule, now = load_schedule(settings), clock.now()
    with opened_state(settings) as state:
        return [_row(job, state, now) for job in schedule]


def _row(job: Job, state: State, now: datetime) -> dict[str, Any]:
    last = next(iter(slots_of(state, job=job.name, limit=1)), None)
    return {
        "job": job.name,
        "does": " ".join(("finops", *job.command)),
        "when": job.recurrence.words,
        "cron": job.recurrence.expression,
        "timezone": job.recurrence.timezone,
        "next": next(job.recurrence.after(now)),
        "after": ", ".join(job.after),
        "catch_up": job.catch_up,
        "timeout_minutes": int(job.timeout.total_seconds() // 60),
        "retries": ", ".join(f"{name} {times}" for name, times in job.retries.items()),
        "owner": job.owner,
        "recipients": ", ".join(job.recipients),
        "last_slot": last.slot if last else None,
        "last_status": last.status if last else "",
    }


def next_slots(settings: Settings, *, count: int, job: str = "") -> list[dict[str, Any]]:
    """Give the next slots of all jobs, or of one, the soonest first.

    Raises:
        ConfigError: no such job.
    """
    schedule, now = load_schedule(settings), clock.now()
    jobs = [schedule.job(job)] if job else list(schedule)

    def coming(one: Job) -> Iterator[tuple[datetime, Job]]:
        return ((moment, one) for moment in islice(one.recurrence.after(now), count))

    soonest = sorted((pair for one in jobs for pair in coming(one)), key=lambda pair: (pair[0], pair[1].name))
    return [
        {"slot": slot, "job": one.name, "as_of": one.as_of(slot), "does": " ".join(("finops", *one.words_of(slot)))}
        for slot, one in soonest[:count]
    ]


def past_slots(settings: Settings, *, count: int, job: str = "") -> list[dict[str, Any]]:
    """Give what became of the newest slots, the newest first."""
    with opened_state(settings) as state:
        slots = slots_of(state, job=job or None, limit=count)
    return [
        {
            "slot": one.slot,
            "job": one.job,
            "status": one.status,
            "why": one.why,
            "attempts": one.attempts,
            "started_at": one.started_at,
            "finished_at": one.finished_at,
            "next_try": one.next_try,
            "run_id": one.run_id,
            "error": one.error,
        }
        for one in slots
    ]
