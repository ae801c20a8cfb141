"""AWS line items, from legacy CUR and CUR 2.0: one hand-worked row per type, and that no cent is lost."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import connect
from finops_lib.sources import detect
from finops_lib.sources.delivery import Delivery, read_delivery
from finops_lib.sources.files import find_files

PLAN = "arn:aws:savingsplans::999999999999:savingsplan/plan-1"
RESERVATION = "arn:aws:ec2:us-east-1:111111111111:reserved-instances/ri-1"
# An hour of a virtual machine, as CUR 2.0 writes it; a test changes only what it talks about.
ITEM: dict[str, str | None] = {
    "bill_bill_type": "Anniversary",
    "bill_billing_entity": "AWS",
    "bill_billing_period_end_date": "2026-06-01T00:00:00.000Z",
    "bill_billing_period_start_date": "2026-05-01T00:00:00.000Z",
    "bill_invoice_id": "1786423460",
    "bill_invoicing_entity": "Amazon Web Services, Inc.",
    "bill_payer_account_id": "999999999999",
    "bill_payer_account_name": "payer",
    "line_item_availability_zone": "us-east-1a",
    "line_item_currency_code": "USD",
    "line_item_line_item_description": "$0.10 per hour",
    "line_item_line_item_type": "Usage",
    "line_item_operation": "RunInstances",
    "line_item_product_code": "AmazonEC2",
    "line_item_resource_id": "i-1",
    "line_item_unblended_cost": "0.10",
    "line_item_unblended_rate": "0.10",
    "line_item_usage_account_id": "111111111111",
    "line_item_usage_account_name": "shop",
    "line_item_usage_amount": "1",
    "line_item_usage_end_date": "2026-05-02T01:00:00.000Z",
    "line_item_usage_start_date": "2026-05-02T00:00:00.000Z",
    "line_item_usage_type": "BoxUsage:m5.large",
    "pricing_currency": "USD",
    "pricing_public_on_demand_cost": "0.12",
    "pricing_public_on_demand_rate": "0.12",
    "pricing_rate_code": "SKU1.TERM.RATE",
    "pricing_unit": "Hrs",
    "product": '{"product_name": "Amazon Elastic Compute Cloud", "region": "us-east-1"}',
    "product_instance_type": "m5.large",
    "product_region_code": "us-east-1",
    "product_sku": "SKU1",
    "reservation_effective_cost": None,
    "reservation_reservation_a_r_n": None,
    "reservation_unused_amortized_upfront_fee_for_billing_period": None,
    "reservation_unused_quantity": None,
    "reservation_unused_recurring_fee": None,
    "resource_tags": '{"user_team": "shop", "aws_created_by": "ci"}',
    "cost_category": '{"Unit": "retail"}',
    "discount": "{}",
    "savings_plan_offering_type": None,
    "savings_plan_savings_plan_a_r_n": None,
    "savings_plan_savings_plan_effective_cost": None,
    "savings_plan_total_commitment_to_date": None,
    "savings_plan_used_commitment": None,
}
COVERED = {
    "line_item_line_item_type": "SavingsPlanCoveredUsage",
    "savings_plan_savings_plan_a_r_n": PLAN,
    "savings_plan_savings_plan_effective_cost": "0.07",
}
NEGATION = {
    "line_item_line_item_type": "SavingsPlanNegation",
    "line_item_unblended_cost": "-0.10",
    "savings_plan_savings_plan_a_r_n": PLAN,
}
Read = Callable[..., list[tuple[Any, ...]]]
COSTS = "BilledCost, EffectiveCost, ListCost, ContractedCost"


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


def write_csv(path: Path, *changes: Mapping[str, str | None]) -> Path:
    rows = [{**ITEM, **change} for change in changes]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return path


def read(con: duckdb.DuckDBPyConnection, path: Path) -> Delivery:
    return read_delivery(con, find_files([path]))


@pytest.fixture
def ask(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Read:
    """Read CUR 2.0 line items and give some columns of the charges they become; amounts as text."""

    def ask_columns(columns: str, *changes: Mapping[str, str | None]) -> list[tuple[Any, ...]]:
        delivery = read(con, write_csv(tmp_path / "cur.csv", *changes))
        assert not [found for found in delivery.findings if found.finding == "broken-claim"]
        rows = con.execute(f"select {columns} from charges order by ChargeCategory desc, BilledCost desc").fetchall()
        return [tuple(f"{v.normalize():f}" if isinstance(v, Decimal) else v for v in row) for row in rows]

    return ask_columns


def test_usage_is_billed_as_it_stands(ask: Read) -> None:
    columns = f"{COSTS}, ChargeCategory, ChargeClass, ChargeFrequency, PricingCategory, PricingQuantity, ListUnitPrice"
    assert ask(columns, {}) == [("0.1", "0.1", "0.12", "0.1", "Usage", None, "Usage-Based", "Standard", "1", "0.12")]


def test_a_line_item_says_who_where_and_what(ask: Read) -> None:
    columns = "BillingAccountId, SubAccountName, RegionId, ServiceName, ServiceCategory, SkuId, SkuPriceId, SkuMeter"
    [row] = ask(f"{columns}, InvoiceId, InvoiceIssuerName, SkuPriceDetails, x_Provider", {})
    assert row == (
        "999999999999", "shop", "us-east-1", "Amazon Elastic Compute Cloud", "Compute", "SKU1", "SKU1.TERM.RATE",
        "BoxUsage:m5.large", "1786423460", "Amazon Web Services, Inc.", '{"InstanceType":"m5.large"}', "aws",
    )  # fmt: skip


def test_tags_have_the_keys_of_awss_own_focus_export(ask: Read) -> None:
    [(tags, extra)] = ask("Tags, x_Extra", {})
    assert tags == {"user:team": "shop", "aws:created_by": "ci"}
    assert json.loads(extra["x_CostCategories"]) == {"Unit": "retail"}
    assert (extra["x_ServiceCode"], extra["x_UsageType"], extra["x_Operation"]) == (
        "AmazonEC2",
        "BoxUsage:m5.large",
        "RunInstances",
    )


def test_what_looks_like_a_key_inside_a_value_stays(ask: Read) -> None:
    values = ["a,user_b", '","user_b', "{user_b"]
    rows = ask("Tags", *({"resource_tags": json.dumps({"user_a": value})} for value in values))
    assert [tags["user:a"] for (tags,) in rows] == values


def test_usage_under_a_reservation_costs_its_share_of_it(ask: Read) -> None:
    item = {
        "line_item_line_item_type": "DiscountedUsage",
        "line_item_unblended_cost": "0.0000000000",
        "reservation_effective_cost": "0.0613",
        "reservation_reservation_a_r_n": RESERVATION,
    }
    columns = f"{COSTS}, PricingCategory, CommitmentDiscountId, CommitmentDiscountStatus, CommitmentDiscountCategory"
    assert ask(columns, item) == [("0", "0.0613", "0.12", "0.12", "Committed", RESERVATION, "Used", "Usage")]


def test_the_fee_of_a_reservation_is_bought_and_what_nobody_used_comes_back(ask: Read) -> None:
    item = {
        "line_item_line_item_type": "RIFee",
        "line_item_unblended_cost": "30",
        "reservation_reservation_a_r_n": RESERVATION,
        "reservation_unused_amortized_upfront_fee_for_billing_period": "1.5E-1",
        "reservation_unused_recurring_fee": "0.25",
        "reservation_unused_quantity": "5",
    }
    columns = f"{COSTS}, ChargeCategory, ChargeFrequency, CommitmentDiscountStatus, CommitmentDiscountQuantity"
    assert ask(columns, item) == [
        # 0.15 + 0.25
        ("0", "0.4", "0", "0", "Usage", "Usage-Based", "Unused", "5"),
        ("30", "0", "30", "30", "Purchase", "Recurring", None, "1"),
    ]


def test_a_reservation_that_was_used_up_has_no_unused_charge(ask: Read) -> None:
    item = {"line_item_line_item_type": "RIFee", "reservation_reservation_a_r_n": RESERVATION}
    assert ask("ChargeCategory", item) == [("Purchase",)]


def test_usage_under_a_savings_plan_bills_nothing_and_costs_its_share(ask: Read) -> None:
    columns = f"{COSTS}, CommitmentDiscountId, CommitmentDiscountCategory, CommitmentDiscountQuantity"
    assert ask(columns, COVERED, NEGATION) == [("0", "0.07", "0.12", "0.1", PLAN, "Spend", "0.07")]


def test_a_negation_that_does_not_cancel_its_usage_leaves_a_charge(ask: Read) -> None:
    rows = ask("BilledCost, EffectiveCost, ChargeCategory", COVERED, {**NEGATION, "line_item_unblended_cost": "-0.09"})
    # 0.10 - 0.09
    assert rows == [("0", "0.07", "Usage"), ("0.01", "0.01", "Adjustment")]


def test_the_fee_of_a_savings_plan_is_bought_and_what_nobody_used_comes_back(ask: Read) -> None:
    item = {
        "line_item_line_item_type": "SavingsPlanRecurringFee",
        "line_item_unblended_cost": "6",
        "savings_plan_savings_plan_a_r_n": PLAN,
        "savings_plan_total_commitment_to_date": "10",
        "savings_plan_used_commitment": "9.75",
    }
    columns = "BilledCost, EffectiveCost, ChargeCategory, CommitmentDiscountStatus, CommitmentDiscountUnit, ResourceId"
    assert ask(columns, item) == [
        # 10 - 9.75
        ("0", "0.25", "Usage", "Unused", "USD", PLAN),
        ("6", "0", "Purchase", None, "USD", PLAN),
    ]


def test_an_upfront_fee_comes_back_only_where_a_commitment_was_bought(ask: Read) -> None:
    plan = {"line_item_line_item_type": "SavingsPlanUpfrontFee", "savings_plan_savings_plan_a_r_n": PLAN}
    reservation = {"line_item_line_item_type": "Fee", "reservation_reservation_a_r_n": RESERVATION}
    # Support, a domain, a marketplace subscription: nothing brings such a fee back.
    other = {"line_item_line_item_type": "Fee"}
    items = [{**item, "line_item_unblended_cost": str(9 - n)} for n, item in enumerate((plan, reservation, other))]
    rows = ask("BilledCost, EffectiveCost, ChargeCategory, ChargeFrequency", *items)
    assert rows == [
        (billed, effective, "Purchase", "One-Time") for billed, effective in (("9", "0"), ("8", "0"), ("7", "7"))
    ]


def test_what_is_no_usage_keeps_its_sign_and_has_one_cost(ask: Read) -> None:
    expected = {
        "Tax": ("Tax", None),
        "Credit": ("Credit", None),
        "EdpDiscount": ("Credit", None),
        "PrivateRateDiscount": ("Credit", None),
        "Refund": ("Credit", None),
        "SomethingNew": ("Adjustment", None),
    }
    items = [{"line_item_line_item_type": name, "line_item_unblended_cost": "-4.20"} for name in expected]
    items.append({**items[4], "line_item_usage_start_date": "2026-04-30T00:00:00Z", "line_item_product_code": "old"})
    rows = ask(f"{COSTS}, x_Extra['x_ServiceCode'], x_Extra['x_LineItemType'], ChargeCategory, ChargeClass", *items)
    assert {row[:4] for row in rows} == {("-4.2",) * 4}
    assert {row[5]: row[6:] for row in rows if row[4] != "old"} == expected
    # Money back for a month that is invoiced already.
    assert [row[6:] for row in rows if row[4] == "old"] == [("Credit", "Correction")]


def test_net_columns_are_what_is_charged_where_they_are(ask: Read) -> None:
    net = {"line_item_net_unblended_cost": "0.08", "line_item_net_unblended_rate": "0.08"}
    discount = {"line_item_line_item_type": "EdpDiscount", "line_item_unblended_cost": "-0.02"}
    columns = "BilledCost, EffectiveCost, ContractedCost, ContractedUnitPrice, ListCost, ChargeCategory"
    assert ask(columns, net, {**discount, "line_item_net_unblended_cost": None}) == [
        ("0.08", "0.08", "0.08", "0.08", "0.12", "Usage"),
        ("0", "0", "0", None, "0", "Credit"),
    ]


def test_a_fee_of_a_moment_gets_the_shortest_period(ask: Read) -> None:
    [(seconds,)] = ask(
        "date_diff('second', ChargePeriodStart, ChargePeriodEnd)",
        {"line_item_usage_end_date": ITEM["line_item_usage_start_date"]},
    )
    assert seconds == 1


def test_a_period_that_is_written_with_its_last_second_ends_where_the_next_begins(ask: Read) -> None:
    [(end,)] = ask("cast(BillingPeriodEnd as VARCHAR)", {"bill_billing_period_end_date": "2026-05-31T23:59:59Z"})
    assert end == "2026-06-01 00:00:00"


def test_amounts_are_exact_whatever_they_look_like(ask: Read) -> None:
    amounts = ["8e-07", "1.5E-10", "-0.000000000001", "123456789.123456789012"]
    rows = ask("BilledCost", *({"line_item_unblended_cost": amount} for amount in amounts))
    assert [row[0] for row in rows] == ["123456789.123456789012", "0.0000008", "0.00000000015", "-0.000000000001"]


def test_an_amount_that_is_none_is_refused(ask: Read) -> None:
    items: list[dict[str, str | None]] = [
        {"line_item_unblended_cost": "12,34"},
        {"line_item_unblended_cost": None},
        {**COVERED, "savings_plan_savings_plan_effective_cost": None},
        {"line_item_line_item_type": "SavingsPlanRecurringFee", "savings_plan_used_commitment": "all"},
        {**NEGATION, "line_item_unblended_cost": "much"},
    ]
    with pytest.raises(DataError) as caught:
        ask("1", *items)
    problems: list[str] = caught.value.problems  # type: ignore[attr-defined]
    assert "BilledCost '12,34' is not an amount of money" in problems[0]
    # The row of a fee is told once for the fee; the negation speaks for all of its plan, so for the first of them.
    told = {(problem.split(":")[0], problem.split(": ", 1)[1].split(" is ")[0]) for problem in problems}
    assert {place for place, _ in told} == {f"cur.csv row {number}" for number in (1, 2, 3, 4)}
    assert {what for place, what in told if place in ("cur.csv row 3", "cur.csv row 4")} >= {"EffectiveCost empty"}


def test_a_report_without_a_column_that_every_charge_needs_is_refused_by_name(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    path = tmp_path / "cur.csv"
    path.write_text("line_item_line_item_type,line_item_unblended_cost\nUsage,1\n")
    with pytest.raises(DataError, match="without bill_billing_period_start_date") as caught:
        read(con, path)
    assert "line_item_currency_code" in caught.value.columns  # type: ignore[attr-defined]


def test_only_the_required_columns_are_enough(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    required = (
        "bill_billing_period_start_date", "bill_billing_period_end_date", "line_item_currency_code",
        "line_item_line_item_type", "line_item_unblended_cost", "line_item_usage_start_date",
        "line_item_usage_end_date",
    )  # fmt: skip
    path = tmp_path / "cur.csv"
    path.write_text(f"{','.join(required)}\n{','.join(ITEM[name] or '' for name in required)}\n")
    assert read(con, path).dialect == "aws-cur2"
    assert con.execute("select BilledCost, ServiceName, Tags from charges").fetchall() == [
        (Decimal("0.1"), "AWS", None)
    ]


def test_parquet_has_maps_and_binary_floats_and_says_the_same(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    columns = ("BilledCost", "EffectiveCost", "ListCost", "Tags", "ServiceName", "ChargePeriodStart", "x_Extra")
    amounts = (
        {"line_item_unblended_cost": "0.1"},
        {"line_item_unblended_cost": "1234.567890123456"},
        COVERED,
        NEGATION,
    )
    text = write_csv(tmp_path / "cur.csv", *amounts)
    query = f"select {', '.join(columns)} from charges order by all"
    read(con, text)
    as_text = con.execute(query).fetchall()
    typed = pl.read_csv(text, infer_schema=False).with_columns(
        pl.selectors.matches("_cost$|_rate$|_amount$|_used_commitment$|_to_date$|_quantity$|_fee").cast(pl.Float64),
        pl.selectors.matches("(start|end)_date$").str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="ms"),
    )
    typed.write_parquet(tmp_path / "typed.parquet")
    pairs = ("product", "resource_tags", "cost_category", "discount")
    maps = ", ".join(f"""from_json({name}, '"MAP(VARCHAR,VARCHAR)"') as {name}""" for name in pairs)
    con.execute(f"copy (select * replace ({maps}) from '{tmp_path}/typed.parquet') to '{tmp_path}/cur.parquet'")
    read(con, tmp_path / "cur.parquet")
    in_parquet = con.execute(query).fetchall()
    # JSON text of a map has no blanks.
    spaced = [(*row[:-1], {**row[-1], "x_CostCategories": '{"Unit": "retail"}'}) for row in in_parquet]
    assert spaced == as_text
    assert as_text[-1][0] == Decimal("1234.567890123456")


LEGACY = {
    "identity/LineItemId": "a1",
    "bill/BillingPeriodStartDate": "2026-05-01T00:00:00Z",
    "bill/BillingPeriodEndDate": "2026-06-01T00:00:00Z",
    "bill/PayerAccountId": "999999999999",
    "lineItem/UsageAccountId": "111111111111",
    "lineItem/LineItemType": "Usage",
    "lineItem/UsageStartDate": "2026-05-02T00:00:00Z",
    "lineItem/UsageEndDate": "2026-05-03T00:00:00Z",
    "lineItem/ProductCode": "AmazonS3",
    "lineItem/CurrencyCode": "USD",
    "lineItem/UnblendedCost": "2.50",
    "product/ProductName": "Amazon Simple Storage Service",
    "product/region": "eu-central-1",
    "resourceTags/user:Team": "shop",
    "resourceTags/user:cost center": "",
    "resourceTags/aws:createdBy": "ci",
    "costCategory/Unit": "retail",
    "savingsPlan/SavingsPlanARN": "",
    "savingsPlan/SavingsPlanEffectiveCost": "",
}


def _write_legacy(path: Path, *changes: Mapping[str, str]) -> Path:
    rows = [{**LEGACY, **change} for change in changes]
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(LEGACY))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_legacy_report_gives_tags_back_with_their_keys_as_written(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    delivery = read(
        con,
        _write_legacy(tmp_path / "legacy.csv", {}, {"resourceTags/user:Team": "", "resourceTags/aws:createdBy": ""}),
    )
    assert delivery.dialect == "aws-cur"
    query = "select Tags, RegionId, x_Extra['x_CostCategories'] from charges order by Tags"
    assert con.execute(query).fetchall() == [
        ({"user:Team": "shop", "aws:createdBy": "ci"}, "eu-central-1", '{"Unit":"retail"}'),
        (None, "eu-central-1", '{"Unit":"retail"}'),
    ]


def test_tags_that_differ_in_letter_case_alone_are_both_kept(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = _write_legacy(tmp_path / "legacy.csv", {})
    header, row = path.read_text().splitlines()
    path.write_text(f"{header},resourceTags/user:team\n{row},search\n")
    read(con, path)
    [(tags,)] = con.execute("select Tags from charges").fetchall()
    assert tags == {"user:Team": "shop", "user:team": "search", "aws:createdBy": "ci"}


def test_a_legacy_report_has_savings_plans_under_awss_odd_names(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    plan = {"savingsPlan/SavingsPlanARN": PLAN}
    covered = {**plan, "lineItem/LineItemType": "SavingsPlanCoveredUsage", "savingsPlan/SavingsPlanEffectiveCost": "2"}
    negation = {**plan, "lineItem/LineItemType": "SavingsPlanNegation", "lineItem/UnblendedCost": "-2.50"}
    read(con, _write_legacy(tmp_path / "legacy.csv", covered, negation))
    query = "select BilledCost, EffectiveCost, CommitmentDiscountId from charges"
    assert con.execute(query).fetchall() == [(0, 2, PLAN)]


@pytest.mark.parametrize(
    ("columns", "dialect"),
    [
        (["resource_tags"], "aws-cur2"),
        ([], "aws-cur2"),
        (["product_product_name"], "aws-cur2"),
        (["resource_tags_user_team"], "aws-cur"),
    ],
)
def test_reports_with_plain_names_are_told_apart_by_their_tags(columns: list[str], dialect: str) -> None:
    anchors = ["line_item_line_item_type", "line_item_unblended_cost"]
    assert detect([*anchors, *columns], path="a.parquet") == dialect


def test_tags_of_a_legacy_parquet_report_get_their_prefix_back(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    row = {
        name: value
        for name, value in ITEM.items()
        if name not in ("resource_tags", "product", "cost_category", "discount")
    }
    row |= {"resource_tags_user_cost_center": "CC-1", "resource_tags_aws_created_by": None}
    pl.DataFrame([row]).with_columns(pl.selectors.by_dtype(pl.Null).cast(pl.String)).write_parquet(
        tmp_path / "l.parquet"
    )
    assert read(con, tmp_path / "l.parquet").dialect == "aws-cur"
    assert con.execute("select Tags from charges").fetchall() == [({"user:cost_center": "CC-1"},)]
