"""A lake of a dozen readable rows, in memory: each test inserts only what it talks about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import duckdb
import pytest

from finops_lib.focus import COST_COLUMNS
from finops_lib.lake.create import OWN_TABLES, statement
from finops_lib.marts.catalog import read_marts

CHARGE = {
    "ChargeCategory": "Usage",
    "ChargeFrequency": "Usage-Based",
    "BillingAccountId": "payer",
    "SubAccountId": "111",
    "SubAccountName": "shop",
    "ServiceName": "Compute",
    "ServiceCategory": "Compute",
    "RegionId": "eu-west-1",
    "BillingCurrency": "USD",
    "x_Provider": "aws",
    "x_SourceId": "aws-payer",
    "x_LoadId": "load",
}
LOAD = {
    "load_number": 1,
    "load_id": "load",
    "delivery_id": "delivery",
    "x_Provider": "aws",
    "x_SourceId": "aws-payer",
    "x_BillingMonth": date(2026, 10, 1),
    "BillingCurrency": "USD",
    "rounding_drift": 0,
    "values_rounded": 0,
    "delivered_at": "2026-11-20 00:00:00",
    "loaded_at": "2026-11-20 00:00:00",
}


class MemoryLake:
    """The lake's tables in memory, and the marts over them."""

    def __init__(self) -> None:
        self.con = duckdb.connect(":memory:")
        self.con.execute("set timezone = 'UTC'")
        self.con.execute("attach ':memory:' as lake")
        self.con.execute("use lake")
        self.con.execute(f"create table cost ({', '.join(f'{c.name} {c.type}' for c in COST_COLUMNS)})")
        for table in OWN_TABLES:
            self.con.execute(statement(table))

    def charge(self, day: str, cost: str | int, *, days: int = 1, **values: object) -> None:
        """Add a charge that costs the same in all four cost columns, unless told otherwise."""
        start = date.fromisoformat(day)
        money = dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), str(cost))
        period = {"ChargePeriodStart": start, "ChargePeriodEnd": start + timedelta(days=days)}
        self.insert("cost", {**CHARGE, **money, **period, "x_BillingMonth": start.replace(day=1), **values})

    def load(self, rows: int, cost: str | int, **values: object) -> None:
        """Add a load's line; rows and money came in as they were loaded, unless told otherwise."""
        counts = dict.fromkeys(("rows_in", "rows_loaded"), rows)
        kinds = ("billed_in", "billed_loaded", "effective_in", "effective_loaded", "list_loaded", "contracted_loaded")
        self.insert("loads", {**LOAD, **counts, **dict.fromkeys(kinds, str(cost)), **values})

    def service_day(self, day: str, cost: str | int, *, delivered_on: str, **values: object) -> None:
        """Add what a load held of one service's usage on one day."""
        keys = ("load_number", "x_Provider", "x_SourceId", "BillingCurrency")
        of_load = {key: LOAD[key] for key in keys} | {"BillingAccountId": "payer", "ServiceName": "Compute"}
        row = {"day": day, "x_BillingMonth": f"{day[:7]}-01", "effective_loaded": str(cost), "billed_loaded": str(cost)}
        self.insert("load_service_days", {**of_load, **row, "delivered_on": delivered_on, **values})

    def insert(self, table: str, row: dict[str, object]) -> None:
        marks = ", ".join("?" * len(row))
        self.con.execute(f"insert into {table} ({', '.join(row)}) values ({marks})", list(row.values()))

    def build(self) -> None:
        """Make every mart of everything there is."""
        for mart in read_marts().values():
            self.con.execute(f"create or replace table {mart.name} as {mart.sql}")

    def rows(self, sql: str, **values: object) -> list[dict[str, object]]:
        answer = self.con.execute(sql, values) if values else self.con.execute(sql)
        names = [column[0] for column in answer.description or []]
        return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


@pytest.fixture
def lake() -> Iterator[MemoryLake]:
    lake = MemoryLake()
    yield lake
    lake.con.close()
