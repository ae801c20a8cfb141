"""Google's billing export in FOCUS columns: what is charged, for what, by whom, and what of it is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finops_lib.errors import DataError, QualityError
from finops_lib.lake.open import connect
from finops_lib.quoting import literal
from finops_lib.sources import DIALECTS, Dialect, detect
from finops_lib.sources.bigquery_rows import to_parquet
from finops_lib.sources.delivery import Delivery, read_delivery
from finops_lib.sources.files import find_files
from finops_lib.sources.native import hold_to_native
from tests.sources.google_bills import DETAILED, RESOURCE, STANDARD, Field, cells, charge

Read = Callable[..., Delivery]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


@pytest.fixture
def read(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Read:
    """Give a function that reads charges as the collector writes them: nested, every value a text."""

    def from_rows(*rows: dict[str, Any], fields: list[Field] = DETAILED) -> Delivery:
        answer = {"schema": {"fields": fields}, "rows": [cells(fields, row) for row in rows]}
        path = tmp_path / "bill.json"
        path.write_text(json.dumps(answer), encoding="utf-8")
        return read_delivery(con, find_files([to_parquet(path, tmp_path)]))

    return from_rows


def _flat(tmp_path: Path, *rows: dict[str, str]) -> Path:
    """Write charges flattened, as CSV."""
    plain = {
        "billing_account_id": "next",
        "service.id": "6F81-5844-456A",
        "service.description": "Compute Engine",
        "sku.id": "k",
        "sku.description": "core",
        "usage_start_time": "2026-02-03T10:00:00",
        "usage_end_time": "2026-02-03T11:00:00",
        "project.id": "shop-prod",
        "project.labels": "[{'key': 'foo', 'value': 'bar'}]",
        "labels": '[{"key": "team", "value": "shop"}]',
        "cost": "0.3",
        "currency": "USD",
        "credits": "[]",
        "invoice.month": "202602",
        "cost_type": "regular",
        "partition_date": "2026-02-03",
    }
    path = tmp_path / "bill.csv"
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, plain)
        writer.writeheader()
        writer.writerows({**plain, **row} for row in rows)
    return path


def _one(con: duckdb.DuckDBPyConnection, *columns: str) -> tuple[Any, ...]:
    [row] = con.execute(f"select {', '.join(columns)} from charges").fetchall()
    return tuple(row)


def _money(con: duckdb.DuckDBPyConnection) -> tuple[Any, ...]:
    return _one(con, "BilledCost", "EffectiveCost", "ContractedCost", "ListCost")


@pytest.mark.parametrize("fields", [STANDARD, DETAILED], ids=["standard", "detailed"])
def test_either_export_is_known_by_its_columns_nested_or_flat(fields: list[Field]) -> None:
    assert detect([field["name"] for field in fields], path="x") == "gcp-billing"
    flat = [f"{f['name']}.{part['name']}" for f in fields for part in f.get("fields", [])]
    assert detect([*(f["name"] for f in fields if "fields" not in f), *flat], path="x") == "gcp-billing"


def test_what_is_charged_is_the_cost_and_its_credits_and_the_credits_are_kept(
    con: duckdb.DuckDBPyConnection, read: Read
) -> None:
    credits = [{"name": "CUD", "amount": -0.1, "type": "DISCOUNT"}, {"name": "Promo", "amount": -8e-07}]
    delivery = read(charge(cost=0.3, credits=credits, cost_at_list=0.4))
    assert delivery.dialect == "gcp-billing"
    # 0.3 - 0.1 - 0.0000008, without a float on the way
    billed = Decimal("0.1999992")
    assert _money(con) == (billed, billed, Decimal("0.3"), Decimal("0.4"))
    [[kept]] = con.execute("select x_Extra['x_Credits'] from charges").fetchall()
    assert [(c["name"], c["amount"]) for c in json.loads(kept)] == [("CUD", "-0.1"), ("Promo", "-8e-07")]


def test_a_cost_of_seventeen_digits_and_an_exponent_loses_none_that_the_lake_keeps(
    con: duckdb.DuckDBPyConnection, read: Read
) -> None:
    delivery = read(charge(cost=1.2345678901234567e-05, credits=[]))
    [slice_] = delivery.totals
    # 18 digits behind the point come in, 12 stay, and what was rounded off is told.
    assert slice_.billed_in == Decimal("0.000012345678901235")
    assert slice_.billed_loaded == Decimal("0.000012345679")


def test_columns_of_a_charge_on_a_machine(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    read({**charge(), "resource": RESOURCE})
    assert _one(con, "ChargeCategory", "ChargeClass", "ChargeFrequency", "PricingCategory") == (
        "Usage",
        None,
        "Usage-Based",
        "Standard",
    )
    assert _one(con, "SubAccountId", "SubAccountName", "SubAccountType") == ("shop-prod", "Shop", "Project")
    assert _one(con, "ServiceName", "ServiceCategory", "x_Extra['x_ServiceId']") == (
        "Compute Engine",
        "Compute",
        "6F81-5844-456A",
    )
    assert _one(con, "RegionId", "AvailabilityZone") == ("us-central1", "us-central1-a")
    assert _one(con, "ResourceId", "ResourceName") == (RESOURCE["global_name"], "vm-1")
    assert _one(con, "SkuId", "ChargeDescription") == ("CF4E-A0C7-E3BF", charge()["sku"]["description"])
    quantities = ("ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "PricingUnit", "ListUnitPrice")
    assert _one(con, *quantities) == (36000, "seconds", 10, "hour", Decimal("0.04"))
    assert _one(con, "x_Provider", "HostProviderName") == ("gcp", "Google Cloud")
    assert _one(con, "cast(ChargePeriodStart as VARCHAR)") == ("2026-02-03 10:00:00",)


def test_a_price_for_many_units_becomes_the_price_of_one(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    read(charge(price__list_price="0.4", price__pricing_unit_quantity="1000000"))
    assert _one(con, "ListUnitPrice") == (Decimal("0.0000004"),)


def test_tags_come_from_the_labels_the_nearest_owner_first(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    read(
        charge(
            tags=[{"key": "team", "value": "tag", "inherited": False}, {"key": "org", "value": "a", "inherited": True}]
        )
    )
    assert _one(con, "Tags") == ({"team": "shop", "cost-center": "7", "org": "a", "compute.googleapis.com/cores": "4"},)


def test_the_invoice_month_is_the_billing_period_whenever_the_usage_was(
    con: duckdb.DuckDBPyConnection, read: Read
) -> None:
    # The last Pacific hours of January lie in February, and usage that came late is on the next invoice.
    end = charge(
        usage_start_time="2026-02-01T07:00:00Z", usage_end_time="2026-02-01T08:00:00Z", invoice__month="202601"
    )
    late = charge(
        usage_start_time="2026-01-31T07:00:00Z", usage_end_time="2026-01-31T08:00:00Z", invoice__month="202602"
    )
    read(end, late)
    periods = "cast(BillingPeriodStart as VARCHAR), cast(BillingPeriodEnd as VARCHAR)"
    assert con.execute(f"select {periods} from charges order by all").fetchall() == [
        ("2026-01-01 00:00:00", "2026-02-01 00:00:00"),
        ("2026-02-01 00:00:00", "2026-03-01 00:00:00"),
    ]


def test_a_charge_of_the_account_has_no_project_no_usage_and_may_have_no_time(
    con: duckdb.DuckDBPyConnection, read: Read
) -> None:
    nothing = dict.fromkeys(("project", "location", "usage", "price", "usage_start_time", "usage_end_time"))
    bare = charge(cost=-1.5, credits=[], labels=[], system_labels=[], **nothing)
    read(*({**bare, "cost_type": cost_type} for cost_type in ("tax", "adjustment", "rounding_error")))
    columns = "ChargeCategory, ChargeFrequency, SubAccountId, PricingCategory, Tags, x_Extra['x_CostType']"
    assert con.execute(f"select {columns} from charges order by all desc").fetchall() == [
        ("Tax", "One-Time", None, None, None, "tax"),
        ("Adjustment", "One-Time", None, None, None, "rounding_error"),
        ("Adjustment", "One-Time", None, None, None, "adjustment"),
    ]
    times = "BilledCost, cast(ChargePeriodStart as VARCHAR), cast(ChargePeriodEnd as VARCHAR)"
    assert con.execute(f"select distinct {times} from charges").fetchall() == [
        (Decimal("-1.5"), "2026-02-01 00:00:00", "2026-03-01 00:00:00")
    ]


def test_an_instant_becomes_the_hour_of_the_export_s_grain(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    read(charge(usage_start_time="2026-02-03T10:00:00Z", usage_end_time="2026-02-03T10:00:00Z"))
    assert _one(con, "cast(ChargePeriodEnd as VARCHAR)") == ("2026-02-03 11:00:00",)


def test_what_corrects_an_older_invoice_is_a_correction(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    read(charge(adjustment_info={"id": "a-1", "mode": "COMPLETE_NEGATION", "type": "GENERAL_ADJUSTMENT"}))
    assert _one(con, "ChargeCategory", "ChargeClass", "x_Extra['x_AdjustmentType']") == (
        "Usage",
        "Correction",
        "GENERAL_ADJUSTMENT",
    )


# ChargeCategory, PricingCategory, CommitmentDiscountCategory, CommitmentDiscountStatus
COMMITTED: list[tuple[dict[str, Any], tuple[str | None, ...]]] = [
    ({"sku__description": "Commitment v1: Cpu for 1 Year", "credits": []}, ("Purchase", "Standard", "Usage", None)),
    ({"sku__description": "Commitment - dollar based v1", "credits": []}, ("Purchase", "Standard", "Spend", None)),
    ({"credits": [{"amount": -0.1, "type": "COMMITTED_USAGE_DISCOUNT"}]}, ("Usage", "Committed", "Usage", "Used")),
    (
        {"credits": [{"amount": -0.1, "type": "COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE"}]},
        ("Usage", "Committed", "Spend", "Used"),
    ),
    (
        {"credits": [], "consumption_model": {"id": "7754", "description": "Compute Flexible CUDs 3 Years"}},
        ("Usage", "Committed", "Spend", "Used"),
    ),
]


def test_a_commitment_is_bought_by_its_fee_and_used_by_what_it_covers(
    con: duckdb.DuckDBPyConnection, read: Read
) -> None:
    cases = enumerate(COMMITTED)
    delivery = read(*(charge(subscription={"instance_id": f"c-{i}"}, **changes) for i, (changes, _) in cases))
    columns = "ChargeCategory, PricingCategory, CommitmentDiscountCategory, CommitmentDiscountStatus"
    rows = con.execute(f"select {columns} from charges order by CommitmentDiscountId").fetchall()
    assert rows == [expected for _, expected in COMMITTED]
    assert not [finding for finding in delivery.findings if "commitment" in str(finding)]


def test_a_commitment_of_unknown_kind_is_told(read: Read) -> None:
    delivery = read(charge(subscription={"instance_id": "c-1"}, credits=[]))
    assert any("commitment is on usage or on spend" in f"{finding}" for finding in delivery.findings)


def test_spot_is_a_dynamic_price_and_whose_machines_a_partner_runs_on_is_not_known(
    con: duckdb.DuckDBPyConnection, read: Read
) -> None:
    read(charge(sku__description="Spot Preemptible N1 Core", invoice__publisher_type="PARTNER"))
    assert _one(con, "PricingCategory") == ("Dynamic",)
    assert _one(con, "HostProviderName", "x_Provider", "x_Extra['x_PublisherType']") == (None, "gcp", "PARTNER")


UNREADABLE: list[tuple[dict[str, Any], str]] = [
    ({"cost": "1,5"}, "BilledCost '1,5' is not an amount of money"),
    ({"cost": None}, "BilledCost empty is not an amount of money"),
    ({"cost_type": "gift"}, "ChargeCategory 'gift' is not one of"),
    ({"credits": [{"name": "x", "amount": None}]}, "BilledCost 'credits [{"),
    ({"credits": [{"name": "x", "amount": "1.5.1"}]}, "BilledCost 'credits [{"),
]


def test_a_charge_that_cannot_be_read_refuses_the_bill(read: Read) -> None:
    with pytest.raises(DataError) as caught:
        read(charge(), *(charge(**changes) for changes, _ in UNREADABLE))
    problems: list[str] = caught.value.problems  # type: ignore[attr-defined]
    for row, (_, why) in enumerate(UNREADABLE, start=2):
        assert any(f"row {row}: {why}" in problem for problem in problems), (row, why, problems)


def test_a_charge_of_no_month_refuses_the_bill(read: Read) -> None:
    with pytest.raises(DataError) as caught:
        read(charge(), charge(invoice__month="202613"), charge(invoice__month=None), charge(currency=None))
    said = str(caught.value)
    assert "row 2: BillingPeriodStart '202613' is not a time" in said
    assert "row 3: BillingPeriodStart empty is not a time" in said
    assert "row 4: BillingCurrency empty is not a currency" in said


def test_typed_columns_are_read_as_the_collector_s_texts_are(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    # As a Parquet export of the table has it: binary floats, times, booleans, nested records.
    path = tmp_path / "typed.parquet"
    labels = "[{'key': 'team', 'value': 'shop'}]"
    columns = (
        "'next' as billing_account_id, {'id': 'k', 'description': 'core'} as sku, "
        "{'id': 's', 'description': 'Cloud SQL'} as service, {'month': '202602'} as invoice, 'USD' as currency, "
        "timestamptz '2026-02-03 10:00:00+00' as usage_start_time, timestamp '2026-02-03 11:00:00' as usage_end_time, "
        f"{labels} as labels, cast(8e-07 as DOUBLE) as cost, [{{'amount': cast(-3e-07 as DOUBLE)}}] as credits"
    )
    con.execute(f"copy (select {columns}) to {literal(str(path))} (format parquet)")
    read_delivery(con, find_files([path]))
    assert _one(con, "BilledCost", "cast(ChargePeriodStart as VARCHAR)", "Tags", "ServiceCategory") == (
        Decimal("0.0000005"),
        "2026-02-03 10:00:00",
        {"team": "shop"},
        "Databases",
    )


def test_a_flat_file_may_hold_lists_in_json_or_as_python_writes_them(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    credits = """[{'name': "it's", 'amount': -0.100000000000000001, 'id': None}]"""
    labels = r"""[{'key': 'say', 'value': 'a "b" \'c\' \\ d'}, {'key': 'None', 'value': 'True'}]"""
    read_delivery(con, find_files([_flat(tmp_path, {"credits": credits, "labels": labels})]))
    assert _one(con, "Tags") == ({"say": "a \"b\" 'c' \\ d", "None": "True", "foo": "bar"},)
    [slice_] = con.execute("select BilledCost + coalesce(billed_drift, 0) from charges").fetchall()
    assert slice_ == (Decimal("0.1999999999999999990"),)
    [[kept]] = con.execute("select x_Extra['x_Credits'] from charges").fetchall()
    assert json.loads(kept)[0] == {"name": "it's", "amount": -0.1, "id": None}
    assert "-0.100000000000000001" in kept
    assert _one(con, "x_Extra['x_partition_date']") == ("2026-02-03",)


NOT_UNDERSTOOD = (
    "-0.1",
    "[{'amount': -0.1}",
    "[{'amount: -0.1}]",
    "{'amount': -0.1}",
    "__import__('os')",
    "[{'amount': -0.1 + 1}]",
)


def test_credits_that_are_not_understood_to_the_last_character_refuse_the_bill(
    con: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    with pytest.raises(DataError) as caught:
        read_delivery(con, find_files([_flat(tmp_path, *({"credits": credits} for credits in NOT_UNDERSTOOD))]))
    assert caught.value.rows == len(NOT_UNDERSTOOD)  # type: ignore[attr-defined]
    assert "BilledCost 'credits -0.1' is not an amount of money" in str(caught.value)


def test_labels_that_are_not_understood_are_kept_as_they_came(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    read_delivery(con, find_files([_flat(tmp_path, {"labels": "{'team': shop}"})]))
    assert _one(con, "Tags", "x_Extra['x_Labels']") == ({"foo": "bar"}, "{'team': shop}")


def test_a_mapping_that_lost_the_credits_would_be_caught(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    dialect = DIALECTS.get("gcp-billing")

    def forgetful(header: Sequence[str]) -> str:
        return f"select * replace (ContractedCost as BilledCost) from ({dialect.select(header)})"

    files = find_files([_flat(tmp_path, {"credits": "[{'amount': -0.1}]"})])
    read_delivery(con, files)
    hold_to_native(con, dialect, files, "true")
    con.execute("update parsed set BilledCost = ContractedCost")
    with pytest.raises(QualityError, match=r"the provider charges 0\.2, the mapping gives 0\.3"):
        hold_to_native(con, Dialect(1, dialect.recognises, forgetful, dialect.native), files, "true")
