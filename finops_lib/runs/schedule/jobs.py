"""What runs by itself, and when: the records that scheduler/schedule.yaml is read into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from finops_lib.errors import ConfigError
from finops_lib.recurrence import Recurrence

# What happens to slots that were missed: each one is run, only the newest, or none of them.
CatchUp = Literal["each", "latest", "none"]


@dataclass(frozen=True, slots=True)
class Job:
    """One thing that runs by itself.

    A *slot* is one moment of its recurrence and names what is due then, whenever it is really run.

    Args:
        command: words after `finops`; for a notebook `run NAME`.
        notebook: its stem; "" where the job is a command.
        parameters: of the notebook; values are texts, as people type them.
        days_before: `--as-of` is so many days before the slot's day in the job's time zone, so that a slot that is
            caught up later is about the same day; None = whatever is newest when it runs.
        after: jobs whose newest slot, not after this job's, must have succeeded first.
        wait_at_most: how long a slot waits for those; afterwards it is missed, and said to be.
        timeout: for one attempt.
        retries: class of error (`SourceError`, `LockError`, ...) -> how many times it is tried again.
        first_wait: before the first of these; each one after it waits twice as long.
        owner: who is told when it fails: a recipient of workbench.yaml, or a mail address.
        recipients: who gets the report.
    """

    name: str
    command: tuple[str, ...]
    recurrence: Recurrence
    notebook: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    days_before: int | None = None
    after: tuple[str, ...] = ()
    wait_at_most: timedelta = timedelta(hours=6)
    timeout: timedelta = timedelta(minutes=30)
    retries: Mapping[str, int] = field(default_factory=dict)
    first_wait: timedelta = timedelta(minutes=1)
    catch_up: CatchUp = "latest"
    owner: str = ""
    recipients: tuple[str, ...] = ()

    def words_of(self, slot: datetime) -> tuple[str, ...]:
        """Give the words after `finops` that do what is due at `slot`."""
        words = list(self.command)
        for name, value in self.parameters.items():
            words += ["-p", f"{name}={value}"]
        if self.days_before is not None:
            words += ["--as-of", self.as_of(slot)]
        return tuple(words)

    def as_of(self, slot: datetime) -> str:
        """Give the last day, ISO, that a slot is about; "" = the newest."""
        if self.days_before is None:
            return ""
        day = slot.astimezone(ZoneInfo(self.recurrence.timezone)).date()
        return (day - timedelta(days=self.days_before)).isoformat()


@dataclass(frozen=True, slots=True)
class Schedule:
    """All jobs, in an order in which none stands before one that it waits for.

    Args:
        parallel: so many run at the same time on one machine.
    """

    jobs: Mapping[str, Job]
    parallel: int = 2

    def __iter__(self) -> Iterator[Job]:
        return iter(self.jobs.values())

    def job(self, name: str) -> Job:
        """Give one job; ConfigError lists those there are."""
        if name not in self.jobs:
            raise ConfigError.unknown("job", name, self.jobs)
        return self.jobs[name]
