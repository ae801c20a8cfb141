"""Open the state database: brought up to date on first use, short transactions, writers in line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session

from finops_lib.errors import ConfigError, SourceError, needs_room
from finops_lib.state.migrate import migrate, sqlite_file

# Long enough for any migration of another process; transactions themselves last milliseconds.
_BUSY_TIMEOUT_MS = 30_000
_CONNECT_TIMEOUT_S = 5


@dataclass(frozen=True, slots=True)
class State:
    """The state database; every verb opens one short session of it."""

    engine: Engine

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that sees one moment of the database and blocks nobody."""
        with Session(self.engine) as session, session.begin():
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session that commits at the end, or leaves no trace when the block raises."""
        engine = self.engine.execution_options(writes=True)
        with (
            needs_room(f"the state database {self.engine.url.database}", OperationalError),
            Session(engine, expire_on_commit=False) as session,
            session.begin(),
        ):
            yield session

    def close(self) -> None:
        self.engine.dispose()


def open_state(url: str) -> State:
    """Open the database behind a SQLAlchemy URL and apply the migrations it lacks.

    Raises:
        ConfigError: not a URL, not to be opened, or a database written by a newer version of this program.
        SourceError: its server does not answer.
    """
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise ConfigError(
            "FINOPS_STATE is not a database URL", next_step="write it like sqlite:////folder/state.sqlite"
        ) from error
    path = sqlite_file(parsed)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {}
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        # The driver is ours to choose; a server that is gone is not waited for long.
        parsed = parsed.set(drivername="postgresql+psycopg")
        options = {"connect_args": {"connect_timeout": _CONNECT_TIMEOUT_S}}
    try:
        engine = create_engine(parsed, **options)
    except (NoSuchModuleError, ImportError) as error:
        raise ConfigError(
            f"FINOPS_STATE needs a driver for {parsed.drivername}", next_step="pip install finops[postgres]"
        ) from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        migrate(engine)
    except ConfigError:
        engine.dispose()
        raise
    except OperationalError as error:
        engine.dispose()
        what = f"the state database {parsed.render_as_string(hide_password=True)} cannot be opened: {error.orig}"
        what = " ".join(what.split())
        if path is None and "FATAL" not in what:
            raise SourceError(
                what, next_step="check that its server runs and can be reached, and FINOPS_STATE"
            ) from None
        raise ConfigError(
            what, next_step="check that it exists, is reachable and may be written, and that its disk has space"
        ) from error
    return State(engine)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    # The driver's own idea of transactions leaves DDL outside of them; we say BEGIN ourselves.
    connection.isolation_level = None
    for pragma in (f"busy_timeout = {_BUSY_TIMEOUT_MS}", "foreign_keys = on", "synchronous = normal"):
        connection.execute(f"pragma {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that starts as a reader and then writes fails at once when another wrote in between,
    # whatever the busy timeout; a writer therefore gets in line at its first statement.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("begin immediate" if writes else "begin")
