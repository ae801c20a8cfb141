"""What does a notebook see before the first bill is loaded? The same tables, all of them empty.

A lake that does not exist yet, or whose marts were never built, must give a page with sentences, not a traceback;
so the tables are made in memory from the very definitions the lake uses, and every figure query runs over them.
"""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from finops_lib.focus import COST_COLUMNS
from finops_lib.lake.create import OWN_TABLES, statement
from finops_lib.lake.place import Place
from finops_lib.marts.catalog import read_marts


@dataclass(frozen=True, slots=True)
class EmptyLake:
    """Stands in for a `Lake` that holds nothing to report on."""

    con: duckdb.DuckDBPyConnection
    place: Place
    snapshot_id: int | None = None


def open_empty_lake(place: Place, *, snapshot_id: int | None = None) -> EmptyLake:
    """Give every table of the lake and every mart, without a row, in memory."""
    con = duckdb.connect(":memory:")
    con.execute("set timezone = 'UTC'")
    con.execute("attach ':memory:' as lake")
    con.execute("use lake")
    columns = ", ".join(f'"{column.name}" {column.type}' for column in COST_COLUMNS)
    con.execute(f"create table cost ({columns})")
    for name in OWN_TABLES:
        con.execute(statement(name))
    for mart in read_marts().values():
        con.execute(f'create table "{mart.name}" as {mart.sql}')
    return EmptyLake(con=con, place=place, snapshot_id=snapshot_id)
