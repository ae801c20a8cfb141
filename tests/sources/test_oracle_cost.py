"""Oracle's own cost report: names of all years, months of the hours, tags, corrections, and the cents."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from finops_lib.errors import DataError
from finops_lib.lake.open import connect
from finops_lib.sources.delivery import Delivery, read_delivery
from finops_lib.sources.files import find_files

# One hour of a machine's memory.
HOUR = {
    "lineItem/referenceNo": "V2.aaa",
    "lineItem/tenantId": "ocid1.tenancy.oc1..aaaa",
    "lineItem/intervalUsageStart": "2026-05-31T23:00Z",
    "lineItem/intervalUsageEnd": "2026-06-01T00:00Z",
    "product/service": "COMPUTE",
    "product/compartmentId": "ocid1.compartment.oc1..bbbb",
    "product/compartmentName": "shop",
    "product/region": "us-ashburn-1",
    "product/availabilityDomain": "fjrQ:US-ASHBURN-AD-1",
    "product/resourceId": "ocid1.instance.oc1.iad.cccc",
    "usage/billedQuantity": "8",
    "usage/billedQuantityOverage": "",
    "cost/subscriptionId": "20209880",
    "cost/productSku": "B92307",
    "product/Description": "Standard - E3 - Memory",
    "cost/unitPrice": "0.0015",
    "cost/unitPriceOverage": "",
    "cost/myCost": "0.012",
    "cost/myCostOverage": "",
    "cost/currencyCode": "USD",
    "cost/billingUnitReadable": "GB HOURS",
    "cost/skuUnitDescription": "Gigabytes Per Hour",
    "cost/overageFlag": "N",
    "lineItem/isCorrection": "false",
    "lineItem/backreferenceNo": "",
    "tags/Oracle-Tags.CreatedBy": "ops@example.com",
    "tags/team": "shop",
    "tags/empty": "",
}
Read = Callable[..., Delivery]


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = connect()
    yield connection
    connection.close()


@pytest.fixture
def read(con: duckdb.DuckDBPyConnection, tmp_path: Path) -> Read:
    """Read a cost report of rows, each a change of HOUR; `name` of a column -> the name it has in the file."""

    def read_rows(*changes: dict[str, str], names: dict[str, str] | None = None) -> Delivery:
        path = tmp_path / "reports_cost-csv_0001000000000001.csv.gz"
        columns = {**HOUR, **{key: "" for change in changes for key in change}}
        with gzip.open(path, "wt", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow([(names or {}).get(column, column) for column in columns])
            writer.writerows([{**HOUR, **change}.get(column, "") for column in columns] for change in changes)
        return read_delivery(con, find_files([path]))

    return read_rows


def _row(con: duckdb.DuckDBPyConnection, columns: str) -> tuple[Any, ...]:
    [row] = con.execute(f"select {columns} from charges").fetchall()
    return row


def test_an_hour_is_a_charge_of_the_month_it_begins_in(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    delivery = read({})
    assert delivery.dialect == "oracle-cost"
    assert [(t.provider, t.month, t.currency, t.billed_loaded, t.effective_loaded) for t in delivery.totals] == [
        ("oracle", date(2026, 5, 1), "USD", Decimal("0.012"), Decimal("0.012"))
    ]
    times = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart")
    assert _row(con, ", ".join(f"cast({name} as VARCHAR)" for name in times)) == (
        "2026-05-01 00:00:00",
        "2026-06-01 00:00:00",
        "2026-05-31 23:00:00",
    )
    assert _row(con, "ServiceCategory, ResourceType, SubAccountId, BillingAccountId, RegionId") == (
        "Compute",
        "instance",
        "ocid1.tenancy.oc1..aaaa",
        "20209880",
        "us-ashburn-1",
    )
    assert _row(con, "PricingQuantity, PricingUnit, ContractedUnitPrice, ListCost") == (
        Decimal(8),
        "Gigabytes Per Hour",
        Decimal("0.0015"),
        None,
    )


def test_every_tag_with_a_value_is_a_pair(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    read({"tags/Straße.größe": "zwölf, 'quoted'"})
    assert _row(con, "Tags") == (
        {"Oracle-Tags.CreatedBy": "ops@example.com", "team": "shop", "Straße.größe": "zwölf, 'quoted'"},
    )


def test_what_focus_has_no_column_for_is_kept(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    delivery = read({"cost/myCostOverage": "0.002", "product/new": "thing"})
    [extra] = _row(con, "x_Extra")
    assert extra["oci_CostOverage"] == "0.002"
    assert extra["oci_CompartmentName"] == "shop"
    assert extra["oci_ReferenceNumber"] == "V2.aaa"
    assert extra["x_product/new"] == "thing"
    assert not [found for found in delivery.findings if found.finding == "unknown-column"]


def test_a_correction_is_one_and_keeps_its_sign(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    correction = {"lineItem/isCorrection": "TRUE", "cost/myCost": "-8e-07", "lineItem/backreferenceNo": "V2.old"}
    [totals] = read(correction).totals
    assert totals.billed_loaded == Decimal("-0.0000008")
    assert _row(con, "ChargeClass, x_Extra['oci_BackReferenceNumber']") == ("Correction", "V2.old")


def test_the_names_of_other_years_are_the_same_columns(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    names = {
        "lineItem/tenantId": "lineItem/TenantId",
        "lineItem/backreferenceNo": "lineItem/backReference",
        "product/Description": "product/description",
        "lineItem/isCorrection": "lineItem/iscorrection",
    }
    read({"lineItem/backreferenceNo": "V2.old", "lineItem/isCorrection": "true"}, names=names)
    assert _row(con, "SubAccountId, ChargeDescription, ChargeClass, x_Extra['oci_BackReferenceNumber']") == (
        "ocid1.tenancy.oc1..aaaa",
        "Standard - E3 - Memory",
        "Correction",
        "V2.old",
    )


def test_an_older_report_has_its_unit_in_the_other_column(con: duckdb.DuckDBPyConnection, read: Read) -> None:
    read({"cost/skuUnitDescription": ""})
    assert _row(con, "PricingUnit, ConsumedUnit") == ("GB HOURS", "GB HOURS")


def test_late_hours_are_charges_of_their_own_month(read: Read) -> None:
    june = {"lineItem/intervalUsageStart": "2026-06-01T00:00Z", "lineItem/intervalUsageEnd": "2026-06-01T01:00Z"}
    totals = read({}, june).totals
    assert [(t.month, t.rows) for t in totals] == [(date(2026, 5, 1), 1), (date(2026, 6, 1), 1)]


@pytest.mark.parametrize(
    ("column", "value", "shown"),
    [
        ("cost/myCost", "0,012", "BilledCost '0,012'"),
        ("cost/myCost", "", "BilledCost empty"),
        ("cost/currencyCode", "", "BillingCurrency empty"),
        ("lineItem/intervalUsageStart", "31.05.2026", "ChargePeriodStart '31.05.2026'"),
    ],
)
def test_a_value_that_cannot_be_read_refuses_the_report(read: Read, column: str, value: str, shown: str) -> None:
    with pytest.raises(DataError) as caught:
        read({column: value})
    assert shown in str(caught.value)
