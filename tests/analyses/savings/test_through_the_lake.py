"""From charges and inventory rows in the lake to a finding: meters, names and ids of Azure and Google come together."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.savings import READS, RULES, find_savings
from finops_lib.findings import Recommendation
from tests.analyses.conftest import QueriedLake
from tests.analyses.savings.described import found, meter, resource

AS_OF = date(2026, 10, 30)
SUBSCRIPTION = "/subscriptions/S1"
GROUP = f"{SUBSCRIPTION}/resourceGroups/Run/providers"
GOOGLE = "//compute.googleapis.com/projects"


def charge(lake: QueriedLake, provider: str, id: str, cost: str, **values: object) -> None:
    usual: dict[str, object] = {"x_Provider": provider, "x_SourceId": provider, "ConsumedQuantity": "24"}
    account = {"azure": SUBSCRIPTION, "gcp": "shop"}[provider]
    for back in range(30):
        day = AS_OF - timedelta(days=back)
        lake.charge(day.isoformat(), cost, ResourceId=id, SubAccountId=account, **{**usual, **values})


def describe(lake: QueriedLake, type: str, id: str, **attributes: str) -> None:
    provider = type.partition("-")[0]
    pairs = ", ".join(f"'{name}': '{value}'" for name, value in attributes.items())
    row = {
        "x_Provider": provider,
        "x_SourceId": provider,
        "SubAccountId": {"azure": SUBSCRIPTION.lower(), "gcp": "shop"}[provider],
        "RegionId": "westeurope",
        "resource_type": type,
        "ResourceId": id,
        "ResourceName": id.rpartition("/")[2],
        "state": attributes.pop("state", ""),
        "created_at": "2025-01-01 00:00:00",
        "first_seen": "2026-10-29 00:00:00",
        "last_seen": "2026-10-30 00:00:00",
    }
    lake.insert("inventory", row)
    lake.con.execute(f"update inventory set attributes = map {{{pairs}}} where ResourceId = '{id}'")


def finds(lake: QueriedLake, provider: str, rule: str) -> list[Recommendation]:
    """Say what is found where everything was looked at that a rule needs."""
    for need in RULES.get(rule).needs:
        if need.kind != "bill":
            scope = {"x_Provider": provider, "x_SourceId": provider, "SubAccountId": "any", "RegionId": ""}
            lake.insert(
                "inventory_scopes", {**scope, "resource_type": need.look, "resources": 1, "needs": "", "said": ""}
            )
    lake.load(1, 1, x_Provider=provider, x_SourceId=provider, delivered_at="2026-11-06 00:00:00")
    frames = {name: lake.query(name, as_of=AS_OF.isoformat()) for name in READS}
    return find_savings(frames, as_of=AS_OF)


# Services and meters as Azure's export names them.
@pytest.mark.parametrize(
    ("type", "service", "sku_meter", "description", "attributes", "rule"),
    [
        (
            "azure-public-ip", "Virtual Network", "Standard IPv4 Static Public IP",
            "IP Addresses - Standard IPv4 Static Public IP", {"sku": "Standard"}, "azure-unattached-public-ip",
        ),
        (
            "azure-app-service-plan", "Azure App Service", "P1 v3 App", "Azure App Service Premium v3 Plan - P1 v3 App",
            {"sites": "0", "tier": "PremiumV3"}, "azure-empty-plan",
        ),
        (
            "azure-sql-elastic-pool", "SQL Database", "vCore", "SQL Database Elastic Pool General Purpose - vCore", {},
            "azure-empty-elastic-pool",
        ),
        (
            "azure-application-gateway", "Application Gateway", "Standard Fixed Cost",
            "Application Gateway Standard v2 - Standard Fixed Cost", {"sku": "Standard_v2", "backends": "0"},
            "azure-idle-balancer",
        ),
        (
            "azure-network-gateway", "ExpressRoute", "Standard Gateway", "ExpressRoute Gateway - Standard Gateway",
            {"gateway_type": "ExpressRoute"}, "azure-gateway-without-connections",
        ),
        (
            "azure-storage-account", "Storage Accounts", "Hot LRS Data Stored",
            "General Block Blob v2 - Hot LRS Data Stored", {"kind": "StorageV2"}, "azure-hot-storage",
        ),
    ],
)  # fmt: skip
def test_what_azure_describes_is_found_on_its_bill(
    lake: QueriedLake, type: str, service: str, sku_meter: str, description: str, attributes: dict[str, str], rule: str
) -> None:
    id = f"{GROUP}/Any/Thing"
    meter_of_it = {"ServiceName": service, "SkuMeter": sku_meter, "ChargeDescription": description}
    charge(lake, "azure", id, "4", PricingUnit="1 Hour", **meter_of_it)
    describe(lake, type, id.lower(), **attributes)
    [hit] = finds(lake, "azure", rule)
    # 4 a day x 365 / 12
    assert (hit.type, hit.current_monthly_cost) == (rule, Decimal("121.666667"))


@pytest.mark.parametrize("billed_as", ["441570621172/zones/z/disk/7", "shop/zones/z/disks/d"], ids=["number", "name"])
def test_a_disk_of_google_is_one_whether_the_bill_says_its_number_or_its_name(
    lake: QueriedLake, billed_as: str
) -> None:
    charge(lake, "gcp", f"{GOOGLE}/{billed_as}", "2", SkuMeter="Balanced PD Capacity")
    names = {"full_name": f"{GOOGLE}/shop/zones/z/disks/d", "numeric_id": "7"}
    describe(lake, "gcp-disk", f"{GOOGLE}/441570621172/zones/z/disk/7", size_gb="600", **names)
    [hit] = finds(lake, "gcp", "gcp-blank-disk")
    assert (hit.type, hit.monthly_savings) == ("gcp-blank-disk", Decimal("60.833333"))


@pytest.mark.parametrize(
    ("type", "service", "sku_meter", "rule"),
    [
        ("gcp-image", "Compute Engine", "Storage Image", "gcp-unused-image"),
        ("gcp-address", "Compute Engine", "Static Ip Charge", "gcp-unattached-address"),
    ],
)
def test_what_google_describes_is_found_on_its_bill(
    lake: QueriedLake, type: str, service: str, sku_meter: str, rule: str
) -> None:
    id = f"{GOOGLE}/441570621172/global/things/1"
    charge(lake, "gcp", id, "1", ServiceName=service, SkuMeter=sku_meter)
    describe(lake, type, id, full_name=f"{GOOGLE}/shop/global/things/t", address_type="external")
    assert rule in {hit.type for hit in finds(lake, "gcp", rule)}


@given(
    saving=st.one_of(st.just(""), st.decimals(-1000, 10**6, places=4).map(str)),
    their_cost=st.one_of(st.just(""), st.decimals(-10, 10**6, places=4).map(str)),
    currency=st.sampled_from(["USD", "EUR", ""]),
    a_day=st.decimals("0.01", 1000, places=2),
    is_billed=st.booleans(),
)
def test_advice_never_saves_more_than_is_paid(
    saving: str, their_cost: str, currency: str, a_day: Decimal, is_billed: bool
) -> None:
    row = resource(
        "aws-advice", "r", advised_resource="i-1", monthly_saving=saving, monthly_cost=their_cost, currency=currency
    )
    machine = resource("aws-ec2-instance", "i-1", meter("instance-hours", str(a_day)))
    [hit] = found("aws-advice", row, *([machine] if is_billed else []))
    assert 0 <= hit.monthly_savings <= hit.current_monthly_cost
    # Another currency is never added to this one.
    assert is_billed or currency == "USD" or hit.monthly_savings == 0
