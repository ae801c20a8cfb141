"""Create the lake's catalog and tables, once."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import duckdb

from finops_lib.focus import COST_COLUMNS
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import CATALOG_FILE, DATA_FOLDER, attach, connect

SLICE_COLUMNS = ("x_Provider", "x_SourceId", "x_BillingMonth")
# A marker beside the catalog: present only when every table was made, so a first use that was killed is finished later.
_READY_FILE = "tables.v1"


def ensure_lake(path: Path) -> None:
    """Make the lake in `path` if it is not there yet; safe when several processes do it at once."""
    if (path / _READY_FILE).exists() and (path / CATALOG_FILE).exists():
        return
    with writer_lock(path, purpose="create the lake"):
        if (path / _READY_FILE).exists() and (path / CATALOG_FILE).exists():
            return
        (path / DATA_FOLDER).mkdir(parents=True, exist_ok=True)
        con = connect()
        try:
            attach(con, path, read_only=False)
            _create_tables(con)
        finally:
            con.close()
        (path / _READY_FILE).touch()


def _create_tables(con: duckdb.DuckDBPyConnection) -> None:
    # Inlined rows live in the catalog, where other engines cannot see them (facts/lake.md 5).
    con.execute("call lake.set_option('data_inlining_row_limit', 0)")
    con.execute("call lake.set_option('parquet_compression', 'zstd')")
    con.execute("begin")
    columns = ", ".join(f'"{column.name}" {column.type}' for column in COST_COLUMNS)
    con.execute(f"create table if not exists lake.cost ({columns})")
    con.execute(f"alter table lake.cost set partitioned by ({', '.join(SLICE_COLUMNS)})")
    for name in ("loads", "load_findings"):
        con.execute(statement(name))
    con.execute("commit")


def statement(name: str) -> str:
    """Read the statement `sql/<name>.sql` of this package."""
    return (files("finops_lib.lake") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
