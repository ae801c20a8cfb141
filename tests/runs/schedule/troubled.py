"""A month of a schedule in which everything happens that does: crashes, a machine off, a provider away, two schedulers.

The ledger of slots, the ledger of runs and the outbox are real; the clock, the processes and the wire are simulated.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from finops_lib.messages import Outgoing
from finops_lib.runs.schedule.children import Ended
from finops_lib.runs.schedule.due import Due
from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.runs.schedule.service import Judge, Scheduler
from finops_lib.state import outbox
from finops_lib.state.open import State
from finops_lib.state.outbox import Sender
from finops_lib.state.runs import RunRecord, list_runs, start_run, succeeded_under
from finops_lib.state.slots import Also, Slot, nothing, slots_of
from tests.runs.schedule.simulated import HOST, World

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
AWAY = Ended(4, timed_out=False, said="the provider does not answer")
_TAKES = {"collect": 12, "inventory": 9, "anomalies": 5, "savings": 8, "budget-check": 1}
# Percent of a budget -> the day of the month on which its bill passes it.
_PASSED = {50: 10, 80: 18, 100: 27}
_Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Troubles:
    """What goes wrong, as moments and spans [from, to) in UTC.

    Args:
        crashes: a scheduler is killed, and started again some minutes later.
        unwritten: killed after work has ended and before that is written down.
        off: the machine has no power.
        away: the provider does not answer.
        slow: a collection takes nearly its whole limit of time, so that other jobs fall into it.
        doubled: a second scheduler is at work on another machine.
    """

    crashes: tuple[datetime, ...] = ()
    unwritten: tuple[datetime, ...] = ()
    off: tuple[_Span, ...] = ()
    away: tuple[_Span, ...] = ()
    slow: tuple[_Span, ...] = ()
    doubled: tuple[_Span, ...] = ()

    @classmethod
    def of_month(cls, start: datetime, *, seed: int) -> Troubles:
        """Give all of them, spread over 31 days."""
        chance = random.Random(seed)

        def moments(count: int) -> tuple[datetime, ...]:
            return tuple(sorted(start + DAY * chance.uniform(0.5, 30.0) for _ in range(count)))

        def days(first: float, last: float) -> tuple[_Span, ...]:
            return ((start + DAY * first, start + DAY * last),)

        return cls(moments(24), moments(12), days(4.6, 7.6), days(10, 11), days(13, 15), days(17, 20))


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one job.

    Args:
        due: moments of its line of cron on the clock of its time zone, counted without the scheduler's own reader.
        once: slots that were done; covered, missed, failed: the others.
        doubled: slots in the ledger twice, reports that were made twice, days that were reported twice.
        days, days_owed: days that were reported, and that had to be; None where a job is about the newest day.
        told, told_twice: its messages that arrived, and those that arrived more than once.
    """

    job: str
    due: int
    once: int
    covered: int
    missed: int
    failed: int
    attempts: int
    doubled: int
    days: int | None
    days_owed: int | None
    told: int
    told_twice: int

    @property
    def is_kept(self) -> bool:
        """Whether each moment is accounted for, and nothing was done or told twice."""
        all_told = self.once + self.covered + self.missed + self.failed
        return all_told == self.due and not self.doubled and not self.told_twice and self.days == self.days_owed


@dataclass(frozen=True, slots=True)
class Account:
    """What became of a troubled time; `reasons` counts why slots were not done."""

    rows: tuple[Row, ...]
    reasons: Counter[tuple[str, str]]
    kills: int
    unwritten: int
    most_at_once: int


@dataclass(frozen=True, slots=True)
class Telling(Judge):
    """Tells the owner of what failed or was missed, and the readers of a report, in the slot's own transaction."""

    def told(self, job: Job, slot: Slot, *, at: datetime) -> Also:
        if slot.status in ("FAILED", "MISSED"):
            kind = "failed"
        elif slot.status == "SUCCEEDED" and job.notebook:
            kind = "report"
        else:
            return nothing
        message = _message(f"{job.name}|{kind} {slot.slot.isoformat()}", at)
        return lambda session: outbox.enqueue(session, [message], at=at)


@dataclass(slots=True)
class Month:
    """A schedule at work through a troubled time."""

    schedule: Schedule
    state: State
    troubles: Troubles
    start: datetime
    end: datetime
    arrived: Counter[str] = field(default_factory=Counter)
    collected_through: date = date.min
    kills: int = 0
    unwritten: int = 0
    senders: int = 0
    sent_at: datetime | None = None

    def run(self) -> Account:
        """Let the time pass and give the account."""
        world = World(self.start, takes=self._takes, fails=self._fails, does=self._does)
        first: Scheduler | None = self._scheduler(world)
        second: Scheduler | None = None
        crashes, unwritten = list(self.troubles.crashes), list(self.troubles.unwritten)
        back_at = self.start
        while world.now < self.end or _is_at_work(first):
            world.now = self._next(world.now, [one for one in (first, second) if one is not None])
            now = world.now
            if span := _inside(self.troubles.off, now):
                self._kill(world, first)
                first, back_at = None, span[1]
            elif crashes and now >= crashes[0] and first is not None:
                crashes = [moment for moment in crashes if moment > now]
                self._kill(world, first)
                first, back_at = None, now + len(crashes) % 7 * 3 * MINUTE
            elif unwritten and now >= unwritten[0] and first is not None and first.running:
                unwritten = [moment for moment in unwritten if moment > now]
                self.unwritten += len(first.running)
                # Its work ends, and nobody looks any more.
                world.now += max(self._takes(running.due) for running in first.running.values())
                self._kill(world, first)
                first, back_at = None, world.now + MINUTE
            if first is None and world.now >= back_at:
                first = self._scheduler(world)
            if bool(_inside(self.troubles.doubled, now)) != (second is not None):
                self._kill(world, second)
                second = None if second else self._scheduler(world, host="another machine")
            for one in (second, first):
                if one is not None:
                    one.tick(world.now)
            self._send(world.now)
        return self._account(world)

    def _scheduler(self, world: World, *, host: str = HOST) -> Scheduler:
        return world.scheduler(self.schedule, self.state, Telling(), host=host)

    def _kill(self, world: World, scheduler: Scheduler | None) -> None:
        if scheduler is not None:
            world.kill(scheduler)
            self.kills += 1
            # Whoever sends dies with it, with messages in its hands.
            self._lease(world.now)

    def _next(self, now: datetime, schedulers: list[Scheduler]) -> datetime:
        """Give the next moment at which anything can happen; every other minute while anything is at work."""
        if any(one.running for one in schedulers):
            return now + 2 * MINUTE
        soonest = min(next(job.recurrence.after(now)) for job in self.schedule)
        is_waiting = any(one.waiting for one in schedulers)
        return min(soonest, now + (4 * MINUTE if is_waiting else 10 * MINUTE))

    def _takes(self, due: Due) -> timedelta:
        if due.job.name == "collect" and _inside(self.troubles.slow, due.slot):
            return due.job.timeout - 5 * MINUTE
        return _TAKES.get(due.job.name, 3) * MINUTE

    def _fails(self, due: Due, now: datetime) -> Ended | None:
        return AWAY if due.job.command[0] == "collect" and _inside(self.troubles.away, now) else None

    def _does(self, due: Due, now: datetime) -> None:
        """Leave behind what the real work would: a run in the ledger, a newer bill, alerts that the bill asks for."""
        if due.job.notebook:
            if succeeded_under(self.state, due.key) is None:
                start_run(self.state, _run(due, now, number=len(list_runs(self.state))))
        elif due.job.name == "collect":
            self.collected_through = (now - DAY).date()
        elif due.job.name == "budget-check" and self.collected_through > date.min:
            day = self.collected_through
            passed = [percent for percent, on in _PASSED.items() if day.day >= on]
            with self.state.write() as session:
                alerts = [_message(f"budget-check|{day:%Y-%m} {percent} %", now) for percent in passed]
                outbox.enqueue(session, alerts, at=now)

    def _lease(self, now: datetime) -> tuple[Sender, list[str]]:
        self.senders += 1
        sender = Sender(HOST, self.senders, 1.0)
        leased = outbox.lease(self.state, sender, at=now, until=now + 2 * MINUTE, limit=20)
        return sender, [one.message.message_id for one in leased]

    def _send(self, now: datetime) -> None:
        """Send what waits, every ten minutes."""
        if self.sent_at is not None and now - self.sent_at < 10 * MINUTE and now < self.end:
            return
        self.sent_at = now
        sender, messages = self._lease(now)
        for message in messages:
            if outbox.begin(self.state, message, sender, at=now, until=now + 2 * MINUTE):
                self.arrived[message] += 1
                outbox.mark_sent(self.state, message, at=now, provider_ref="250")

    def _account(self, world: World) -> Account:
        slots = slots_of(self.state)
        reasons = Counter((one.job, one.error) for one in slots if one.status in ("MISSED", "FAILED"))
        rows = tuple(self._row(job, [one for one in slots if one.job == job.name]) for job in self.schedule)
        return Account(rows, reasons, self.kills, self.unwritten, world.most_at_once)

    def _row(self, job: Job, slots: list[Slot]) -> Row:
        held = Counter(one.status for one in slots)
        made = Counter(run.trigger for run in list_runs(self.state) if run.trigger.startswith(f"schedule {job.name} "))
        days = Counter(job.as_of(one.slot) for one in slots if one.status == "SUCCEEDED")
        is_daily = job.days_before is not None and job.catch_up == "each"
        told = {message: times for message, times in self.arrived.items() if message.startswith(f"{job.name}|")}
        return Row(
            job.name,
            due=due_on_the_clock(job, self.start, self.end),
            once=held["SUCCEEDED"],
            covered=held["COVERED"],
            missed=held["MISSED"],
            failed=held["FAILED"],
            attempts=sum(one.attempts for one in slots),
            doubled=sum(times - 1 for times in made.values()) + (sum(days.values()) - len(days) if is_daily else 0),
            days=len(days) if is_daily else None,
            days_owed=len(_days(job, self.start, self.end)) if is_daily else None,
            told=len(told),
            told_twice=sum(times > 1 for times in told.values()),
        )


def due_on_the_clock(job: Job, start: datetime, end: datetime) -> int:
    """Count the moments of (start, end] at which a clock on the wall shows what a line of cron asks for.

    An hour that is named comes once a day, on the day that skips it and on the day that has it twice, too; `*` is
    every hour that really passes. Only for lines with one minute, as those of scheduler/schedule.yaml are.
    """
    minute, hour, day, month, weekday = job.recurrence.expression.split()
    assert (day, month) == ("*", "*"), f"{job.name} is due by the month"
    if hour == "*":
        passing = (start.replace(minute=int(minute)) + n * HOUR for n in range(-1, int((end - start) / HOUR) + 2))
        return sum(start < moment <= end for moment in passing)
    hours = range(0, 24, int(hour[2:])) if hour.startswith("*/") else [int(hour)]
    days = [one for one in _days(job, start, end) if weekday in ("*", f"{one:%a}".lower())]
    return len(days) * len(hours)


def _days(job: Job, start: datetime, end: datetime) -> list[date]:
    """Give the whole days of a time that begins and ends at midnight of the job's clock."""
    zone = ZoneInfo(job.recurrence.timezone)
    first, last = start.astimezone(zone), end.astimezone(zone)
    assert (first.time(), last.time()) == (time(), time()), "begin and end at midnight"
    return [first.date() + n * DAY for n in range((last.date() - first.date()).days)]


def midnight(day: date, timezone: str) -> datetime:
    """Give the moment at which a day begins somewhere, in UTC."""
    return datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC)


def _inside(spans: tuple[_Span, ...], moment: datetime) -> _Span | None:
    return next((span for span in spans if span[0] <= moment < span[1]), None)


def _is_at_work(scheduler: Scheduler | None) -> bool:
    return scheduler is not None and bool(scheduler.running or scheduler.waiting)


def _message(message_id: str, at: datetime) -> Outgoing:
    return Outgoing(message_id, (), "trigger", channel="mail", target="a@example.org", payload={}, not_before=at)


def _run(due: Due, now: datetime, *, number: int) -> RunRecord:
    return RunRecord(
        run_id=f"{now:%Y%m%dT%H%M%SZ}-{due.job.notebook}-{number}",
        notebook=due.job.notebook,
        status="SUCCEEDED",
        parameters={},
        started_at=now,
        trigger=due.key,
        host=HOST,
        pid=1,
        pid_started=1.0,
        heartbeat_at=now,
        finished_at=now,
    )


def in_table(account: Account) -> Iterator[str]:
    """Give the account as lines of text."""
    heads = ("job", "due", "once", "covered", "missed", "failed", "attempts", "doubled", "days", "told", "told twice")
    yield f"{heads[0]:<18}" + "".join(f"{head:>11}" for head in heads[1:])
    for row in account.rows:
        days = "" if row.days is None else f"{row.days} of {row.days_owed}"
        cells = (row.due, row.once, row.covered, row.missed, row.failed, row.attempts, row.doubled, days, row.told)
        yield f"{row.job:<18}" + "".join(f"{cell:>11}" for cell in (*cells, row.told_twice))
    for (job, reason), times in sorted(account.reasons.items()):
        yield f"  {job}: {times} x {reason}"
