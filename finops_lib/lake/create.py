"""Create the lake's catalog and tables, once, and bring those of an older version up to date."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import duckdb

from finops_lib.errors import LakeError
from finops_lib.focus import COST_COLUMNS
from finops_lib.lake.catalog import open_catalog, tables_version
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import attach, connect
from finops_lib.lake.place import Place

SLICE_COLUMNS = ("x_Provider", "x_SourceId", "x_BillingMonth")
# Our tables beside `cost`, each made by `sql/<name>.sql`.
OWN_TABLES = (
    "loads",
    "load_findings",
    "load_days",
    "markers",
    "load_changes",
    "load_service_days",
    "invoices",
    "invoice_loads",
    "stated_totals",
    "inventory",
    "inventory_scopes",
    "metrics",
    "fx_rates",
)
# One source is replaced as a whole there: its rows are never in a file with those of another, not even a merged one.
_BY_SOURCE = ("inventory", "inventory_scopes", "metrics")
# Raised with every change to the tables; each is then one more entry of _CHANGES.
VERSION = 4
# What brings a lake of the version before to this one: columns that were added, by table; new tables need none.
_CHANGES: dict[int, dict[str, tuple[str, ...]]] = {
    2: {"loads": ("rows_stated BIGINT", "manifest VARCHAR", "export_run VARCHAR")},
}


def ensure_lake(place: Place) -> None:
    """Make the lake if it is not there yet, or update its tables; safe when several processes do it at once.

    Raises:
        LakeError: the lake was written by a newer version of this program.
        LockError: another writer was busy for 300 s.
    """
    if _is_current(place):
        return
    with writer_lock(place, purpose="create the lake"):
        if _is_current(place):
            return
        if not place.is_remote:
            Path(place.data).mkdir(parents=True, exist_ok=True)
        before = tables_version(place)
        con = connect()
        try:
            attach(con, place, read_only=False)
            _make_tables(con, before)
        finally:
            con.close()
        with open_catalog(place, write=True) as catalog:
            for name in ("finops_tables", "finops_pin"):
                catalog.rows(statement(name))
            catalog.rows("delete from finops_tables")
            catalog.rows("insert into finops_tables (version) values (?)", [VERSION])


def _is_current(place: Place) -> bool:
    version = tables_version(place)
    if version > VERSION:
        raise LakeError(
            f"the lake {place} is of version {version}, which this program does not know",
            next_step="update this program",
            version=version,
        )
    return version == VERSION


def _make_tables(con: duckdb.DuckDBPyConnection, before: int) -> None:
    # Inlined rows live in the catalog, where other engines cannot see them (facts/lake.md 5).
    con.execute("call lake.set_option('data_inlining_row_limit', 0)")
    con.execute("call lake.set_option('parquet_compression', 'zstd')")
    con.execute("begin")
    columns = ", ".join(f'"{column.name}" {column.type}' for column in COST_COLUMNS)
    con.execute(f"create table if not exists lake.cost ({columns})")
    con.execute(f"alter table lake.cost set partitioned by ({', '.join(SLICE_COLUMNS)})")
    for name in OWN_TABLES:
        con.execute(statement(name))
    for name in _BY_SOURCE:
        con.execute(f"alter table lake.{name} set partitioned by (x_Provider, x_SourceId)")
    for version in range(before + 1, VERSION + 1) if before else ():
        for table, added in _CHANGES.get(version, {}).items():
            for column in added:
                con.execute(f"alter table lake.{table} add column if not exists {column}")
    con.execute("commit")


def statement(name: str) -> str:
    """Read the statement `sql/<name>.sql` of this package."""
    return (files("finops_lib.lake") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
