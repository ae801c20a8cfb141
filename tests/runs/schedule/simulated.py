"""A scheduler in a simulated world: a clock that is set, processes that take simulated time, machines that are off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from finops_lib.runs.schedule.children import Ended
from finops_lib.runs.schedule.due import Due
from finops_lib.runs.schedule.jobs import Schedule
from finops_lib.runs.schedule.service import Judge, Scheduler
from finops_lib.state.open import State
from finops_lib.state.slots import Slot, Worker

HOST = "sim"


@dataclass(slots=True)
class World:
    """What all schedulers of a simulation share: the clock, which of them live, and what was really done.

    Args:
        takes: how long a slot's work takes.
        fails: how a slot's work ends; None = well.
        does: what a slot's work that ends well leaves behind.
    """

    now: datetime
    takes: Callable[[Due], timedelta] = lambda due: timedelta(minutes=1)
    fails: Callable[[Due, datetime], Ended | None] = lambda due, now: None
    does: Callable[[Due, datetime], None] = lambda due, now: None
    alive: set[int] = field(default_factory=set)
    started: Counter[tuple[str, datetime]] = field(default_factory=Counter)
    done: Counter[tuple[str, datetime]] = field(default_factory=Counter)
    at_work: Counter[str] = field(default_factory=Counter)
    most_at_once: int = 0
    order: list[tuple[str, datetime]] = field(default_factory=list)
    _pids: int = 100

    def scheduler(self, schedule: Schedule, state: State, judge: Judge | None = None, *, host: str = HOST) -> Scheduler:
        """Start one more scheduler, as another process of the same machine or of another one."""
        self._pids += 1
        self.alive.add(self._pids)
        return Scheduler(
            schedule,
            state,
            Worker(host, self._pids, 1.0),
            _Launcher(self, self._pids),
            judge or Judge(),
            is_alive=lambda pid, born: pid in self.alive,
            clean_up=lambda job, slot: None,
            awake_since=self.now,
        )

    def kill(self, scheduler: Scheduler) -> None:
        """Kill a scheduler; its children die with it, and of their work is done what had come to its end."""
        self.alive.discard(scheduler.worker.pid)
        for running in scheduler.running.values():
            assert isinstance(running.child, Work)
            if running.child.poll() is None:
                self.at_work[running.due.job.name] -= 1

    def pass_time(
        self,
        *schedulers: Scheduler,
        until: datetime,
        step: timedelta = timedelta(minutes=1),
        stop: Callable[[], bool] = lambda: False,
    ) -> list[Slot]:
        """Let every scheduler look once per step; give the slots that ended."""
        ended = []
        while self.now < until and not stop():
            self.now += step
            for scheduler in schedulers:
                ended += scheduler.tick(self.now)
        return ended


@dataclass(slots=True)
class Work:
    """A process that takes simulated time."""

    world: World
    due: Due
    ends_at: datetime

    def poll(self) -> Ended | None:
        if self.world.now < self.ends_at:
            return None
        self.world.at_work[self.due.job.name] -= 1
        ended = self.world.fails(self.due, self.world.now) or Ended(0, timed_out=False, said="")
        if ended.exit_code == 0:
            self.world.done[self.due.job.name, self.due.slot] += 1
            self.world.order.append((self.due.job.name, self.due.slot))
            self.world.does(self.due, self.world.now)
        return ended

    def stop(self) -> None:
        self.world.at_work[self.due.job.name] -= 1


@dataclass(frozen=True, slots=True)
class _Launcher:
    world: World
    pid: int

    def start(self, due: Due) -> Work:
        world = self.world
        world.started[due.job.name, due.slot] += 1
        world.at_work[due.job.name] += 1
        assert world.at_work[due.job.name] == 1, f"{due.job.name} runs beside itself"
        world.most_at_once = max(world.most_at_once, sum(world.at_work.values()))
        return Work(world, due, world.now + world.takes(due))
