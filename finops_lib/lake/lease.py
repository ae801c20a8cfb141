"""Who reads which snapshot? A lease, released by the kernel or the server when its holder dies.

Expiry may not take away a snapshot that somebody reads. Every reader therefore holds a shared lock on the number of its
snapshot, and whoever wants to expire one must get it exclusively: nobody waits, and no dead reader keeps anything.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from finops_lib.lake.catalog import connect_postgres
from finops_lib.lake.lock import WRITER_LOCK
from finops_lib.lake.place import Place

_FOLDER = "readers"
_LEASES = WRITER_LOCK[0] + 1


class Lease:
    """A reader's claim on one snapshot, until it is released or forgotten."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close: Callable[[], None] | None = close

    def release(self) -> None:
        close, self._close = self._close, None
        if close is not None:
            close()

    def __del__(self) -> None:
        # A connection that nobody closed reads nothing any more when it is forgotten.
        with suppress(Exception):
            self.release()


def take_lease(place: Place, snapshot: int) -> Lease | None:
    """Claim a snapshot for reading; None if it is being expired at this moment."""
    if place.catalog:
        connection = connect_postgres(place, autocommit=True, name=f"finops reader of {snapshot}")
        row = connection.execute("select pg_try_advisory_lock_shared(%s, %s)", (_LEASES, snapshot)).fetchone()
        if row is not None and row[0]:
            return Lease(connection.close)
        connection.close()
        return None
    try:
        descriptor = _locked(_file(place, snapshot), fcntl.LOCK_SH)
    except OSError:
        # A reader who may not write here, or nobody may (a read-only disk): its claim cannot be told to anyone.
        return Lease(lambda: None)
    return None if descriptor is None else Lease(lambda: os.close(descriptor))


@contextmanager
def claimed_for_expiry(place: Place, snapshots: Sequence[int]) -> Iterator[list[int]]:
    """Claim those of `snapshots` that nobody reads, for as long as the block lasts."""
    if place.catalog:
        with connect_postgres(place, autocommit=True, name="finops expire") as connection:
            question = "select id from unnest(%s::int[]) as id where pg_try_advisory_lock(%s, id)"
            yield [number for (number,) in connection.execute(question, (list(snapshots), _LEASES)).fetchall()]
        return
    held: dict[int, int] = {}
    try:
        for number in snapshots:
            descriptor = _locked(_file(place, number), fcntl.LOCK_EX)
            if descriptor is not None:
                held[number] = descriptor
        yield list(held)
    finally:
        for number, descriptor in held.items():
            # Removed while it is locked: whoever has just opened it sees that it is no longer there, and starts again.
            _file(place, number).unlink(missing_ok=True)
            os.close(descriptor)


def _file(place: Place, snapshot: int) -> Path:
    return place.folder / _FOLDER / str(snapshot)


def _locked(path: Path, how: int) -> int | None:
    """Open and lock a snapshot's file; None if the lock is not to be had now."""
    path.parent.mkdir(exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
        # Between opening and locking, an expiry may have removed the file: then the lock is on nothing.
        if path.stat().st_ino == os.fstat(descriptor).st_ino:
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None
