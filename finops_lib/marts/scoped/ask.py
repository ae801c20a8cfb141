"""Ask the lake for the days of scopes, and then for what moved them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import duckdb
from duckdb import ColumnExpression, ConstantExpression, FunctionExpression, StarExpression

from finops_lib.analyses.scopes import Scope, canonical, columns_of
from finops_lib.lake.frames import read_frame
from finops_lib.lake.open import without_pandas
from finops_lib.marts.catalog import read_marts
from finops_lib.marts.scoped.claims import column_of_charge, column_of_mart, filter_of
from finops_lib.marts.scoped.narrow import KEPT

if TYPE_CHECKING:
    import polars as pl

Connection = duckdb.DuckDBPyConnection
Window = tuple[str, date, date]

_OWN_TABLES = ("member_keys", "member_cost")


@dataclass(frozen=True, slots=True)
class ScopedCosts:
    """Answers for some scopes, over temporary tables that `scoped_costs` made and takes away again."""

    _con: Connection
    _names: Mapping[int, str]
    _scopes: Sequence[int]
    _members: Sequence[int]

    def days(self, *, as_of: date, judged_at: str) -> pl.DataFrame:
        """Give the figure `days`; `scope` is the canonical text."""
        return self._asked("days", {"as_of": as_of, "judged_at": judged_at})

    def movers(self, windows: Sequence[Window]) -> pl.DataFrame:
        """Give the figure `movers` for some windows: (scope's canonical text, first day, day after the last)."""
        numbers = {name: number for number, name in self._names.items()}
        of_windows = {
            "window_scopes": [numbers[scope] for scope, _, _ in windows],
            "first_days": [first for _, first, _ in windows],
            "end_days": [end for _, _, end in windows],
        }
        return self._asked("movers", of_windows)

    def _asked(self, figure: str, values: Mapping[str, object]) -> pl.DataFrame:
        import polars as pl

        bound = {**values, "scopes": list(self._scopes), "members": list(self._members)}
        frame = read_frame(self._con, scoped_sql(figure), bound)
        names = pl.DataFrame(
            {"scope": list(self._names), "text": list(self._names.values())},
            schema={"scope": frame.schema["scope"], "text": pl.String},
        )
        return frame.join(names, on="scope").select(pl.col("text").alias("scope"), *frame.columns[1:])


@contextmanager
def scoped_costs(con: Connection, scopes: Sequence[Scope], *, since: date) -> Iterator[ScopedCosts]:
    """Gather the charges of scopes from the day `since` on.

    Args:
        con: the lake or the empty one, attached as `lake`.
    """
    distinct = {canonical(scope): scope for scope in scopes}
    numbered = dict(enumerate(distinct.values(), start=1))
    kept = {number: scope for number, scope in numbered.items() if columns_of(scope) <= KEPT}
    try:
        _gather_kept(con, kept, since)
        of_scopes, members = _choose(con, kept)
        for number, scope in numbered.items():
            if number not in kept:
                _gather_charges(con, number, scope, since)
                of_scopes.append(number)
                # Members of the mart count upwards, those of the charges downwards.
                members.append(-number)
        yield ScopedCosts(con, dict(enumerate(distinct, start=1)), of_scopes, members)
    finally:
        for table in _OWN_TABLES:
            con.execute(f"drop table if exists temp.{table}")
        for view in ("part", "cost"):
            con.execute(f"drop view if exists temp.{view}")


@cache
def scoped_sql(figure: str) -> str:
    """Give the text of a query of this folder."""
    return (resources.files(__package__) / f"{figure}.sql").read_text(encoding="utf-8")


@without_pandas()
def _gather_kept(con: Connection, scopes: Mapping[int, Scope], since: date) -> None:
    asked = sorted(frozenset().union(*map(columns_of, scopes.values())))
    # In a list a null equals a null; no column at all is one combination.
    key = FunctionExpression("list_value", *map(ColumnExpression, asked)) if asked else ConstantExpression("")
    wanted = ColumnExpression("day") >= ConstantExpression(since) if scopes else ConstantExpression(False)
    keyed = con.sql("from lake.daily_cost").filter(wanted).select(StarExpression(), key.alias("member_key"))
    keys = keyed.select(*map(ColumnExpression, asked), "member_key").distinct()
    keys.query("part", "create temp table member_keys as select *, row_number() over () as member from part")
    numbered = keyed.join(con.table("temp.member_keys").select("member_key", "member"), "member_key")
    numbered.query("part", f"create temp table member_cost as {scoped_sql('member_cost')}")


@without_pandas()
def _choose(con: Connection, scopes: Mapping[int, Scope]) -> tuple[list[int], list[int]]:
    """Give the pairs (scope, member) as two lists."""
    of_scopes: list[int] = []
    members: list[int] = []
    table = con.table("temp.member_keys")
    for number, scope in scopes.items():
        found = table.filter(filter_of(scope, column_of_mart)).select("member").fetchall()
        members += [member for (member,) in found]
        of_scopes += [number] * len(found)
    return of_scopes, members


@without_pandas()
def _gather_charges(con: Connection, number: int, scope: Scope, since: date) -> None:
    started = ColumnExpression("ChargePeriodStart") >= ConstantExpression(since)
    mine = con.sql("from lake.cost").filter(filter_of(scope, column_of_charge)).filter(started)
    # The mart's own select, over the charges of this scope instead of all.
    days = mine.query("cost", read_marts()["daily_cost"].sql)
    numbered = days.select(StarExpression(), ConstantExpression(-number).alias("member"))
    numbered.query("part", f"insert into member_cost {scoped_sql('member_cost')}")
    # Behind the view of its name stands the lake's own table again.
    con.execute("drop view temp.cost")
