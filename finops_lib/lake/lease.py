"""Who reads which snapshot? A lease, released by the kernel or the server when its holder dies.

Expiry may not take away a snapshot that somebody reads. Every reader therefore holds a shared lock on the number of its
snapshot, and whoever wants to expire one must get it exclusively: nobody waits, and no dead reader keeps anything.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from finops_lib.errors import LakeError
from finops_lib.lake.catalog import connect_postgres, has_snapshot, newest_snapshot
from finops_lib.lake.lock import WRITER_LOCK
from finops_lib.lake.place import Place

_FOLDER = "readers"
_LEASES = WRITER_LOCK[0] + 1
_WAIT_S = 20.0
_POLL_S = 0.02


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


def claim(place: Place, snapshot: int | None) -> tuple[Lease, int]:
    """Claim the snapshot that is asked for, or the newest, so that nobody can expire it; give its number.

    Raises:
        LakeError: there is no such snapshot (any more).
    """
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        number = newest_snapshot(place) if snapshot is None else snapshot
        lease = _take_lease(place, number)
        if lease is not None:
            if has_snapshot(place, number):
                return lease, number
            lease.release()
        if snapshot is not None and not has_snapshot(place, snapshot):
            raise LakeError(
                f"the lake has no snapshot {snapshot}: it never was, or it has been expired",
                next_step="choose one of: finops lake snapshots",
                snapshot=snapshot,
            )
        # Somebody is looking whether it may be expired; that takes a moment.
        time.sleep(_POLL_S)
    raise LakeError(f"the lake {place} changes too fast to be read", next_step="run the command again")


def is_being_read(place: Place) -> bool:
    """Say whether anybody holds a lease on any snapshot at this moment."""
    if place.catalog:
        with connect_postgres(place, autocommit=True) as connection:
            [[leases]] = connection.execute(
                "select count(*) from pg_locks where locktype = 'advisory' and classid = %s "
                "and database = (select oid from pg_database where datname = current_database())",
                [_LEASES],
            ).fetchall()
            return bool(leases)
    folder = place.folder / _FOLDER
    for path in folder.iterdir() if folder.is_dir() else ():
        descriptor = _locked(path, fcntl.LOCK_EX)
        if descriptor is None:
            return True
        os.close(descriptor)
    return False


def _take_lease(place: Place, snapshot: int) -> Lease | None:
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
