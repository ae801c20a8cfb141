"""The scheduler: looks at the ledger every few seconds, starts what is due, writes down what became of it.

Nothing that counts is kept in memory. Killed at any moment, the next one finds in the ledger what was done and what was
not; two of them beside each other take each slot once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from finops_lib.runs.schedule.children import Child, Ended, Launcher
from finops_lib.runs.schedule.due import GRACE, Due, Known, plan
from finops_lib.runs.schedule.jobs import Job, Schedule
from finops_lib.runs.schedule.outcome import Outcome
from finops_lib.state import slots as ledger
from finops_lib.state.open import State
from finops_lib.state.slots import Slot, Worker

# What jobs that wait for others are held against.
_LOOK_BACK = timedelta(days=10)
# How often a scheduler says that it lives, at most.
_BEAT = timedelta(seconds=10)
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
# A slot whose scheduler died under it so often is not taken again; tries that its job allows do not count.
MOST_ATTEMPTS = 5

IsAlive = Callable[[int, float], bool]


class Judge:
    """What the scheduler asks others: what the end of a process means, and who is to be told."""

    def outcome(self, due: Due, ended: Ended) -> Outcome:
        """Say what the end of a process means."""
        return Outcome.of(ended)

    def told(self, job: Job, slot: Slot, *, at: datetime) -> ledger.Also:
        """Give what is written beside a slot's end in the same transaction: messages to owner and recipients."""
        return ledger.nothing


@dataclass(frozen=True, slots=True)
class Running:
    """A slot at work; `attempts` counts this one."""

    due: Due
    child: Child
    attempts: int


@dataclass(slots=True)
class Scheduler:
    """One scheduler at work. `tick` is called every few seconds, by whatever timer.

    Args:
        worker: this process, as the ledger writes it.
        is_alive: whether a process of this machine, by number and birth, lives.
        clean_up: ends what a dead scheduler has left running for a slot.
        only: the one job that is run; "" = all of them.
    """

    schedule: Schedule
    state: State
    worker: Worker
    launcher: Launcher
    judge: Judge
    is_alive: IsAlive
    clean_up: Callable[[str, datetime], None]
    awake_since: datetime
    running: dict[tuple[str, datetime], Running] = field(default_factory=dict)
    waiting: Mapping[tuple[str, datetime], tuple[str, ...]] = field(default_factory=dict)
    only: str = ""
    beat_at: datetime = _NEVER
    stopping: bool = False

    def tick(self, now: datetime) -> list[Slot]:
        """Look once, and give the slots that came to an end since the last look."""
        ended = self._reap(now)
        if self.running and now - self.beat_at >= _BEAT:
            ledger.beat(self.state, self.worker, at=now)
            self.beat_at = now
        ended += self._reclaim(now)
        if not self.stopping:
            self._start(now)
        return ended

    def stop(self, now: datetime) -> None:
        """Stop what runs; it is due again at once, for the next scheduler."""
        self.stopping = True
        for (name, slot), running in list(self.running.items()):
            running.child.stop()
            ledger.finish(
                self.state,
                name,
                slot,
                worker=self.worker,
                status="WAITING",
                at=now,
                next_try=now,
                error="the scheduler was stopped",
            )
        self.running.clear()

    def _reap(self, now: datetime) -> list[Slot]:
        found = []
        for key, running in list(self.running.items()):
            ended = running.child.poll()
            if ended is not None:
                del self.running[key]
                found.append(self._close(running, self.judge.outcome(running.due, ended), now))
        return found

    def _close(self, running: Running, outcome: Outcome, now: datetime) -> Slot:
        """Write down how a slot ended: done, failed, or to be tried again."""
        due, job, name = running.due, running.due.job, running.due.job.name
        retry_in = outcome.retry_in(job, running.attempts)
        slot = Slot(
            job=name,
            slot=due.slot,
            status="SUCCEEDED" if outcome.succeeded else "WAITING" if retry_in is not None else "FAILED",
            why=due.why,
            attempts=running.attempts,
            finished_at=now,
            next_try=None if retry_in is None else now + retry_in,
            exit_code=outcome.exit_code,
            run_id=outcome.run_id,
            error=outcome.error,
        )
        ledger.finish(
            self.state,
            name,
            due.slot,
            worker=self.worker,
            status=slot.status,
            at=now,
            exit_code=slot.exit_code,
            next_try=slot.next_try,
            run_id=slot.run_id,
            error=slot.error,
            also=self.judge.told(job, slot, at=now),
        )
        return slot

    def _reclaim(self, now: datetime) -> list[Slot]:
        """Take back the slots of schedulers that are gone, and give those that have failed by that."""

        def most_attempts(name: str) -> int:
            job = self.schedule.jobs.get(name)
            return MOST_ATTEMPTS + (max(job.retries.values(), default=0) if job else 0)

        def also(slot: Slot) -> ledger.Also:
            job = self.schedule.jobs.get(slot.job)
            return self.judge.told(job, slot, at=now) if job and slot.is_settled else ledger.nothing

        lost = ledger.reclaim(
            self.state,
            host=self.worker.host,
            at=now,
            is_alive=self.is_alive,
            most_attempts=most_attempts,
            also=also,
        )
        for slot in lost:
            if slot.host == self.worker.host:
                self.clean_up(slot.job, slot.slot)
        return [slot for slot in lost if slot.is_settled and self.only in ("", slot.job)]

    def _start(self, now: datetime) -> None:
        names = list(self.schedule.jobs)
        # Whoever runs one job does not say of the others that they owe nothing: their own first call is still to come.
        new = ledger.register(self.state, [self.only] if self.only else names, at=now)
        settled = dict.fromkeys(names, now) | ledger.settled(self.state, names) | new
        after = min([now - _LOOK_BACK, *settled.values()])
        found = plan(
            self.schedule,
            settled=settled,
            known=by_job(ledger.slots_of(self.state, after=after)),
            now=now,
            awake_since=self.awake_since,
        )
        self.waiting = {key: on for key, on in found.waiting.items() if self.only in ("", key[0])}
        not_run = [slot for slot in found.not_run if self.only in ("", slot.job)]
        for slot in not_run:
            job = self.schedule.jobs[slot.job]
            ledger.note(self.state, [slot], also=self.judge.told(job, slot, at=now))
        mine = {name: moment for name, moment in found.settled.items() if self.only in ("", name)}
        # Not at each look: what is within the grace is on time, whoever asks for it again.
        moved = {name: moment for name, moment in mine.items() if moment > settled[name] + GRACE}
        if moved and not not_run:
            ledger.settle(self.state, moved)
        for due in found.run:
            if self.only not in ("", due.job.name):
                continue
            if len(self.running) >= self.schedule.parallel:
                break
            self._take(due, now)

    def _take(self, due: Due, now: datetime) -> None:
        taken = ledger.claim(self.state, due.job.name, due.slot, worker=self.worker, why=due.why, at=now)
        if taken is None:
            return
        self.running[due.job.name, due.slot] = Running(due, self.launcher.start(due), taken.attempts)


def by_job(slots: list[Slot]) -> Known:
    """Give slots by their job and moment."""
    found: dict[str, dict[datetime, Slot]] = {}
    for one in slots:
        found.setdefault(one.job, {})[one.slot] = one
    return found
