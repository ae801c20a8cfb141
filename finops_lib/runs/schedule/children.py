"""Run what is due: a process for each slot, with a limit of time, that does not outlive its scheduler.

A child carries its slot in its environment, so that it and all it started are found again, also by a scheduler that was
started after ours was killed.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from finops_lib.runs import processes
from finops_lib.runs.schedule.due import BACKFILL, Due, trigger_of
from finops_lib.runs.schedule.said import Said
from finops_lib.runs.secrets import Scrubber

MARK = "FINOPS_SLOT"
USER = "FINOPS_USER"
# After its time a child may still save what there is of a report; a run's own child is given 20 s by supervise.py.
GRACE_S = 30.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child ended; a negative exit code is the signal that ended it.

    Args:
        said: its last line on standard error: why it failed.
    """

    exit_code: int
    timed_out: bool
    said: str


class Child(Protocol):
    """Something that was started."""

    def poll(self) -> Ended | None:
        """Say how it ended; None = it runs."""
        ...

    def stop(self) -> None:
        """Ask it to end, and leave nothing of it behind."""
        ...


class Launcher(Protocol):
    """Starts what is due."""

    def start(self, due: Due) -> Child: ...


@dataclass(slots=True)
class Process:
    """A running `finops ...` with its log."""

    due: Due
    process: subprocess.Popen[bytes]
    log: Path
    said: Said
    deadline: float
    mark: str
    timed_out: bool = False

    def poll(self) -> Ended | None:
        code = self.process.poll()
        if code is None:
            self._hurry()
            return None
        processes.kill_all(processes.marked(self.mark, variable=MARK))
        self.said.close()
        return Ended(code, self.timed_out, self.said.last.removeprefix("finops: "))

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(GRACE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        processes.kill_all(processes.marked(self.mark, variable=MARK))
        self.said.close()

    def _hurry(self) -> None:
        if time.monotonic() < self.deadline:
            return
        if self.timed_out:
            # Itself first: whoever else waits for it would take its exit code away.
            family = processes.descendants(self.process.pid)
            self.process.kill()
            self.process.wait()
            processes.kill_all(family)
        else:
            self.timed_out, self.deadline = True, time.monotonic() + GRACE_S
            self.process.send_signal(signal.SIGTERM)


@dataclass(frozen=True, slots=True)
class ProcessLauncher:
    """Starts `finops <words>` in the project's folder.

    Args:
        logs: gets a file for each slot: <job>/<slot>.log.
        scrubber: takes the secrets out of what children say before it is written anywhere.
    """

    project: Path
    logs: Path
    environment: Mapping[str, str]
    scrubber: Scrubber

    def clean_up(self, job: str, slot: datetime) -> None:
        """End what a scheduler that is gone has left running for a slot."""
        processes.kill_all(processes.marked(mark_of(self.project, job, slot), variable=MARK))

    def start(self, due: Due) -> Process:
        log = log_of(self.logs, due)
        mark = mark_of(self.project, due.job.name, due.slot)
        # What is left of a former try must not work beside this one.
        processes.kill_all(processes.marked(mark, variable=MARK))
        environment = {**self.environment, MARK: mark}
        environment.setdefault(USER, "schedule")
        process = subprocess.Popen(
            [sys.executable, "-m", "finops_lib.cli", *words_for(due)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=self.project,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )
        assert process.stdout is not None
        limit = time.monotonic() + due.job.timeout.total_seconds()
        return Process(due, process, log, Said(process.stdout, log, self.scrubber), limit, mark)


def log_of(logs: Path, due: Due) -> Path:
    """Give the file that is told what was said for a slot; its folder is there."""
    folder = logs / due.job.name
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{due.slot:%Y-%m-%dT%H%MZ}.log"


def words_for(due: Due) -> list[str]:
    """Give the words after `finops` that do what is due and send its report."""
    words = [*due.job.words_of(due.slot)]
    if due.job.notebook:
        # A report that a killed scheduler could not write down any more is not made twice.
        words += ["--once", due.key]
    if due.job.notebook and due.why != BACKFILL:
        # A day that is made up for is no news.
        words += ["--deliver", *(word for name in due.job.recipients for word in ("--deliver-to", name))]
    return words


def mark_of(project: Path, job: str, slot: datetime) -> str:
    """Name a slot among all processes of this machine: other projects have jobs of the same name."""
    return f"{trigger_of(job, slot)} of {project}"


def _die_with_parent() -> None:
    # A scheduler that is killed cannot stop its children; the kernel does it for it.
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def inherited() -> dict[str, str]:
    """Give the environment that children get: ours."""
    return dict(os.environ)
