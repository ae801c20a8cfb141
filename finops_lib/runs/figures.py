"""How is a figure's number asked for? By the name of a query file; its values are bound, never pasted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from finops_lib.errors import ConfigError
from finops_lib.lake.frames import read_frame
from finops_lib.runs.patience import interruptible

if TYPE_CHECKING:
    import duckdb
    import polars as pl

# Comments and quoted text may hold a dollar that is not a parameter.
_NOT_SQL = re.compile(r"--[^\n]*|'(?:[^']|'')*'")
_PARAMETER = re.compile(r"\$([A-Za-z_]\w*)")


class HasConnection(Protocol):
    """A lake, or the empty one that stands in for it."""

    @property
    def con(self) -> duckdb.DuckDBPyConnection: ...


def parameters_of(sql: str) -> set[str]:
    """Give the names of the `$parameters` in a query."""
    return set(_PARAMETER.findall(_NOT_SQL.sub(" ", sql)))


def bind(name: str, sql: str, filled: Mapping[str, object], given: Mapping[str, object]) -> dict[str, object]:
    """Choose the values a query takes.

    Args:
        filled: what the run knows; used where the query asks for it.
        given: what the notebook said; every one must be asked for.
    Raises:
        ConfigError: a value the query does not take, or one it lacks.
    """
    wanted = parameters_of(sql)
    for stranger in given.keys() - wanted:
        raise ConfigError.unknown(f"parameter of {name}.sql", stranger, wanted)
    values = {**filled, **given}
    if lacking := sorted(wanted - values.keys()):
        raise ConfigError(
            f"{name}.sql needs {', '.join(lacking)}",
            next_step=f"run.query({name!r}, {lacking[0]}=...)",
            lacking=lacking,
        )
    return {key: values[key] for key in sorted(wanted)}


def run_query(lake: HasConnection, sql: str, values: Mapping[str, object]) -> pl.DataFrame:
    """Run one query and give its rows as a small frame."""
    import polars as pl
    import polars.selectors as cs

    frame = interruptible(lake.con, lambda: read_frame(lake.con, sql, values))
    # DuckDB sums whole numbers to 128 bits, which arrive as decimals without decimals; they are counts.
    return frame.with_columns(cs.by_dtype(pl.Decimal(38, 0)).cast(pl.Int64))
