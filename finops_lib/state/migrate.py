"""Bring the state database to the schema this program knows; safe when several processes try at once.

A new table or column is one file in `migrations/versions`, its revision here as HEAD; nothing else is to be run.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, inspect, text

from finops_lib.errors import ConfigError

# Repeated here so that an ordinary command need not import alembic to learn that there is nothing to do.
HEAD = "0007"

# Any number, the same in every process: PostgreSQL's advisory locks are numbered.
_POSTGRES_LOCK = 7_301_482


def migrate(engine: Engine) -> None:
    """Apply the missing migrations under a lock, keeping a copy of an existing SQLite file first.

    Raises:
        ConfigError: the database was written by a newer version of this program.
    """
    if current_revision(engine) == HEAD:
        return
    path = sqlite_file(engine.url)
    with _alone(path), engine.execution_options(writes=True).connect() as connection:
        if path is not None:
            # Kept in the file, so it is set once, where nobody else can be in the way.
            connection.exec_driver_sql("rollback")
            connection.exec_driver_sql("pragma journal_mode = wal")
            connection.exec_driver_sql("begin immediate")
        else:
            connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _POSTGRES_LOCK})
        revision = _revision(connection)
        if revision != HEAD:
            if path is not None and revision is not None:
                _keep_copy(path, revision)
            _upgrade(connection, revision)
        connection.commit()


def current_revision(engine: Engine) -> str | None:
    """Give the revision the database is at; None for an empty one."""
    with engine.connect() as connection:
        return _revision(connection)


def sqlite_file(url: URL) -> Path | None:
    """Give the file behind a SQLite URL; None for any other database."""
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("select version_num from alembic_version")).scalar_one_or_none()


@contextmanager
def _alone(path: Path | None) -> Iterator[None]:
    """Hold the migration lock of a SQLite file; PostgreSQL has its own, taken inside the transaction."""
    if path is None:
        yield
        return
    with path.with_name(f"{path.name}.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _keep_copy(path: Path, revision: str) -> None:
    target = path.with_name(f"{path.name}.revision-{revision}")
    unfinished = target.with_name(f"{target.name}.tmp")
    # SQLite's own backup: a plain copy would miss what still is in the write-ahead log.
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as copy:
        source.backup(copy)
    unfinished.replace(target)


def _upgrade(connection: Connection, revision: str | None) -> None:
    # Only the first command after an update gets here.
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    try:
        if revision is not None:
            ScriptDirectory.from_config(config).get_revision(revision)
        command.upgrade(config, HEAD)
    except CommandError as error:
        raise ConfigError(
            f"the state database is at revision {revision}, which this version does not know",
            next_step="update this program, or point FINOPS_STATE at another database",
            revision=revision,
        ) from error
