"""What every mart's file must be: four header lines, honest parents, and no construct of DuckDB alone."""

from __future__ import annotations

import re

import duckdb
import pytest
import sqlglot
from sqlglot import exp

from finops_lib.marts.catalog import SLICE_COLUMNS, Mart, read_marts
from tests.marts.conftest import MemoryLake

MARTS = list(read_marts().values())
FIRST_SET = {
    "daily_cost",
    "monthly_cost",
    "daily_resource_cost",
    "commitment_usage",
    "tag_coverage",
    "data_quality",
    "data_freshness",
    "slice_totals",
}
# Measured in facts/lake.md 5: another answer or an error on Spark; and what asks the clock.
FORBIDDEN = ("dayofweek", "weekday", "quantile", "median", "now()", "current_date", "today(", "at (version", "{{")

each_mart = pytest.mark.parametrize("mart", MARTS, ids=lambda mart: mart.name)


def test_the_first_set_of_marts_is_there() -> None:
    assert set(read_marts()) >= FIRST_SET


@each_mart
def test_a_mart_is_built_from_exactly_the_parents_its_header_names(mart: Mart) -> None:
    con = duckdb.connect(":memory:")
    con.execute("attach ':memory:' as lake")
    con.execute("use lake")
    for parent in mart.reads:
        con.execute(f"create table {parent} ({columns_of(parent)})")
    assert con.execute(mart.sql).fetchall() == []
    for parent in mart.reads:
        con.execute(f"drop table {parent}")
        with pytest.raises(duckdb.CatalogException, match=parent):
            con.execute(mart.sql)
        con.execute(f"create table {parent} ({columns_of(parent)})")


def columns_of(table: str) -> str:
    lake = MemoryLake()
    lake.build()
    described = lake.con.execute(f"describe {table}").fetchall()
    return ", ".join(f'"{name}" {kind}' for name, kind, *_ in described)


@each_mart
def test_a_mart_says_the_same_in_spark_sql(mart: Mart) -> None:
    [spark] = sqlglot.transpile(mart.sql, read="duckdb", write="spark", unsupported_level=sqlglot.ErrorLevel.RAISE)
    assert isinstance(sqlglot.parse_one(spark, read="spark"), exp.Query)


@each_mart
def test_a_mart_keeps_away_from_what_other_engines_read_differently(mart: Mart) -> None:
    text = "\n".join(line for line in mart.sql.lower().splitlines() if not line.strip().startswith("--"))
    assert [word for word in FORBIDDEN if word in text] == []
    assert re.findall(r"\$[a-z_]+", text) == []


@each_mart
def test_a_mart_never_holds_money_as_a_float_nor_counts_in_128_bits(mart: Mart) -> None:
    lake = MemoryLake()
    lake.build()
    kinds = {name: kind for name, kind, *_ in lake.con.execute(f"describe {mart.name}").fetchall()}
    assert {name: kind for name, kind in kinds.items() if kind in ("DOUBLE", "FLOAT", "HUGEINT")} == {}


@each_mart
def test_money_never_stands_without_its_currency(mart: Mart) -> None:
    lake = MemoryLake()
    lake.build()
    names = [name for name, *_ in lake.con.execute(f"describe {mart.name}").fetchall()]
    if any(name.endswith(("_cost", "_loaded", "_in")) and not name.startswith("rows") for name in names):
        assert "BillingCurrency" in mart.grain


@each_mart
def test_the_columns_of_the_grain_are_columns_of_the_mart(mart: Mart) -> None:
    lake = MemoryLake()
    lake.build()
    names = {name for name, *_ in lake.con.execute(f"describe {mart.name}").fetchall()}
    assert set(mart.grain) <= names
    assert mart.is_sliced == (set(SLICE_COLUMNS) <= names)


def test_marts_read_only_charges_loads_and_each_other() -> None:
    known = {"cost", "loads", "load_findings", "load_changes", "load_service_days", *read_marts()}
    assert {read for mart in MARTS for read in mart.reads} <= known
