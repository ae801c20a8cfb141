"""The in-memory lake of the mart tests, and the frames that analyses read from it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import polars as pl
import pytest

from finops_lib.marts.figures import figure_sql
from finops_lib.runs.figures import bind, run_query
from tests.marts.conftest import MemoryLake


class QueriedLake(MemoryLake):
    """A lake whose figure queries can be asked as a run asks them."""

    def query(self, name: str, *, as_of: str, provider: str = "", **values: object) -> pl.DataFrame:
        """Build the marts and run one figure query."""
        self.build()
        sql = figure_sql(name)
        filled = {"as_of": date.fromisoformat(as_of), "currency": "USD", "provider": provider}
        return run_query(self, sql, bind(name, sql, filled, values))


@pytest.fixture
def lake() -> Iterator[QueriedLake]:
    lake = QueriedLake()
    yield lake
    lake.con.close()
