"""How long may a child process take, and what happens then? Asked to stop first, killed with all it started next."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from finops_lib.runs import processes
from finops_lib.runs.handover import PROGRESS

# Enough to draw and save what there is of a report on a busy machine.
GRACE_S = 20.0
_TICK_S = 0.25


@dataclass(frozen=True, slots=True)
class Progress:
    """Which cell starts: `cell` as JupyterLab numbers it, under which heading; None after the last."""

    done: int
    total: int
    title: str
    cell: int | None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a child process ended; a negative exit code is the signal that ended it."""

    exit_code: int
    cpu_seconds: float
    timed_out: bool


def run_child(
    spec: Path,
    *,
    run_id: str,
    environment: Mapping[str, str],
    cwd: Path,
    log: Path,
    timeout_s: float,
    on_progress: Callable[[Progress], None],
    on_tick: Callable[[], None],
) -> Ended:
    """Run the child process of a run to its end, or to the end of its time; leaves no process of it behind.

    Args:
        environment: carries the mark of `processes`, by which also strays are found.
        on_progress: told of every cell that starts.
        on_tick: called a few times a second while the child lives.
    """
    read_end, write_end = os.pipe()
    with os.fdopen(read_end, "rb", buffering=0) as pipe, log.open("ab") as output:
        try:
            child = subprocess.Popen(
                [sys.executable, "-m", "finops_lib.runs.child", str(spec)],
                # Held open until we are gone: its end tells the child that nobody waits for it any more.
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**environment, PROGRESS: str(write_end)},
                cwd=cwd,
                pass_fds=[write_end],
                start_new_session=True,
            )
        finally:
            os.close(write_end)
        try:
            return _watch(child, _lines(pipe), timeout_s=timeout_s, on_progress=on_progress, on_tick=on_tick)
        finally:
            # Also when we are interrupted ourselves. The kernel leads its own session, so no group reaches it.
            processes.kill_all([*processes.descendants(child.pid), *processes.marked(run_id)])
            if child.returncode is None:
                child.kill()
                child.wait()
            if child.stdin is not None:
                child.stdin.close()


def _watch(
    child: subprocess.Popen[bytes],
    lines: Iterator[list[bytes]],
    *,
    timeout_s: float,
    on_progress: Callable[[Progress], None],
    on_tick: Callable[[], None],
) -> Ended:
    deadline, timed_out, family = time.monotonic() + timeout_s, False, processes.descendants(child.pid)
    while True:
        for line in next(lines):
            on_progress(Progress(**json.loads(line)))
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)
        if pid:
            child.returncode = os.waitstatus_to_exitcode(status)
            processes.kill_all(family)
            return Ended(child.returncode, usage.ru_utime + usage.ru_stime, timed_out)
        on_tick()
        if time.monotonic() < deadline:
            continue
        # Whoever is there now may have another parent by the time we look again.
        family = processes.descendants(child.pid)
        if timed_out:
            processes.kill_all(family)
            child.send_signal(signal.SIGKILL)
        else:
            timed_out, deadline = True, time.monotonic() + GRACE_S
            child.send_signal(signal.SIGTERM)


def _lines(pipe: object) -> Iterator[list[bytes]]:
    """Give the whole lines that arrived in each tick, for ever; after the end of the pipe just the ticks."""
    with selectors.DefaultSelector() as selector:
        selector.register(pipe, selectors.EVENT_READ)  # type: ignore[arg-type]
        rest = b""
        while True:
            arrived: list[bytes] = []
            if selector.get_map() and selector.select(_TICK_S):
                chunk = os.read(pipe.fileno(), 65536)  # type: ignore[attr-defined]
                if not chunk:
                    selector.unregister(pipe)  # type: ignore[arg-type]
                *arrived, rest = (rest + chunk).split(b"\n")
            elif not selector.get_map():
                time.sleep(0.02)
            yield arrived
