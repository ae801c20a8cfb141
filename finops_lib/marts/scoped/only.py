"""Let a connection see only what one scope pays: the rows a reader may have, for every query that follows.

Question: where is it decided what a reader sees?
Choice: in the catalog. The lake is attached under another name, and under its own stands one of views that hold only
the scope's rows: charges are filtered; a mart that kept what the scope asks about is filtered as well; one made of
charges alone is made again of those that are left; of how fresh the sources are, the scope's own. Everything else is
there and empty.
Why: no query, notebook or analysis has to know of it, and a new table shows nothing until somebody has decided what.
Declined: a condition in each query, which the next query would lack.
"""

from __future__ import annotations

import duckdb
from duckdb import ColumnExpression

from finops_lib.analyses.scopes import Scope, columns_of
from finops_lib.marts.catalog import Mart, read_marts
from finops_lib.marts.scoped.claims import column_of_charge, column_of_mart, filter_of

Connection = duckdb.DuckDBPyConnection

# The name under which the lake itself is attached.
WHOLE = "whole"
_SOURCE = ("x_Provider", "x_SourceId")
# About sources, not about charges; and what is nobody's.
_OF_SOURCES, _PUBLIC = "data_freshness", frozenset({"fx_rates"})


def keep_only(con: Connection, scope: Scope) -> None:
    """Make `lake` a catalog of the scope's rows, and the default one.

    Args:
        con: a connection with the lake attached as `whole`, and nothing as `lake`.
    """
    found = con.execute("select table_name from duckdb_tables() where database_name = ?", [WHOLE]).fetchall()
    tables, marts = {name for (name,) in found}, read_marts()
    con.execute("attach ':memory:' as lake")
    con.execute("use lake")
    # Marts in build order, after everything that is no mart: each is made of what is there.
    for name in (*sorted(tables - marts.keys()), *(name for name in marts if name in tables)):
        con.execute(f'create view lake.main."{name}" as {_statement(con, name, scope, _made_of_charges(marts))}')


def _statement(con: Connection, name: str, scope: Scope, made_of_charges: frozenset[str]) -> str:
    """Give the select that stands for a table of the lake; DuckDB writes it, from expressions and not from text."""
    table = con.table(f'{WHOLE}.main."{name}"')
    if name == "cost":
        return table.filter(filter_of(scope, column_of_charge)).sql_query()
    if name in made_of_charges:
        mart = read_marts()[name]
        # A column outside the grain is one value picked from several: charges of others would be in the same row.
        if columns_of(scope) <= set(mart.grain):
            return table.filter(filter_of(scope, column_of_mart)).sql_query()
        return mart.sql
    if name == _OF_SOURCES:
        mine = con.sql("from lake.daily_cost").select(*map(ColumnExpression, _SOURCE)).distinct()
        return table.join(mine, ", ".join(_SOURCE), how="semi").sql_query()
    return (table if name in _PUBLIC else table.limit(0)).sql_query()


def _made_of_charges(marts: dict[str, Mart]) -> frozenset[str]:
    """Name the marts that are computed from charges, directly or through each other, and from nothing else."""
    found = {"cost"}
    for name, mart in marts.items():
        if found.issuperset(mart.reads):
            found.add(name)
    return frozenset(found - {"cost"})
