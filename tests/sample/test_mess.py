"""The sample estate has the mess of real bills, every kind of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from finops_lib.sample.tags import ALIASES, KEYS, MISSPELT

PROVIDERS = ("aws", "azure", "gcp")
# Google's own labels stand before what the resource inherits; the labels of the whole project own nothing.
_INHERITED = "list_filter(x_Tags, lambda t: not list_contains(list_transform(x_Labels, lambda l: l.Key), t.Key))"
_PAIRS = ", ".join(
    f"list_transform({name}, lambda t: struct_pack(k := t.Key, v := t.Value))" for name in ("x_Labels", _INHERITED)
)
TAGS = {
    "aws": "Tags",
    "azure": "cast(cast(Tags as json) as map(varchar, varchar))",
    "gcp": f"map_from_entries(list_concat({_PAIRS}))",
}


@pytest.fixture
def bill(con: duckdb.DuckDBPyConnection, everything: Callable[[str], str]) -> duckdb.DuckDBPyConnection:
    """One table of all charges with the columns that these tests ask about."""
    parts = []
    for provider in PROVIDERS:
        parts.append(f"""
            select
                '{provider}' as provider, SubAccountId, ServiceName, ResourceId, SkuMeter, ChargeCategory, ChargeClass,
                CommitmentDiscountId, CommitmentDiscountStatus, BillingCurrency, PublisherName, ProviderName, InvoiceId,
                cast(cast(ChargePeriodStart as timestamp) as date) as day,
                cast(cast(BillingPeriodStart as timestamp) as date) as month,
                cast(BilledCost as decimal(28,12)) as billed, cast(EffectiveCost as decimal(28,12)) as effective,
                {TAGS[provider]} as tags
            from {everything(provider)}
        """)
    con.execute(f"create table bill as {' union all by name '.join(parts)}")
    return con


def one(bill: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = bill.execute(query).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_counts_of_the_truth_are_those_of_the_files(
    bill: duckdb.DuckDBPyConnection, truth: dict[str, Any], provider: str
) -> None:
    counts = truth["counts"][provider]
    asked = {
        "negative": "billed < 0",
        "null_resource_ids": "ResourceId is null",
        "corrections": "ChargeClass = 'Correction'",
        "refunds": "ChargeCategory = 'Usage' and billed < 0",
        "used": "CommitmentDiscountStatus = 'Used'",
        "unused": "CommitmentDiscountStatus = 'Unused'",
        "commitment_purchases": "ChargeCategory = 'Purchase' and CommitmentDiscountId is not null",
        "untagged": "tags is null or cardinality(tags) = 0",
        "category Tax": "ChargeCategory = 'Tax'",
        "category Credit": "ChargeCategory = 'Credit'",
    }
    for name, condition in asked.items():
        found = one(bill, f"select count(*) from bill where provider = '{provider}' and ({condition})")
        assert found == counts[name] > 0, name


def test_purchases_are_billed_and_effective_nothing_used_the_other_way_round(bill: duckdb.DuckDBPyConnection) -> None:
    purchase = "ChargeCategory = 'Purchase' and CommitmentDiscountId is not null"
    assert one(bill, f"select count(*) from bill where {purchase} and (billed <= 0 or effective <> 0)") == 0
    covered = "CommitmentDiscountStatus is not null"
    assert one(bill, f"select count(*) from bill where {covered} and (billed <> 0 or effective <= 0)") == 0


def test_used_and_unused_add_up_to_what_was_promised(bill: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    # A whole month, far from the days that are still arriving: 28 days of February.
    for commitment in truth["commitments"]:
        spent = one(
            bill,
            f"select sum(effective) from bill where month = '2026-02-01' and CommitmentDiscountId='{commitment['id']}'",
        )
        assert spent == 28 * Decimal(commitment["per_day"]), commitment["id"]


def test_tax_support_and_fees_come_in_the_first_days(bill: duckdb.DuckDBPyConnection) -> None:
    assert one(bill, "select max(day(day)) from bill where ChargeCategory = 'Tax'") == 3
    assert one(bill, "select count(*) from bill where ServiceName like '%Support%' and day(day) <> 1") == 0
    assert one(bill, "select count(distinct PublisherName) from bill where PublisherName <> ProviderName") == 3


def test_a_correction_is_booked_a_month_after_its_day(bill: duckdb.DuckDBPyConnection) -> None:
    late = "ChargeClass = 'Correction' and date_trunc('month', day) = month - interval 1 month"
    assert one(bill, f"select count(*) from bill where {late}") == one(
        bill, "select count(*) from bill where ChargeClass = 'Correction'"
    )


def test_one_account_is_billed_in_euros(bill: duckdb.DuckDBPyConnection) -> None:
    rows = bill.execute("select distinct provider, SubAccountId from bill where BillingCurrency = 'EUR'").fetchall()
    assert rows == [("azure", "/subscriptions/5b9e13d7-c04a-4e92-a6f8-37d1c2e8b4a6")]


def test_only_closed_months_have_an_invoice(bill: duckdb.DuckDBPyConnection) -> None:
    assert one(bill, "select count(*) from bill where (InvoiceId is null) <> (month = '2026-03-01')") == 0


def test_the_last_days_are_still_arriving(bill: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    for provider, first in truth["first_incomplete_day"].items():
        usage = f"provider = '{provider}' and ChargeCategory = 'Usage' and CommitmentDiscountId is null"
        full = bill.execute(
            f"select avg(n), avg(money) from (select count(*) as n, sum(effective) as money from bill "
            f"where {usage} and day between date '{first}' - 7 and date '{first}' - 1 group by day)"
        ).fetchone()
        last = bill.execute(
            f"select count(*), sum(effective) from bill where {usage} and day = '{truth['as_of']}'"
        ).fetchone()
        assert full is not None
        assert last is not None
        assert last[0] < 0.6 * full[0], provider
        assert last[1] < 0.7 * full[1], provider
        assert one(bill, f"select max(day) from bill where provider = '{provider}'").isoformat() == truth["as_of"]


def test_forty_services_in_a_dozen_accounts(bill: duckdb.DuckDBPyConnection) -> None:
    assert one(bill, "select count(distinct SubAccountId) from bill") == 13
    assert 40 <= one(bill, "select count(distinct ServiceName) from bill") <= 50
    assert one(bill, "select min(SubAccountId) from bill where provider = 'aws'") == "004512367890"


def test_the_money_is_that_of_a_company(bill: duckdb.DuckDBPyConnection) -> None:
    months = [row[0] for row in bill.execute("select sum(billed) from bill group by month order by month").fetchall()]
    assert all(380_000 < month < 620_000 for month in months[:-1])
    # Two per cent a month over eleven months would be 1.24.
    assert 1.1 < months[11] / months[0] < 1.4


def test_keys_are_spelt_in_many_ways_as_each_provider_allows(bill: duckdb.DuckDBPyConnection) -> None:
    keys: dict[str, set[str]] = {
        provider: set(
            one(bill, f"select list_distinct(flatten(list(map_keys(tags)))) from bill where provider = '{provider}'")
        )
        for provider in PROVIDERS
    }
    assert all(key.startswith(("user:", "aws:")) for key in keys["aws"])
    assert all(key == key.lower() for key in keys["gcp"])
    assert {key for key in keys["azure"] if key != key.lower()}
    assert len({key.lower() for key in set().union(*keys.values())}) >= 8


def test_azure_writes_the_same_resource_in_two_letter_cases(bill: duckdb.DuckDBPyConnection) -> None:
    assert one(
        bill,
        "select count(*) from (select lower(ResourceId) from bill where provider = 'azure' and ResourceId is not null "
        "group by 1 having count(distinct ResourceId) = 2)",
    ) > 10  # fmt: skip


def test_a_fifth_of_the_money_has_no_tags(truth: dict[str, Any]) -> None:
    total = sum(Decimal(row["effective"]) for row in truth["allocation"])
    bare = sum(Decimal(row["effective"]) for row in truth["allocation"] if not row["tagged"])
    assert Decimal("0.15") < bare / total < Decimal("0.27")


def normalised(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).strip().casefold().removeprefix("user:")
    for separator in "_ ./":
        folded = folded.replace(separator, "-")
    return folded


def test_a_careful_reader_gets_what_the_truth_expects(bill: duckdb.DuckDBPyConnection, truth: dict[str, Any]) -> None:
    # An own small reader: normalise keys and values, look aliases up, first key of the list wins; no account map.
    wanted = {
        dimension: {normalised(other): value for value, others in values.items() for other in (value, *others)}
        for dimension, values in ALIASES.items()
    }
    assert MISSPELT["search"] not in wanted["team"]
    found: dict[str, Decimal] = {}
    shared = [account["id"] for account in truth["accounts"] if account["shared"]]
    query = "select tags, sum(effective) from bill where list_contains(?, SubAccountId) group by 1"
    for tags, money in bill.execute(query, [shared]).fetchall():
        pairs = {normalised(key): normalised(value) for key, value in (tags or {}).items()}
        text = next((pairs[key] for key in KEYS["team"] if key in pairs), "")
        if text not in {"", "null", "n/a", "n-a", "unknown"}:
            team = wanted["team"].get(text, text)
            found[team] = found.get(team, Decimal(0)) + money
    told: dict[str, Decimal] = {}
    for row in truth["allocation"]:
        if row["account_id"] in shared and row["expected"]["team"]:
            team = row["expected"]["team"]
            told[team] = told.get(team, Decimal(0)) + Decimal(row["effective"])
    assert found == told
    assert len(told) >= 4
