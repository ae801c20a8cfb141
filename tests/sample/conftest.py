"""One small sample estate for all tests of it, read back with DuckDB only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finops_lib.sample import Estate, write_estate


@pytest.fixture(scope="session")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    folder = tmp_path_factory.mktemp("estate")
    return write_estate(folder / "bills", as_of=date(2026, 3, 17), rows=10_000, earlier=folder / "bills-before")


@pytest.fixture(scope="session")
def default_estate(tmp_path_factory: pytest.TempPathFactory) -> Estate:
    """The same with as many charges as it has when nobody asks for a number, some of them hourly."""
    return write_estate(tmp_path_factory.mktemp("default"), as_of=date(2026, 3, 17))


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
def everything(estate: Estate) -> Callable[[str], str]:
    """Give the table function that reads all that counts of one provider, every text as it is written."""
    return lambda provider: reader(estate.files_of(provider))


def reader(paths: Sequence[Path]) -> str:
    """Give the table function that reads these files of one provider."""
    names = ", ".join(f"'{path.as_posix()}'" for path in paths)
    is_parquet = paths[0].suffix == ".parquet"
    options = "hive_partitioning = false" + ("" if is_parquet else ", all_varchar = true")
    return f"{'read_parquet' if is_parquet else 'read_csv'}([{names}], {options})"
