"""The one lake-wide writer lock, released by the kernel or the server when its holder dies.

A lake in a folder has an advisory lock on a file; a shared one has an advisory lock of its PostgreSQL database.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finops_lib.errors import LakeError, LockError
from finops_lib.lake.catalog import connect_postgres, moved_to
from finops_lib.lake.place import Place

if TYPE_CHECKING:
    import psycopg

LOCK_FILE = "writer.lock"
# Any two numbers, the same in every process: PostgreSQL's advisory locks are numbered. Leases have the next one.
WRITER_LOCK = (1_179_209_295, 0)
_POLL_S = 0.05


@contextmanager
def writer_lock(place: Place, *, purpose: str, wait_s: float = 300.0) -> Iterator[None]:
    """Hold the writer lock of the lake; wait up to `wait_s` seconds for it.

    Raises:
        LockError: somebody else held it all that time; says who and for what.
        LakeError: the lake was moved: whoever writes has to go where it is now.
        SourceError: the catalog's server does not answer.
    """
    hold = _postgres_lock if place.catalog else _file_lock
    with hold(place, f"pid {os.getpid()} ({purpose})", wait_s):
        yield


def lock_holder(place: Place) -> str:
    """Say who holds the writer lock; "" = nobody."""
    if place.catalog:
        with connect_postgres(place, autocommit=True) as connection:
            return _postgres_holder(connection)
    path = place.folder / LOCK_FILE
    if not path.exists():
        return ""
    with path.open("r", encoding="utf-8") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read().strip() or "another process"
    return ""


@contextmanager
def _file_lock(place: Place, holder: str, wait_s: float) -> Iterator[None]:
    place.folder.mkdir(parents=True, exist_ok=True)
    path: Path = place.folder / LOCK_FILE
    with path.open("a+", encoding="utf-8") as file:
        _wait(
            lambda: _flocked(file.fileno()),
            lambda: path.read_text(encoding="utf-8").strip(),
            place=place,
            wait_s=wait_s,
        )
        if gone := moved_to(place):
            raise LakeError(
                f"the lake {place} was moved to {gone}; it can only be read here",
                next_step="set FINOPS_CATALOG and FINOPS_LAKE to the new place",
                moved_to=gone,
            )
        file.truncate(0)
        file.write(holder)
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


@contextmanager
def _postgres_lock(place: Place, holder: str, wait_s: float) -> Iterator[None]:
    # On a connection of its own: the lock lasts as long as that one, whatever becomes of transactions elsewhere.
    with connect_postgres(place, autocommit=True, name=f"finops {holder}") as connection:

        def taken() -> bool:
            row = connection.execute("select pg_try_advisory_lock(%s, %s)", WRITER_LOCK).fetchone()
            return row is not None and bool(row[0])

        _wait(taken, lambda: _postgres_holder(connection), place=place, wait_s=wait_s)
        # It is let go when the connection closes; asking for it could only hide the error of a server that died.
        yield


def _wait(taken: Callable[[], bool], holder: Callable[[], str], *, place: Place, wait_s: float) -> None:
    deadline = time.monotonic() + wait_s
    while not taken():
        if time.monotonic() >= deadline:
            who = holder() or "another process"
            raise LockError(
                f"the lake {place} is being written by {who}; waited {wait_s:.0f} s",
                next_step="run the command again when that one is done",
                holder=who,
            )
        time.sleep(_POLL_S)


def _flocked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _postgres_holder(connection: psycopg.Connection[Any]) -> str:
    query = (
        "select application_name from pg_locks join pg_stat_activity using (pid) "
        "where locktype = 'advisory' and granted and classid = %s and objid = %s and objsubid = 2 "
        "and database = (select oid from pg_database where datname = current_database())"
    )
    row = connection.execute(query, WRITER_LOCK).fetchone()
    return str(row[0]).removeprefix("finops ") if row else ""
