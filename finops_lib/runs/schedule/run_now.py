"""Run what one job owes, now and in the foreground; and run its slots of other days again.

`run_job` is what cron, systemd, Kubernetes and Airflow call: they only say when. What is due, what was missed, retries
and the lock against a second run are the ledger's here as under our own scheduler.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

from finops_lib.errors import ConfigError, LockError, RunError
from finops_lib.runs import clock
from finops_lib.runs.schedule.due import BACKFILL, Due
from finops_lib.runs.schedule.jobs import Job
from finops_lib.runs.schedule.opened import load_schedule
from finops_lib.runs.schedule.serve import in_words, scheduler_of
from finops_lib.runs.schedule.service import Running, Scheduler
from finops_lib.settings import Settings
from finops_lib.state import slots as ledger
from finops_lib.state.open import State, open_state
from finops_lib.state.slots import Slot

_LOOK_EVERY_S = 0.5

Say = Callable[[str], None]


def run_job(settings: Settings, name: str, *, say: Say) -> list[Slot]:
    """Run all slots that a job owes, the oldest first, with its retries; give those that came to an end.

    The first time a job is seen, its newest slot is what it owes.

    Raises:
        ConfigError: no such job, or the schedule is wrong.
        LockError: another process runs this job.
        RunError: a slot failed or was missed; all were tried.
    """
    schedule = load_schedule(settings)
    job = schedule.job(name)
    state = open_state(settings.state_url)
    try:
        scheduler = scheduler_of(settings, schedule, state)
        scheduler.only = name
        ledger.register(state, [name], at=job.recurrence.newest(clock.now()) - timedelta(seconds=1))
        ended = _until_settled(scheduler, job, say)
    finally:
        state.close()
    bad = [slot for slot in ended if slot.status in ("FAILED", "MISSED")]
    if bad:
        raise RunError(in_words(bad[-1]), next_step=f"finops schedule history --job {name}")
    return ended


def _until_settled(scheduler: Scheduler, job: Job, say: Say) -> list[Slot]:
    ended: list[Slot] = []
    try:
        while True:
            now = clock.now()
            for slot in scheduler.tick(now):
                say(in_words(slot))
                if slot.is_settled:
                    ended.append(slot)
            mine = ledger.slots_of(scheduler.state, job=job.name, limit=50)
            if any(one.status == "RUNNING" for one in mine) and not scheduler.running:
                holder = next(one for one in mine if one.status == "RUNNING")
                where = f"process {holder.pid} on {holder.host}"
                raise LockError(
                    f"{job.name} of {holder.slot:%Y-%m-%d %H:%M} UTC runs already ({where})",
                    next_step="wait for it, or look at it: finops schedule history",
                )
            is_open = scheduler.running or scheduler.waiting or any(one.status == "WAITING" for one in mine)
            if not is_open:
                return ended
            time.sleep(_LOOK_EVERY_S)
    finally:
        scheduler.stop(clock.now())


@dataclass(frozen=True, slots=True)
class Backfilled:
    """One slot of a backfill: what became of it, or would."""

    slot: datetime
    as_of: str
    before: str
    status: str
    error: str = ""


def backfill(
    settings: Settings,
    name: str,
    *,
    first: date,
    last: date,
    parallel: int = 1,
    only_missing: bool = False,
    dry_run: bool = False,
    say: Say,
) -> list[Backfilled]:
    """Run a job's slots of some days, the oldest first; reports are made and sent to nobody.

    Args:
        first, last: days of the job's time zone, both included.
        only_missing: leave out slots that succeeded.
    Raises:
        ConfigError: no such job, days in the wrong order, or a job that is always about the newest day.
        RunError: a slot failed; all were tried.
    """
    schedule = load_schedule(settings)
    # Nobody wants the mails of last month once more.
    job = replace(schedule.job(name), recipients=())
    slots = _slots(job, first, last)
    state = open_state(settings.state_url)
    try:
        held = {one.slot: one for one in ledger.slots_of(state, job=name)}
        wanted = [slot for slot in slots if not (only_missing and slot in held and held[slot].status == "SUCCEEDED")]
        before = {slot: held[slot].status if slot in held else "" for slot in wanted}
        if dry_run:
            return [Backfilled(slot, job.as_of(slot), before[slot], "would run") for slot in wanted]
        ledger.reopen(state, name, wanted, why=BACKFILL, at=clock.now())
        ended = _run_all(scheduler_of(settings, schedule, state), job, wanted, parallel, say)
    finally:
        state.close()
    found = [Backfilled(slot, job.as_of(slot), before[slot], *_told(ended.get(slot))) for slot in wanted]
    if failed := [one for one in found if one.status != "SUCCEEDED"]:
        worst = f"{failed[0].slot:%Y-%m-%d %H:%M} UTC: {failed[0].error or failed[0].status}"
        raise RunError(
            f"{len(failed)} of {len(found)} slots of {name} did not succeed; the first, {worst}",
            next_step=f"mend it, then finops schedule backfill {name} --only-missing with the same days",
        )
    return found


def _slots(job: Job, first: date, last: date) -> list[datetime]:
    if job.days_before is None:
        raise ConfigError(
            f"{job.name} is about whatever is newest, so there is nothing to run again for other days",
            next_step="give it days_before in scheduler/schedule.yaml, or run its command by hand",
        )
    zone = ZoneInfo(job.recurrence.timezone)
    if last < first:
        raise ConfigError(f"--to {last} is before --from {first}", next_step="exchange them")
    start = datetime.combine(first, clock_time.min, zone) - timedelta(seconds=1)
    end = datetime.combine(last + timedelta(days=1), clock_time.min, zone) - timedelta(seconds=1)
    return job.recurrence.between(start, min(end, clock.now()))


def _run_all(scheduler: Scheduler, job: Job, slots: list[datetime], parallel: int, say: Say) -> dict[datetime, Slot]:
    """Run slots of one job beside each other, with its retries."""
    state: State = scheduler.state
    ended: dict[datetime, Slot] = {}
    queue, again = list(slots), f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
    retry_at: dict[datetime, datetime] = {}
    scheduler.stopping = True  # It closes what ends, and starts nothing of its own.
    try:
        while queue or scheduler.running:
            now = clock.now()
            for one in scheduler.tick(now):
                say(in_words(one))
                if one.is_settled:
                    ended[one.slot] = one
                elif one.next_try is not None:
                    retry_at[one.slot] = one.next_try
                    queue.insert(0, one.slot)
            for slot in [moment for moment in queue if retry_at.get(moment, now) <= now]:
                if len(scheduler.running) >= parallel:
                    break
                queue.remove(slot)
                taken = ledger.claim(
                    state, job.name, slot, worker=scheduler.worker, why=BACKFILL, at=now, beside_others=True
                )
                if taken is not None:
                    due = Due(job, slot, BACKFILL, again)
                    scheduler.running[job.name, slot] = Running(due, scheduler.launcher.start(due), taken.attempts)
            time.sleep(_LOOK_EVERY_S)
    finally:
        scheduler.stop(clock.now())
    return ended


def _told(slot: Slot | None) -> tuple[str, str]:
    return (slot.status, slot.error) if slot else ("not run", "another process has taken it")
