"""Scopes over the lake: each charge once, from the mart where it suffices and from the charges where it does not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from importlib import resources
from typing import Any

import polars as pl
import pytest

from finops_lib.analyses.scopes import canonical, matches, parse_scope
from finops_lib.marts.catalog import read_header
from finops_lib.marts.figures import FIGURE_HEADER
from finops_lib.marts.scoped import narrowed, scoped_costs
from tests.marts.conftest import MemoryLake

SINCE, AS_OF = date(2026, 9, 1), date(2026, 11, 10)
JUDGED_AT = "2026-11-21T00:00:00"


def days(lake: MemoryLake, *scopes: str) -> pl.DataFrame:
    lake.build()
    with scoped_costs(lake.con, [parse_scope(text) for text in scopes], since=SINCE) as costs:
        return costs.days(as_of=AS_OF, judged_at=JUDGED_AT)


def sums(frame: pl.DataFrame) -> dict[str, Decimal]:
    totals = frame.group_by("scope").agg(pl.col("effective_cost").sum())
    return {row["scope"]: row["effective_cost"] for row in totals.iter_rows(named=True)}


def an_estate(lake: MemoryLake) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = [
        {"x_Team": "web", "ServiceName": "Compute", "Tags": {"app": "cart"}, "ResourceId": "i-1"},
        {"x_Team": "web", "ServiceName": "100%_sure\\", "Tags": {"app": "it's"}, "ResourceId": None},
        {"x_Team": None, "ServiceName": "Storage", "Tags": None, "ResourceId": "vol*1"},
        {"x_Team": "data", "ServiceName": "Storage", "SubAccountId": None, "ResourceId": "vol-2"},
    ]
    for power, row in enumerate(rows):
        lake.charge("2026-11-02", 10**power, **row)
    lake.load(4, 1111)
    return rows


ASKED = (
    "all",
    "team = 'web'",
    "team != 'web'",
    "not team in ('web', 'data')",
    "team is null or service = 'Storage'",
    "account = 'payer'",
    "service like '100%*'",
    "service like '*_*\\'",
    "service not like '*o*'",
    "tag['app'] = 'it''s'",
    "tag['app'] is null and team is not null",
    "not (tag['app'] like 'c*t')",
    "ResourceId like 'vol**'",
    "account = 'payer' and ResourceId = 'vol-2'",
    "team = 'nobody; drop table cost'",
)


def test_a_scope_costs_what_the_rows_that_match_it_cost(lake: MemoryLake) -> None:
    rows = an_estate(lake)
    found = sums(days(lake, *ASKED))
    for text in ASKED:
        scope = parse_scope(text)
        # Each row's cost is a power of ten of its own, so that the sum shows which rows were taken.
        mine = [
            10**power
            for power, row in enumerate(rows)
            if matches(scope, {"account": row.get("SubAccountId", "111") or "payer", **row})
        ]
        assert found.get(canonical(scope), Decimal(0)) == sum(mine), text
    assert found["team = 'web'"] == 11
    assert found["not team in ('data', 'web')"] == 100


def test_a_scope_and_its_opposite_share_out_the_estate(lake: MemoryLake) -> None:
    an_estate(lake)
    for text in ASKED[1:]:
        found = sums(days(lake, text, f"not ({text})"))
        assert sum(found.values()) == 1111, text


def test_what_a_budget_may_count_is_told_apart(lake: MemoryLake) -> None:
    charge: dict[str, Any] = {"ChargeFrequency": "Recurring", "ChargeCategory": "Purchase"}
    lake.charge("2026-11-01", 1)
    lake.charge("2026-11-01", 2, CommitmentDiscountId="sp", CommitmentDiscountStatus="Unused")
    lake.charge("2026-11-01", 4, **charge)
    lake.charge("2026-11-01", 0, **{**charge, "BilledCost": 8, "CommitmentDiscountId": "sp"})
    lake.charge("2026-11-01", 0, **{**charge, "BilledCost": 16, "ChargeFrequency": "One-Time"})
    lake.charge("2026-11-01", 32, ChargeCategory="Tax")
    lake.charge("2026-11-01", -64, ChargeCategory="Credit")
    lake.charge("2026-11-01", 128, ChargeCategory="Adjustment", ChargeClass="Correction")
    found = {
        (row["charge_class"], row["frequency"], row["is_prior_correction"]): (
            row["billed_cost"],
            row["effective_cost"],
        )
        for row in days(lake, "all").iter_rows(named=True)
    }
    assert found == {
        ("usage", "usage", False): (1, 1),
        ("unused_commitment", "usage", False): (2, 2),
        ("purchase", "recurring", False): (4, 4),
        ("commitment_purchase", "recurring", False): (8, 0),
        # an old export only shows it by what is billed and not used
        ("commitment_purchase", "one_time", False): (16, 0),
        ("tax", "one_time", False): (32, 32),
        ("credit", "one_time", False): (-64, -64),
        ("adjustment", "one_time", True): (128, 128),
    }


def test_cash_counts_in_the_month_it_is_billed_in(lake: MemoryLake) -> None:
    lake.charge("2026-10-05", 1, x_BillingMonth="2026-11-01")
    lake.charge("2026-11-05", 2)
    lake.charge("2026-11-06", 4, x_BillingMonth="2026-10-01")
    found = {row["effective_cost"]: (row["day"], row["billed_day"]) for row in days(lake, "all").iter_rows(named=True)}
    assert found == {
        1: (date(2026, 10, 5), date(2026, 11, 1)),
        2: (date(2026, 11, 5), date(2026, 11, 5)),
        4: (date(2026, 11, 6), date(2026, 10, 31)),
    }


@pytest.mark.parametrize(("delivered_at", "is_stale"), [("2026-11-18 23:59:59", True), ("2026-11-19 00:00:00", False)])
def test_a_source_that_is_overdue_is_named_stale(lake: MemoryLake, delivered_at: str, is_stale: bool) -> None:
    lake.charge("2026-11-02", 1)
    lake.load(1, 1, delivered_at=delivered_at)
    # 24 hours until the next delivery is due and 24 more until it is missed
    assert days(lake, "team is null").get_column("is_stale").to_list() == [is_stale]


def movers(lake: MemoryLake, scope: str) -> Sequence[dict[str, Any]]:
    lake.build()
    with scoped_costs(lake.con, [parse_scope(scope)], since=SINCE) as costs:
        frame = costs.movers(
            [(scope, date(2026, 11, 1), date(2026, 11, 3)), (scope, date(2026, 10, 1), date(2026, 10, 3))]
        )
    return list(frame.iter_rows(named=True))


def test_movers_sum_a_window_by_service_account_and_team(lake: MemoryLake) -> None:
    lake.charge("2026-11-01", 1, x_Team="web")
    lake.charge("2026-11-02", 2, ServiceName="Storage")
    lake.charge("2026-11-03", 4)
    lake.charge("2026-10-02", 8)
    found = {
        (row["first_day"].month, row["dimension"], row["value"]): row["effective_cost"] for row in movers(lake, "all")
    }
    assert found == {
        (11, "service", "Compute"): 1,
        (11, "service", "Storage"): 2,
        (11, "account", "111"): 3,
        (11, "team", "web"): 1,
        (11, "team", None): 2,
        (10, "service", "Compute"): 8,
        (10, "account", "111"): 8,
        (10, "team", None): 8,
    }


def test_movers_count_cash_in_the_month_it_is_billed_in(lake: MemoryLake) -> None:
    lake.charge("2026-10-31", 1, x_BillingMonth="2026-11-01", BilledCost=10)
    lake.charge("2026-11-02", 2, BilledCost=20)
    services = [row for row in movers(lake, "all") if row["dimension"] == "service"]
    # used 2 and billed 10 + 20 on 1 and 2 November; what was used on 31 October is in neither window
    assert [(row["effective_cost"], row["billed_cost"]) for row in services] == [(2, 30)]


def test_asking_leaves_nothing_behind(lake: MemoryLake) -> None:
    an_estate(lake)
    days(lake, "all", "tag['app'] = 'cart'")
    left = lake.rows("select table_name from duckdb_tables() where temporary")
    left += lake.rows("select view_name from duckdb_views() where temporary and not internal")
    assert left == []
    assert lake.rows("select count(*) as charges from cost") == [{"charges": 4}]


@pytest.mark.parametrize("text", ASKED)
def test_the_mart_narrowed_to_a_scope_holds_what_the_scope_costs(lake: MemoryLake, text: str) -> None:
    an_estate(lake)
    lake.build()
    whole = lake.rows("select sum(effective_cost) as total from daily_cost")
    with narrowed(lake.con, parse_scope(text)):
        [inside] = lake.rows("select coalesce(sum(effective_cost), 0) as total from daily_cost")
    assert inside["total"] == sums(days(lake, text)).get(canonical(parse_scope(text)), Decimal(0))
    # Nothing is left in its way afterwards.
    assert lake.rows("select sum(effective_cost) as total from daily_cost") == whole


def test_no_scope_at_all_and_an_empty_lake_give_no_row(lake: MemoryLake) -> None:
    assert days(lake).is_empty()
    assert days(lake, "all", "tag['app'] = 'cart'").is_empty()


def test_every_query_of_the_folder_says_its_question_grain_unit_and_marts() -> None:
    folder = resources.files("finops_lib.marts.scoped")
    files = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    assert {entry.name for entry in files} == {"days.sql", "member_cost.sql", "movers.sql"}
    for entry in files:
        header = read_header(entry.read_text(encoding="utf-8"), FIGURE_HEADER, file=entry.name)
        assert header["question"].endswith("?")
        assert set(re.split(r",\s*", header["reads"])) <= {"daily_cost", "cost", "data_freshness"}
