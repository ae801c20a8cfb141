"""Open the lake: a DuckDB connection with the DuckLake catalog attached, read-only unless a writer asks."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb

from finops_lib.errors import ConfigError, LakeError

CATALOG_FILE = "catalog.sqlite"
DATA_FOLDER = "data"
_EXTENSIONS = ("ducklake", "sqlite_scanner")


@dataclass
class Lake:
    """A connection to the lake; tables are unqualified (`select * from cost`)."""

    con: duckdb.DuckDBPyConnection
    path: Path
    snapshot_id: int

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.con.close()


def connect(*, memory_limit: str = "2GB", threads: int | None = None) -> duckdb.DuckDBPyConnection:
    """Give an in-memory DuckDB connection with the lake's extensions loaded, in UTC, that never asks the network."""
    config: dict[str, str | bool | int | float | list[str]] = {"memory_limit": memory_limit}
    if threads is not None:
        config["threads"] = threads
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
    path: Path,
    *,
    read_only: bool = True,
    snapshot: int | None = None,
    memory_limit: str = "2GB",
    threads: int | None = None,
) -> Lake:
    """Attach the lake in folder `path`.

    Args:
        read_only: a reader never blocks and is never blocked; only the write path asks for False.
        snapshot: see the lake as it was then; None = as it is now.
    Raises:
        LakeError: no lake there, or no such snapshot.
    """
    if not (path / CATALOG_FILE).exists():
        raise LakeError(f"no lake in {path}", next_step="finops ingest PATH --source NAME, or finops demo", path=path)
    con = connect(memory_limit=memory_limit, threads=threads)
    try:
        return Lake(con=con, path=path, snapshot_id=attach(con, path, read_only=read_only, snapshot=snapshot))
    except BaseException:
        con.close()
        raise


def attach(con: duckdb.DuckDBPyConnection, path: Path, *, read_only: bool, snapshot: int | None = None) -> int:
    """Attach the catalog in `path` as `lake`, make it the default, and give the snapshot that is seen."""
    # Files are named relative to the data path, so a lake that was moved or copied works where it is now.
    options = [f"data_path '{sql_text(path / DATA_FOLDER)}/'", "override_data_path true"]
    options += ["meta_journal_mode 'WAL'", "meta_busy_timeout 10000"]
    options.append("data_inlining_row_limit 0")
    if read_only:
        options.append("read_only")
    if snapshot is not None:
        options.append(f"snapshot_version {int(snapshot)}")
    try:
        con.execute(f"attach 'ducklake:sqlite:{sql_text(path / CATALOG_FILE)}' as lake ({', '.join(options)})")
        con.execute("use lake")
        [[seen]] = con.execute("select id from lake.current_snapshot()").fetchall()
    except duckdb.Error as error:
        if snapshot is None:
            raise
        raise LakeError(
            f"the lake has no snapshot {snapshot}", next_step="use one of those in: finops runs list", snapshot=snapshot
        ) from error
    return int(seen)


def detach(con: duckdb.DuckDBPyConnection) -> None:
    """Let go of the lake; the connection and its temporary tables stay."""
    con.execute("use memory")
    con.execute("detach lake")


def confine(con: duckdb.DuckDBPyConnection, folders: list[Path]) -> None:
    """Let the connection reach nothing outside `folders` any more; this cannot be undone."""
    allowed = ", ".join(f"'{sql_text(folder)}/'" for folder in folders)
    con.execute(f"set allowed_directories = [{allowed}]")
    con.execute("set enable_external_access = false")
    con.execute("set lock_configuration = true")


@contextmanager
def without_pandas() -> Iterator[None]:
    """Keep DuckDB from importing pandas (0.3 CPU seconds) only to see that a bound value is no frame of it."""
    if "pandas" in sys.modules:
        yield
        return
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        sys.modules.pop("pandas", None)


def data_files(lake: Lake) -> list[str]:
    """Give the paths of all data files that any snapshot of the lake still holds."""
    rows = lake.con.execute("select path from __ducklake_metadata_lake.ducklake_data_file").fetchall()
    return [str(path) for (path,) in rows]


def sql_text(value: object) -> str:
    """Escape a value for a place in SQL where nothing can be bound (ATTACH, COPY)."""
    return str(value).replace("'", "''")


def _extension_path(name: str) -> Path:
    try:
        module = importlib.import_module(f"duckdb_extension_{name}")
    except ImportError as error:
        raise ConfigError(
            f"the DuckDB extension {name} is not installed",
            next_step=f"pip install duckdb-extension-{name.replace('_', '-')}",
        ) from error
    folder = Path(str(module.__file__)).parent / "extensions" / f"v{duckdb.__version__}"
    found = sorted(folder.glob("*.duckdb_extension"))
    if not found:
        raise ConfigError(
            f"the DuckDB extension {name} is not for DuckDB {duckdb.__version__}",
            next_step="install both from requirements.lock",
        )
    return found[0]
