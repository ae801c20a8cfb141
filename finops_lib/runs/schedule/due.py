"""What is to be done now? The schedule held against the ledger of slots; asks no clock and no database.

    settled through, what is in the ledger, the moment -> what to run, what not to run any more and why, who waits

Rules:
- A slot that is in the ledger is never due again, but for one that waits for another try.
- catch_up: `each` runs all missed slots, the oldest first; `latest` runs the newest, which covers the others; `none`
  runs a slot only within its grace.
- A slot waits for the newest slot of each job in `after` that is not later than itself; a later success of that job
  does as well, for it read newer data. After `wait_at_most` it is missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.state.slots import Slot, SlotStatus

# How late a slot may begin and still be on time.
GRACE = timedelta(minutes=5)
# Of a machine that was off for longer, only this many slots of a job are looked at, the newest.
MOST_SLOTS = 5_000
# Why a slot runs that somebody asked for afterwards.
BACKFILL = "backfill"

Known = Mapping[str, Mapping[datetime, Slot]]


@dataclass(frozen=True, slots=True)
class Due:
    """A slot that is to be run now.

    Args:
        again: when somebody asked for it although it may have been run before; "" = nobody did.
    """

    job: Job
    slot: datetime
    why: str
    again: str = ""

    @property
    def key(self) -> str:
        """The word under which the run ledger knows what was started for it; a run under it is made once."""
        asked = f" again {self.again}" if self.again else ""
        return f"{trigger_of(self.job.name, self.slot)}{asked}"


def trigger_of(job: str, slot: datetime) -> str:
    """Name a slot in one word for people."""
    return f"schedule {job} {slot:%Y-%m-%dT%H:%MZ}"


@dataclass(slots=True)
class Plan:
    """What follows from one look.

    Args:
        run: in the order of their slots; jobs before those that wait for them.
        not_run: COVERED and MISSED slots, to be written down.
        waiting: (job, slot) -> the jobs it waits for.
        settled: job -> until when nothing of it is open.
    """

    run: list[Due] = field(default_factory=list)
    not_run: list[Slot] = field(default_factory=list)
    waiting: dict[tuple[str, datetime], tuple[str, ...]] = field(default_factory=dict)
    settled: dict[str, datetime] = field(default_factory=dict)


def plan(
    schedule: Schedule, *, settled: Mapping[str, datetime], known: Known, now: datetime, awake_since: datetime
) -> Plan:
    """Say what to do now.

    Args:
        settled: until when each job's slots are settled.
        known: job -> slot -> what the ledger has of the slots after that.
        awake_since: when this scheduler began to look: nobody could wait before.
    """
    found = Plan()
    for job in schedule:
        _plan_job(found, schedule, job, settled, known, now, awake_since)
    order = {name: n for n, name in enumerate(schedule.jobs)}
    found.run.sort(key=lambda due: (due.slot, order[due.job.name]))
    return found


def _plan_job(
    found: Plan,
    schedule: Schedule,
    job: Job,
    settled: Mapping[str, datetime],
    known: Known,
    now: datetime,
    awake_since: datetime,
) -> None:
    mine = known.get(job.name, {})
    slots = job.recurrence.between(settled[job.name], now)[-MOST_SLOTS:]
    open_slots = [slot for slot in slots if slot not in mine or not mine[slot].is_settled]
    found.settled[job.name] = open_slots[0] - timedelta(seconds=1) if open_slots else max(slots, default=now)
    # A slot of a backfill, or of a line of cron that has changed, waits for its next try all the same.
    others = sorted(slot for slot, one in mine.items() if one.status == "WAITING" and slot not in slots)
    if any(one.status == "RUNNING" for one in mine.values()):
        # One at a time; what is newer is looked at when it has ended.
        return
    newest = open_slots[-1] if open_slots else None
    for slot in (*others, *open_slots):
        reason = _is_over(job, slot, newest if slot in open_slots else None, mine.get(slot), now)
        if reason is not None:
            status, said = reason
            found.not_run.append(Slot(job.name, slot, status, why="", finished_at=now, error=said))
            continue
        one = mine.get(slot)
        if one is not None and one.next_try is not None and one.next_try > now:
            continue
        blocked = _waits_for(schedule, job, slot, settled, known)
        if not blocked:
            found.run.append(Due(job, slot, one.why if one else _why(slot, now)))
            # The others of this job come after it has ended.
            return
        if now > max(slot, awake_since) + job.wait_at_most:
            said = f"waited {_words(job.wait_at_most)} for {' and '.join(blocked)}, which did not succeed"
            found.not_run.append(Slot(job.name, slot, "MISSED", why="", finished_at=now, error=said))
        else:
            found.waiting[job.name, slot] = blocked


def _is_over(
    job: Job, slot: datetime, newest: datetime | None, known: Slot | None, now: datetime
) -> tuple[SlotStatus, str] | None:
    """Say why a slot is not to be run any more; None = it is."""
    if job.catch_up == "latest" and newest is not None and slot < newest:
        return "COVERED", f"the slot of {newest:%Y-%m-%d %H:%M} UTC covers it"
    if job.catch_up == "none" and known is None and now - slot > GRACE:
        return "MISSED", "nobody ran it at its time, and it is not caught up"
    return None


def _waits_for(
    schedule: Schedule, job: Job, slot: datetime, settled: Mapping[str, datetime], known: Known
) -> tuple[str, ...]:
    """Give the jobs that must succeed first."""
    return tuple(
        name for name in job.after if not _has_run(schedule.jobs[name], slot, settled[name], known.get(name, {}))
    )


def _has_run(other: Job, slot: datetime, settled: datetime, mine: Mapping[datetime, Slot]) -> bool:
    needed = other.recurrence.newest(slot)
    if any(one.status == "SUCCEEDED" for at, one in mine.items() if at >= needed):
        return True
    # Of before the job was first seen nothing is asked; what failed since is in the ledger.
    return needed <= settled and needed not in mine


def _why(slot: datetime, now: datetime) -> str:
    return "on time" if now - slot <= GRACE else "caught up"


def _words(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    return f"{minutes // 60} h" if minutes >= 60 and minutes % 60 == 0 else f"{minutes} min"
