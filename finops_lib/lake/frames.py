"""Give the rows of a query as a frame, without pyarrow; DECIMAL, MAP and dates stay what they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from finops_lib.lake.open import without_pandas

if TYPE_CHECKING:
    import duckdb
    import polars as pl


def read_frame(con: duckdb.DuckDBPyConnection, sql: str, values: Mapping[str, object]) -> pl.DataFrame:
    """Run one query with its values bound and give its rows, in its order.

    A relation with bound values holds its answer as one expression per value, and reading 30,000 rows of it takes 15
    times as long as the query. So the answer rests in a temporary table, where there is an answer of this kind.
    """
    import polars as pl

    with without_pandas():
        if not values:
            return pl.DataFrame(con.sql(sql))
        con.execute(f"create or replace temp table finops_answer as {sql}", dict(values))
        try:
            return pl.DataFrame(con.table("temp.finops_answer"))
        finally:
            con.execute("drop table if exists temp.finops_answer")
