"""FOCUS files of providers beyond the big three, with the quirks that their public documentation shows."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import connect
from finops_lib.sources.delivery import Delivery, read_delivery
from finops_lib.sources.files import find_files
from finops_lib.sources.providers import provider_of
from tests.conftest import CHARGE

Read = Callable[..., Delivery]
Value = Callable[[str], Any]

# What the file of a provider without accounts, regions and resources still has.
LEAST = {
    key: value
    for key, value in CHARGE.items()
    if key not in ("SubAccountId", "SubAccountName", "ResourceId", "Tags", "ProviderName", "PublisherName")
}


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


@pytest.fixture
def read(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Read:
    """Read a delivery of rows: text as a CSV file, anything else as Parquet."""

    def read_rows(*rows: Mapping[str, Any], dialect: str = "") -> Delivery:
        if all(isinstance(value, str) for row in rows for value in row.values()):
            path = tmp_path / "bill.csv"
            with path.open("w", newline="", encoding="utf-8") as stream:
                writer = csv.DictWriter(stream, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        else:
            path = tmp_path / "bill.parquet"
            pl.DataFrame(list(rows), infer_schema_length=None).write_parquet(path)
        return read_delivery(con, find_files([path]), dialect=dialect)

    return read_rows


@pytest.fixture
def value(con: duckdb.DuckDBPyConnection) -> Value:
    """Give an expression over the only charge."""

    def value_of(expression: str) -> Any:
        [[found]] = con.execute(f"select {expression} from charges").fetchall()
        return found

    return value_of


# The names that Oracle's files still have from FOCUS 1.0-preview, and its own columns without x_.
ORACLE = {
    **LEAST,
    "Provider": "Oracle",
    "Publisher": "Oracle",
    "InvoiceIssuer": "Oracle",
    "ChargeFrequency": "Usage-Based",
    "ChargeSubcategory": "On-Demand",
    "BilledCost": "0.0120000000",
    "Region": "us-sanjose-1",
    "UsageQuantity": "8",
    "UsageUnit": "GB Hours",
    "SubAccountId": "ocid1.tenancy.oc1..aaaa",
    "BillingPeriodStart": "2026-05-01T00:00Z",
    "BillingPeriodEnd": "2026-06-01T00:00Z",
    "Tags": '{"Oracle-Tags.CreatedBy": "ops"}',
    "oci_CompartmentName": "shop",
    "oci_OverageFlag": "N",
} | {"SkuPriceId": "", "CommitmentDiscountId": ""}
del ORACLE["InvoiceIssuerName"]


def test_oracles_names_of_the_preview_get_those_of_today(read: Read, value: Value) -> None:
    delivery = read(ORACLE)
    assert delivery.dialect == "focus-1.0-preview"
    assert [(t.provider, t.month, t.billed_loaded) for t in delivery.totals] == [
        ("oracle", date(2026, 5, 1), Decimal("0.012000000000"))
    ]
    assert value("(ServiceProviderName, InvoiceIssuerName, RegionId, ConsumedQuantity, ConsumedUnit)") == (
        "Oracle",
        "Oracle",
        "us-sanjose-1",
        Decimal(8),
        "GB Hours",
    )
    assert value("Tags") == {"Oracle-Tags.CreatedBy": "ops"}
    extra = value("x_Extra")
    # Oracle publishes its own services: Publisher said nothing new.
    assert extra == {"ChargeSubcategory": "On-Demand", "oci_CompartmentName": "shop", "oci_OverageFlag": "N"}


def test_oracles_own_columns_are_nobodys_mistake(read: Read) -> None:
    findings = read(ORACLE).findings
    assert [found.column for found in findings if found.finding == "unknown-column"] == ["ChargeSubcategory"]


def test_alibabas_empty_columns_are_findings_and_no_refusal(read: Read, value: Value) -> None:
    never_filled = ("ChargeDescription", "ConsumedQuantity", "ConsumedUnit", "ContractedCost", "ContractedUnitPrice")
    names = {"ProviderName": "Alibaba Cloud", "PublisherName": "Alibaba Cloud", "InvoiceIssuerName": "Alibaba Cloud"}
    row = LEAST | names | dict.fromkeys(never_filled, "") | {"BillingCurrency": "CNY", "x_ProductCode": "ecs"}
    delivery = read(row)
    assert [(t.provider, t.currency, t.rows) for t in delivery.totals] == [("alibaba", "CNY", 1)]
    assert ("missing-value", "ContractedCost") in {(found.finding, found.column) for found in delivery.findings}
    assert value("(ContractedCost, ConsumedQuantity, x_Extra['x_ProductCode'])") == (None, None, "ecs")


def test_a_month_that_begins_in_the_east_is_the_month_of_the_bill(read: Read) -> None:
    # May in China, said in UTC; its last second instead of the first of June
    period = {"BillingPeriodStart": "2026-04-30T16:00:00Z", "BillingPeriodEnd": "2026-05-31T15:59:59Z"}
    day = {"ChargePeriodStart": "2026-04-30T16:00:00Z", "ChargePeriodEnd": "2026-05-01T16:00:00Z"}
    [totals] = read(LEAST | period | day | {"ProviderName": "Tencent Cloud"}).totals
    assert (totals.provider, totals.month) == ("tencent", date(2026, 5, 1))


def test_a_month_that_begins_in_the_west_is_the_month_of_the_bill(read: Read) -> None:
    period = {"BillingPeriodStart": "2026-05-01T07:00:00Z", "BillingPeriodEnd": "2026-06-01T07:00:00Z"}
    [totals] = read(LEAST | period | {"ProviderName": "Google Cloud"}).totals
    assert totals.month == date(2026, 5, 1)


def test_snowflakes_times_with_an_offset_without_colon_are_read(read: Read, value: Value) -> None:
    times = {
        "BillingPeriodStart": "2026-05-01 00:00:00.000 +0000",
        "BillingPeriodEnd": "2026-06-01 00:00:00.000 +0000",
        "ChargePeriodStart": "2026-05-02 00:00:00.000 -0700",
        "ChargePeriodEnd": "2026-05-03 00:00:00.000 -0700",
    }
    names = {"ServiceProviderName": "Snowflake", "InvoiceIssuerName": "Snowflake Inc.", "HostProviderName": "AWS"}
    units = {"ConsumedQuantity": "12.5", "ConsumedUnit": "Credits", "PricingCurrency": "USD"}
    delivery = read(LEAST | times | names | units | {"ProviderName": "Snowflake"})
    assert delivery.dialect == "focus-1.3"
    # whose machines it ran on does not make it Amazon's bill
    assert [(t.provider, t.month) for t in delivery.totals] == [("snowflake", date(2026, 5, 1))]
    assert value("(ConsumedQuantity, ConsumedUnit)") == (Decimal("12.5"), "Credits")
    # 00:00 at seven hours behind UTC
    assert value("cast(ChargePeriodStart as VARCHAR)") == "2026-05-02 07:00:00"


def test_databricks_rows_come_typed_and_are_rounded_where_they_are_longer(read: Read, value: Value) -> None:
    names = {"ServiceProviderName": "Databricks", "ProviderName": "Databricks", "PublisherName": "Databricks"}
    typed = {
        "InvoiceIssuerName": "Databricks",
        "HostProviderName": "Amazon Web Services",
        # fifteen decimals, of which the lake keeps twelve
        "BilledCost": Decimal("15.000000000000500"),
        "EffectiveCost": Decimal("15.000000000000500"),
        "BillingPeriodStart": date(2026, 5, 1),
        "BillingPeriodEnd": date(2026, 6, 1),
        "ConsumedUnit": "DBU",
        "Tags": '{"team": "data", "job/dag_id": "etl"}',
    }
    delivery = read(LEAST | names | typed)
    [totals] = delivery.totals
    assert (totals.provider, totals.month) == ("databricks", date(2026, 5, 1))
    assert totals.billed_in == Decimal("15.0000000000005")
    assert totals.billed_loaded == Decimal("15.000000000001")
    assert value("(Tags['job/dag_id'], ConsumedUnit, SubAccountId)") == ("etl", "DBU", None)


# LiteLLM calls each day a billing period, an API key the billing account, and the vendor of the model the provider.
LITELLM = {
    **LEAST,
    "BillingAccountId": "88dc28d0f030c55ed4ab77ed8faf0981",
    "BillingAccountName": "team-search",
    "BillingAccountType": "API Key",
    "BilledCost": Decimal("0.001234"),
    "EffectiveCost": Decimal("0.001234"),
    "BillingPeriodStart": "2026-05-31T00:00:00Z",
    "BillingPeriodEnd": "2026-06-01T00:00:00Z",
    "ChargePeriodStart": "2026-05-31T00:00:00Z",
    "ChargePeriodEnd": "2026-06-01T00:00:00Z",
    "ConsumedQuantity": Decimal(1200),
    "ConsumedUnit": "Tokens",
    "ProviderName": "anthropic",
    "PublisherName": "anthropic",
    "InvoiceIssuerName": "anthropic",
    "ResourceId": "claude-sonnet",
    "ServiceCategory": "AI and Machine Learning",
    "ServiceName": "claude",
    "SubAccountId": "team-1",
    "Tags": '{"team_alias": "search", "model": "claude-sonnet"}',
}


def test_litellms_days_are_put_into_their_month(read: Read, value: Value) -> None:
    [totals] = read(LITELLM, dialect="focus-daily").totals
    assert (totals.provider, totals.month, totals.billed_loaded) == ("anthropic", date(2026, 5, 1), Decimal("0.001234"))
    assert value("(cast(BillingPeriodStart as DATE), cast(BillingPeriodEnd as DATE))") == (
        date(2026, 5, 1),
        date(2026, 6, 1),
    )
    assert value("x_Extra['x_BillingPeriodEnd']") == "2026-06-01T00:00:00Z"
    assert value("(ConsumedQuantity, ConsumedUnit, Tags['team_alias'])") == (Decimal(1200), "Tokens", "search")


def test_a_day_as_billing_period_is_refused_and_the_way_out_is_named(read: Read) -> None:
    with pytest.raises(DataError, match="focus-daily"):
        read(LITELLM)


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("Amazon Web Services", "aws"),
        ("IBM Cloud", "ibm"),
        ("MongoDB Atlas", "mongodb"),
        ("Grafana Labs", "grafana"),
        ("Confluent Cloud", "confluent"),
        ("OpenAI", "openai"),
        ("vertex_ai", "gcp"),
        ("bedrock", "aws"),
        ("Hetzner Online GmbH", "hetzner-online-gmbh"),
    ],
)
def test_a_provider_has_one_name_whatever_it_calls_itself(name: str, provider: str) -> None:
    assert provider_of(name) == provider


def test_a_file_without_accounts_regions_and_resources_loads(read: Read, value: Value) -> None:
    [totals] = read(LEAST | dict.fromkeys(("ProviderName", "InvoiceIssuerName"), "Grafana Labs")).totals
    assert totals.provider == "grafana"
    assert value("(SubAccountId, RegionId, ResourceId, Tags)") == (None, None, None, None)
