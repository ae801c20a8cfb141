"""The lake's catalog asked directly, beside DuckDB: for our own tables in it, and what must be known to attach.

Our tables: `finops_tables` (which version of the lake's tables was made) and `finops_pin` (see snapshots.py), which
move with the catalog, and `finops_moved`, which stays behind.

Never call these while DuckDB is in a transaction on the same SQLite catalog in this process: Python and DuckDB each
bring an SQLite of their own, and the file locks of a process go when either of the two closes the file.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from finops_lib.errors import ConfigError, LakeError, SourceError
from finops_lib.lake.place import CONNECT_TIMEOUT_S, Place, libpq_url, without_password

if TYPE_CHECKING:
    import psycopg

_LEAST_ROOM = 1 << 17
_TIMEOUT_S = 30.0
# A connection that only holds a lock says nothing for long; a firewall in between must not forget it.
_KEEPALIVE_S = 30


class Catalog:
    """A connection to the database behind the lake; `?` marks a value in both kinds."""

    def __init__(self, connection: Any, *, is_postgres: bool) -> None:
        self.connection = connection
        self.is_postgres = is_postgres

    def rows(self, sql: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and give its rows, if it has any."""
        cursor = self.connection.execute(sql.replace("?", "%s") if self.is_postgres else sql, tuple(values))
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def has_table(self, name: str) -> bool:
        if self.is_postgres:
            return bool(self.rows("select 1 where to_regclass(?) is not null", [name]))
        return bool(self.rows("select 1 from sqlite_master where type = 'table' and name = ?", [name]))


@contextmanager
def open_catalog(place: Place, *, write: bool = False) -> Iterator[Catalog]:
    """Open the catalog database; what the block did is committed at its end, or undone when it raises.

    Raises:
        LakeError: there is no such database, or it refuses.
        SourceError: its server does not answer.
    """
    if place.catalog:
        with connect_postgres(place, autocommit=False) as connection, _answering(place):
            yield Catalog(connection, is_postgres=True)
        return
    if not place.catalog_file.exists():
        raise no_lake(place)
    # `mode=rw` never makes a new file where one was taken away meanwhile.
    address = f"{place.catalog_file.as_uri()}?mode={'rw' if write else 'ro'}"
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=_TIMEOUT_S, isolation_level=None)) as file:
            file.execute("begin immediate" if write else "begin")
            yield Catalog(file, is_postgres=False)
            file.execute("commit")
    except sqlite3.DatabaseError as error:
        if shutil.disk_usage(place.folder).free < _LEAST_ROOM:
            # Even a reader needs a page beside the catalog, and SQLite calls the lack of it an I/O error.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), place.root) from error
        raise LakeError(
            f"the lake's catalog {place.catalog_file} cannot be read: {error}",
            next_step=f"check its permissions, or restore {place.catalog_file.name} from a copy",
            path=place.catalog_file,
        ) from error


@contextmanager
def _answering(place: Place) -> Iterator[None]:
    import psycopg

    try:
        yield
    except psycopg.OperationalError as error:
        raise SourceError(
            f"the catalog of the lake {place} stopped answering: {' '.join(str(error).split())[:200]}",
            next_step="see whether the server runs, then run the command again; what was not committed is undone",
        ) from None


def connect_postgres(place: Place, *, autocommit: bool, name: str = "finops") -> psycopg.Connection[Any]:
    """Connect to the PostgreSQL database of the catalog; as a context it is closed at the end.

    Raises:
        ConfigError: the client library is not installed.
        LakeError: the server answers, and refuses: no such database or user, or a wrong password.
        SourceError: the server does not answer.
    """
    try:
        import psycopg
    except ImportError as error:
        raise ConfigError(
            "a catalog in PostgreSQL needs its client", next_step="pip install finops[postgres]"
        ) from error
    try:
        return psycopg.connect(
            libpq_url(place.catalog),
            autocommit=autocommit,
            connect_timeout=CONNECT_TIMEOUT_S,
            application_name=name[:60],
            keepalives_idle=_KEEPALIVE_S,
        )
    except psycopg.Error as error:
        reason = without_password(" ".join(str(error).split()), place.catalog)[:300]
        # Not chained: what the driver says may repeat the URL. Only a server that was reached says FATAL.
        if "FATAL" in reason or isinstance(error, psycopg.ProgrammingError):
            raise LakeError(
                f"the catalog of the lake {place} refuses: {reason}",
                next_step="check user, password and database in FINOPS_CATALOG",
            ) from None
        raise SourceError(
            f"the catalog of the lake {place} does not answer: {reason}",
            next_step="check that the server runs and can be reached from here, and FINOPS_CATALOG",
        ) from None


def no_lake(place: Place) -> LakeError:
    """Say that nothing has been loaded there yet."""
    return LakeError(f"no lake in {place}", next_step="finops ingest PATH --source NAME, or finops demo", path=place)


def tables_version(place: Place) -> int:
    """Give the version of the lake's tables; 0 = there is no lake, or its making was interrupted."""
    if not place.catalog and not place.catalog_file.exists():
        return 0
    with open_catalog(place) as catalog:
        if catalog.has_table("finops_tables"):
            [[version]] = catalog.rows("select coalesce(max(version), 0) from finops_tables")
            return int(version)
        # The first version of this program said it by a file beside the catalog.
        return 1 if not place.catalog and (place.folder / "tables.v1").exists() else 0


def moved_to(place: Place) -> str:
    """Say where the lake was moved to, without a password; "" = it was not."""
    if place.catalog or not place.catalog_file.exists():
        return ""
    with open_catalog(place) as catalog:
        rows = catalog.rows("select moved_to from finops_moved") if catalog.has_table("finops_moved") else []
        return str(rows[0][0]) if rows else ""


def is_there(place: Place) -> bool:
    """Say whether anything was ever loaded there (its tables may be of an older version)."""
    return tables_version(place) > 0


def newest_snapshot(place: Place) -> int:
    """Give the number of the lake's newest snapshot."""
    with open_catalog(place) as catalog:
        [[newest]] = catalog.rows("select max(snapshot_id) from ducklake_snapshot")
        return int(newest)


def has_snapshot(place: Place, snapshot: int) -> bool:
    with open_catalog(place) as catalog:
        return bool(catalog.rows("select 1 from ducklake_snapshot where snapshot_id = ?", [snapshot]))


def columns_of_tables(place: Place) -> dict[str, tuple[str, ...]]:
    """Give the names of the lake's tables as they are now, each with its columns in order."""
    query = (
        "select t.table_name, c.column_name from ducklake_table t join ducklake_column c on c.table_id = t.table_id "
        "where t.end_snapshot is null and c.end_snapshot is null and c.parent_column is null "
        "order by t.table_name, c.column_order"
    )
    found: dict[str, list[str]] = {}
    with open_catalog(place) as catalog:
        for table, column in catalog.rows(query):
            found.setdefault(str(table), []).append(str(column))
    return {table: tuple(columns) for table, columns in found.items()}
