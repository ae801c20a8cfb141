"""Which processes belong to a run, and how is none of them left behind?"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable

import psutil

# Every process of a run inherits this variable, also one that left the family by a double fork.
MARK = "FINOPS_RUN_ID"
_WAIT_S = 5.0


def this_host() -> str:
    """Give the name under which this machine's runs are in the ledger."""
    return socket.gethostname()


def birth_of(pid: int) -> float:
    """Give the moment a process began: its number alone is given to another one later."""
    return psutil.Process(pid).create_time()


def is_alive(pid: int, born: float) -> bool:
    """Whether the very process still lives (a zombie does not)."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - born) < 1.0
    except psutil.Error:
        return False


def descendants(pid: int) -> list[psutil.Process]:
    """Give all processes below one; the kernel is among them although it leads a session of its own."""
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def marked(value: str, *, variable: str = MARK) -> list[psutil.Process]:
    """Give the processes that carry a mark, a run's id say, wherever in the process tree they went."""
    found = []
    for process in psutil.process_iter():
        # Processes of other users cannot be read, and are not ours to end.
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(variable) == value:
                found.append(process)
    return found


def kill_all(processes: Iterable[psutil.Process]) -> None:
    """Kill the processes and wait until they are gone."""
    victims = list(processes)
    for process in victims:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(victims, timeout=_WAIT_S)
