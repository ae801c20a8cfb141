"""Ask any question of the mart `daily_cost` for the charges of one scope."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from finops_lib.analyses.scopes import FIELDS, Scope, columns_of
from finops_lib.marts.catalog import read_marts
from finops_lib.marts.scoped.claims import column_of_charge, column_of_mart, filter_of

Connection = duckdb.DuckDBPyConnection

# What the mart keeps of what a scope can ask about; any other column is looked up in the charges.
KEPT = frozenset(FIELDS.values())


@contextmanager
def narrowed(con: Connection, scope: Scope) -> Iterator[None]:
    """Let `daily_cost` mean the days of a scope's charges for as long as the block lasts; other tables stay whole.

    Args:
        con: the lake or the empty one, attached as `lake`.
    """
    try:
        days_of(con, scope).query("part", "create temp table daily_cost as from part")
        yield
    finally:
        # Behind the table of its name stands the lake's own again.
        con.execute("drop table if exists temp.daily_cost")
        _forget_views(con)


def days_of(con: Connection, scope: Scope) -> duckdb.DuckDBPyRelation:
    """Give the rows of `daily_cost` that a scope means, from the mart where it suffices, else from the charges."""
    if columns_of(scope) <= KEPT:
        return con.sql("from lake.daily_cost").filter(filter_of(scope, column_of_mart))
    mine = con.sql("from lake.cost").filter(filter_of(scope, column_of_charge))
    # The mart's own select, over the charges of this scope instead of all.
    return mine.query("cost", read_marts()["daily_cost"].sql)


def _forget_views(con: Connection) -> None:
    for view in ("part", "cost"):
        con.execute(f"drop view if exists temp.{view}")
