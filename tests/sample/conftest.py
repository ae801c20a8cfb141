"""One small sample estate for all tests of it, read back with DuckDB only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import duckdb
import pytest

from finops_lib.sample import Estate, write_estate


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    return write_estate(tmp_path_factory.mktemp("estate"), as_of=date(2026, 3, 17), rows=8_000)


@pytest.fixture(scope="session")
def truth(estate: Estate) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(estate.truth.read_text(encoding="utf-8"))
    return told


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


@pytest.fixture(scope="session")
def read(estate: Estate) -> Callable[[str], str]:
    """Give the table function that reads a path (or pattern) of the estate, every text as it is written."""

    def function(path: str) -> str:
        full = (estate.folder / path).as_posix()
        return f"read_parquet('{full}')" if path.endswith("parquet") else f"read_csv('{full}', all_varchar=true)"

    return function


@pytest.fixture(scope="session")
def everything(read: Callable[[str], str]) -> Callable[[str], str]:
    return lambda provider: read(f"{provider}/*.{'csv.gz' if provider == 'azure' else 'parquet'}")
