"""The one lake-wide writer lock: an advisory file lock, released by the kernel when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finops_lib.errors import LockError

LOCK_FILE = "writer.lock"
_POLL_S = 0.05


@contextmanager
def writer_lock(lake: Path, *, purpose: str, wait_s: float = 300.0) -> Iterator[None]:
    """Hold the writer lock of `lake`; wait up to `wait_s` seconds for it.

    Raises:
        LockError: somebody else held it all that time; says who and for what.
    """
    lake.mkdir(parents=True, exist_ok=True)
    with (lake / LOCK_FILE).open("a+") as file:
        deadline = time.monotonic() + wait_s
        while not _taken(file.fileno()):
            if time.monotonic() >= deadline:
                holder = (lake / LOCK_FILE).read_text(encoding="utf-8").strip() or "another process"
                raise LockError(
                    f"the lake {lake} is being written by {holder}; waited {wait_s:.0f} s",
                    next_step="run the command again when that one is done",
                    holder=holder,
                )
            time.sleep(_POLL_S)
        file.truncate(0)
        file.write(f"pid {os.getpid()} ({purpose})")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _taken(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
