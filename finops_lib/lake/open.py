"""Open the lake: a DuckDB connection with the DuckLake catalog attached, read-only unless a writer asks."""

from __future__ import annotations

import importlib
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb

from finops_lib.absent import without_modules
from finops_lib.errors import ConfigError
from finops_lib.lake import MEMORY_LIMIT
from finops_lib.lake.catalog import is_there, no_lake
from finops_lib.lake.lease import Lease, claim
from finops_lib.lake.objects import check_bucket, s3_secret
from finops_lib.lake.place import Place, postgres_options, postgres_words

_EXTENSIONS = ("ducklake", "sqlite_scanner")
# What a lake beyond one machine needs, and the extra that brings it.
_SHARED_EXTENSIONS = {"postgres_scanner": "postgres", "httpfs": "s3"}
_CATALOG_SECRET = "finops_catalog"


@dataclass
class Lake:
    """A connection to the lake; tables are unqualified (`select * from cost`).

    A reader sees the snapshot `snapshot_id` for as long as it is open, whatever others write or expire.
    """

    con: duckdb.DuckDBPyConnection
    place: Place
    snapshot_id: int
    lease: Lease | None = None

    def close(self) -> None:
        self.con.close()
        if self.lease is not None:
            self.lease.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def connect(*, memory_limit: str = MEMORY_LIMIT, threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Give an in-memory DuckDB connection with the lake's extensions loaded, in UTC, that never asks the network."""
    config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory_limit}
    # The extensions come with the packages, whose hashes the lock holds, as all our code does. To check a signature too
    # would read their 70 MB again for each connection, a quarter of a second. No others are ever loaded: not by
    # themselves, and not by who asks (`confine`).
    config["allow_unsigned_extensions"] = True
    config["autoload_known_extensions"] = False
    if threads is not None:
        config["threads"] = threads
    # What does not fit into memory goes where temporary files go, not into the folder one happens to stand in; each
    # connection has a folder of its own, which DuckDB makes when it needs one and removes at the end.
    config["temp_directory"] = str(Path(tempfile.gettempdir()) / f"finops-duckdb-{uuid.uuid4().hex}")
    con = duckdb.connect(config=config)
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set timezone = 'UTC'")
    # In a kernel DuckDB draws its bar with a package that is not installed, and even turning it off asks for that.
    if con.execute("select current_setting('enable_progress_bar')").fetchall()[0][0]:
        con.execute("set enable_progress_bar = false")
    for name in _EXTENSIONS:
        con.execute(f"load '{_extension_path(name)}'")
    return con


def open_lake(
    place: Place,
    *,
    read_only: bool = True,
    snapshot: int | None = None,
    memory_limit: str = MEMORY_LIMIT,
    threads: int | None = None,
) -> Lake:
    """Attach the lake at `place`.

    Args:
        read_only: a reader never blocks, is never blocked and sees one snapshot; only the write path asks for False,
            and then sees the newest.
        snapshot: see the lake as it was then; None = as it is now.
    Raises:
        LakeError: no lake there, or no such snapshot.
    """
    if not is_there(place):
        raise no_lake(place)
    # A writer reads too: what it reads must not be expired under it.
    lease, seen = claim(place, snapshot)
    try:
        con = connect(memory_limit=memory_limit, threads=threads)
    except BaseException:
        lease.release()
        raise
    try:
        number = attach(con, place, read_only=read_only, snapshot=seen if read_only else None)
        return Lake(con=con, place=place, snapshot_id=number, lease=lease)
    except BaseException:
        con.close()
        lease.release()
        raise


def attach(
    con: duckdb.DuckDBPyConnection,
    place: Place,
    *,
    read_only: bool,
    snapshot: int | None = None,
    name: str = "lake",
) -> int:
    """Attach the catalog as `name`, make it the default, and give the snapshot that is seen."""
    equip(con, place)
    # Files are named relative to the data path, so a lake that was moved or copied works where it is now.
    options = [f"data_path '{sql_text(place.data)}/'", "override_data_path true", "data_inlining_row_limit 0"]
    if place.catalog:
        address = f"ducklake:postgres:{postgres_words(place.catalog)}"
        options.append(f"meta_secret '{_CATALOG_SECRET}'")
    else:
        address = f"ducklake:sqlite:{place.catalog_file}"
        options += ["meta_journal_mode 'WAL'", "meta_busy_timeout 10000"]
    if read_only:
        options.append("read_only")
    if snapshot is not None:
        options.append(f"snapshot_version {int(snapshot)}")
    con.execute(f"attach '{sql_text(address)}' as {name} ({', '.join(options)})")
    con.execute(f"use {name}")
    [[seen]] = con.execute(f"select id from {name}.current_snapshot()").fetchall()
    return int(seen)


def fresh_catalog(con: duckdb.DuckDBPyConnection, place: Place, *, schema: str) -> None:
    """Have DuckLake make an empty catalog in a schema of the place's PostgreSQL database; `con` is equipped for it."""
    options = f"meta_schema '{schema}', meta_secret '{_CATALOG_SECRET}', data_path '{sql_text(place.data)}/'"
    con.execute(f"attach '{sql_text(f'ducklake:postgres:{postgres_words(place.catalog)}')}' as fresh ({options})")
    con.execute("detach fresh")


def detach(con: duckdb.DuckDBPyConnection) -> None:
    """Let go of the lake; the connection and its temporary tables stay."""
    con.execute("use memory")
    con.execute("detach lake")


def confine(con: duckdb.DuckDBPyConnection, folders: list[str]) -> None:
    """Let the connection reach nothing outside `folders` any more; this cannot be undone."""
    allowed = ", ".join(f"'{sql_text(folder)}/'" for folder in folders)
    con.execute(f"set allowed_directories = [{allowed}]")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


def attach_postgres(con: duckdb.DuckDBPyConnection, url: str, *, name: str) -> None:
    """Attach a PostgreSQL database read-only as `name`; its password is not to be seen in the connection."""
    con.execute(f"load '{_extension_path('postgres_scanner')}'")
    _make_secret(con, f"{name}_secret", "postgres", postgres_options(url))
    con.execute(f"attach '{sql_text(postgres_words(url))}' as {name} (type postgres, read_only, secret {name}_secret)")


def equip(con: duckdb.DuckDBPyConnection, place: Place) -> None:
    """Load and tell the connection what a lake beyond one machine needs."""
    if place.catalog:
        con.execute(f"load '{_extension_path('postgres_scanner')}'")
        _make_secret(con, _CATALOG_SECRET, "postgres", postgres_options(place.catalog))
    if place.is_remote:
        check_bucket(place)
        con.execute(f"load '{_extension_path('httpfs')}'")
        _make_secret(con, "finops_data", "s3", s3_secret())


def _make_secret(con: duckdb.DuckDBPyConnection, name: str, type_: str, options: Mapping[str, Any]) -> None:
    given = "".join(f", {key} '{sql_text(value)}'" for key, value in options.items())
    con.execute(f"create or replace temporary secret {name} (type {type_}{given})")


@contextmanager
def without_pandas() -> Iterator[None]:
    """Keep DuckDB from importing pandas (0.3 CPU seconds) only to see that a bound value is no frame of it."""
    with without_modules("pandas"):
        yield


def data_files(lake: Lake) -> list[str]:
    """Give the paths of all data files that any snapshot of the lake still holds."""
    rows = lake.con.execute("select path from __ducklake_metadata_lake.ducklake_data_file").fetchall()
    return [str(path) for (path,) in rows]


def bytes_of_data(lake: Lake) -> int:
    """Give the size of the files that a reader of the newest snapshot can come across."""
    size = "select sum(file_size_bytes) from __ducklake_metadata_lake.ducklake_data_file where end_snapshot is null"
    [[found]] = lake.con.execute(size).fetchall()
    return int(found or 0)


def sql_text(value: object) -> str:
    """Escape a value for a place in SQL where nothing can be bound (ATTACH, COPY)."""
    return str(value).replace("'", "''")


def _extension_path(name: str) -> Path:
    try:
        module = importlib.import_module(f"duckdb_extension_{name}")
    except ImportError as error:
        raise ConfigError(
            f"the DuckDB extension {name} is not installed",
            next_step=f"pip install finops[{_SHARED_EXTENSIONS[name]}]"
            if name in _SHARED_EXTENSIONS
            else "pip install -r requirements.lock",
        ) from error
    folder = Path(str(module.__file__)).parent / "extensions" / f"v{duckdb.__version__}"
    found = sorted(folder.glob("*.duckdb_extension"))
    if not found:
        raise ConfigError(
            f"the DuckDB extension {name} is not for DuckDB {duckdb.__version__}",
            next_step="install both from requirements.lock",
        )
    return found[0]
