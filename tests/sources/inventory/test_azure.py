"""Does the inventory of Azure say what is there, and what could not be seen?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from finops_lib.errors import ConfigError, SourceError
from finops_lib.sources.inventory import AskedInventory, Resource, Scope
from finops_lib.sources.inventory import rest as rest_module
from finops_lib.sources.inventory.azure import AzureInventory, AzureOptions
from finops_lib.sources.inventory.azure_graph import may
from finops_lib.sources.inventory.azure_kinds import KINDS
from tests.azure_graph import READER, AzureStandIn
from tests.servers import free_port
from tests.sources.inventory.azure_documents import ESTATE, GROUP, LABS, LABS_ACCOUNT, SHOP, SHOP_ACCOUNT, document
from tests.stand_in import Fault

at = datetime.fromisoformat
GRAPH = "Microsoft.ResourceGraph"


@pytest.fixture
def azure() -> Iterator[AzureStandIn]:
    with AzureStandIn() as stand_in:
        stand_in.roles = {SHOP: [READER]}
        yield stand_in


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of the same order, a hundred times shorter."""
    monkeypatch.setattr(rest_module, "FIRST_WAIT_S", 0.005)


@pytest.fixture
def asked(tmp_path: Path) -> AskedInventory:
    return AskedInventory("az", at("2026-05-01"), at("2026-05-01T01:00:00"), tmp_path)


def look(azure: AzureStandIn, asked: AskedInventory, **options: Any) -> list[Scope]:
    return list(AzureInventory().scopes(AzureOptions(endpoint=azure.url, **options), asked))


def of(scopes: list[Scope], type: str, account: str = SHOP_ACCOUNT) -> Scope:
    [scope] = [scope for scope in scopes if (scope.type, scope.account) == (type, account)]
    return scope


def test_a_machine_is_read_with_what_decides_its_price(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.resources = ESTATE
    web, old = sorted(of(look(azure, asked), "azure-virtual-machine").resources, key=lambda one: one.name)
    assert web == Resource(
        type="azure-virtual-machine",
        resource_id=f"{GROUP}/Microsoft.Compute/virtualMachines/Web-1".lower(),
        account=SHOP_ACCOUNT,
        region="westeurope",
        name="Web-1",
        state="running",
        # The provider's seventh digit is below a microsecond.
        created_at=at("2026-03-01T08:00:00.123456"),
        attributes={
            "instance_type": "Standard_D4s_v5",
            "os": "Windows",
            "licence_type": "Windows_Server",
            "image_publisher": "MicrosoftWindowsServer",
            "image_offer": "WindowsServer",
            "scale_set": f"{GROUP}/Microsoft.Compute/virtualMachineScaleSets/Web".lower(),
            "priority": "Spot",
            "os_disk": f"{GROUP}/Microsoft.Compute/disks/Web-1-os".lower(),
            "zone": "2",
            "raw_id": f"{GROUP}/Microsoft.Compute/virtualMachines/Web-1",
        },
        tags={"team": "shop", "empty": ""},
    )
    assert (old.state, old.region, old.attributes["os_disk_uri"]) == (
        "deallocated",
        "northeurope",
        "https://acct.blob.example/vhds/old.vhd",
    )


def test_disks_say_what_they_are_attached_to_and_which_are_replicas(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.resources = ESTATE
    disks = {disk.name: disk for disk in of(look(azure, asked), "azure-disk").resources}
    # An id of another resource is written like that resource's own, so that they can be joined.
    assert disks["Web-1-os"].attributes["attached_to"] == f"{GROUP}/Microsoft.Compute/virtualMachines/web-1".lower()
    lost = disks["lost"]
    assert (lost.state, lost.state_since) == ("unattached", at("2026-04-05T06:07:08"))
    # 03:04 at +02:00 is 01:04 UTC.
    assert lost.created_at == at("2025-01-02T01:04:05")
    assert "attached_to" not in lost.attributes
    assert (lost.attributes["size_gb"], lost.attributes["sku"]) == ("64", "StandardSSD_LRS")
    replica = {name: disk.attributes["site_recovery"] for name, disk in disks.items()}
    assert replica == {"Web-1-os": "false", "lost": "false", "asrseeddisk-web-1": "true"}
    assert disks["asrseeddisk-web-1"].state == "activesas"


EXPECTED = {
    "azure-snapshot": {"nightly": {"sku": "Premium_LRS", "incremental": "false", "size_gb": "64"}},
    "azure-public-ip": {
        "nobody": {"sku": "Standard", "allocation": "Static"},
        "web": {
            "attached_to": f"{GROUP}/Microsoft.Network/networkInterfaces/Web-1-nic/ipConfigurations/a".lower(),
        },
    },
    "azure-network-interface": {"Web-1-nic": {"hosted_workloads": "0"}},
    # Two machines in the first pool, one address in the second.
    "azure-load-balancer": {
        "front": {"backends": "3", "backend_pools": "2", "rules": "1"},
        "empty": {"backends": "0", "backend_pools": "1"},
    },
    "azure-nat-gateway": {"nat": {"subnets": "1"}},
    "azure-network-gateway": {"vpn": {"sku": "VpnGw1", "gateway_type": "Vpn", "active_active": "false"}},
    "azure-gateway-connection": {
        "office": {"attached_to": f"{GROUP}/Microsoft.Network/virtualNetworkGateways/vpn".lower()}
    },
    "azure-app-service-plan": {"plan": {"sites": "0", "sku": "P1v3", "tier": "PremiumV3", "instances": "2"}},
    "azure-sql-database": {"orders": {"sku": "GP_S_Gen5", "capacity": "2", "max_size_bytes": "34359738368"}},
    "azure-sql-elastic-pool": {"pool": {"sku": "GP_Gen5"}},
    "azure-storage-account": {"legacy": {"kind": "Storage", "sku": "Standard_LRS"}},
}


@pytest.mark.parametrize("type", EXPECTED)
def test_each_kind_has_the_attributes_that_rules_ask_for(type: str, azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.resources = ESTATE
    found = {resource.name: resource.attributes for resource in of(look(azure, asked), type).resources}
    assert found.keys() == EXPECTED[type].keys()
    for name, expected in EXPECTED[type].items():
        assert expected.items() <= found[name].items()


def test_an_address_that_nobody_uses_has_no_attribute_that_says_so(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.resources = ESTATE
    nobody, _ = of(look(azure, asked), "azure-public-ip").resources
    assert not {"attached_to", "nat_gateway"} & nobody.attributes.keys()


def test_a_paused_database_says_since_when(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.resources = ESTATE
    [orders] = of(look(azure, asked), "azure-sql-database").resources
    assert (orders.state, orders.state_since) == ("paused", at("2026-04-01"))


def test_every_kind_is_looked_at_once_in_every_subscription(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.roles[LABS] = [READER]
    azure.resources = [*ESTATE, document("Microsoft.Compute/disks", "x", properties={}) | {"subscriptionId": LABS}]
    scopes = look(azure, asked)
    assert len(scopes) == len({(scope.type, scope.account) for scope in scopes}) == 2 * len(KINDS)
    assert not [scope for scope in scopes if scope.needs or scope.region]
    assert [disk.name for disk in of(scopes, "azure-disk", LABS_ACCOUNT).resources] == ["x"]


def test_several_pages_are_one_look(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.page = 2
    azure.resources = [document("Microsoft.Compute/disks", f"d{number}", properties={}) for number in range(5)]
    assert [disk.name for disk in of(look(azure, asked), "azure-disk").resources] == ["d0", "d1", "d2", "d3", "d4"]


def test_what_a_role_leaves_out_is_not_evaluated_and_not_empty(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.resources = ESTATE
    azure.roles[SHOP] = [{"actions": ["Microsoft.Compute/*/read"], "notActions": ["Microsoft.Compute/disks/read"]}]
    scopes = look(azure, asked)
    assert len(of(scopes, "azure-virtual-machine").resources) == 2
    disks = of(scopes, "azure-disk")
    assert (disks.needs, disks.resources) == ("Microsoft.Compute/disks/read", ())
    assert "Microsoft.Compute/disks/read" in disks.said
    assert of(scopes, "azure-nat-gateway").needs == "Microsoft.Network/natGateways/read"


def test_what_one_role_takes_out_another_may_allow() -> None:
    permissions = ((("*",), ("Microsoft.Compute/disks/*",)), (("microsoft.compute/DISKS/read",), ()))
    assert may(permissions, "Microsoft.Compute/disks/read")
    assert not may(permissions[:1], "Microsoft.Compute/disks/read")
    # A dot is a dot: no pattern of another provider fits.
    assert not may(((("MicrosoftXCompute/*",), ()),), "Microsoft.Compute/disks/read")


def test_a_subscription_that_cannot_be_asked_stops_no_other(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.resources = ESTATE
    scopes = look(azure, asked, subscriptions=(LABS, SHOP))
    refused = of(scopes, "azure-disk", LABS_ACCOUNT)
    assert (refused.needs, refused.said) == ("role Reader", f"The subscription '{LABS}' could not be found.")
    assert len(of(scopes, "azure-disk").resources) == 3


def test_a_look_that_is_refused_names_the_action(azure: AzureStandIn, asked: AskedInventory) -> None:
    refusal = {"error": {"code": "AccessDenied", "message": "Access is denied to the requested resource."}}
    azure.faults[GRAPH] = [Fault(403, refusal)]
    scopes = look(azure, asked, subscriptions=(SHOP,))
    first = of(scopes, KINDS[0].type)
    assert (first.needs, first.said) == (KINDS[0].action, "Access is denied to the requested resource.")
    assert not of(scopes, KINDS[1].type).needs


def test_an_identity_without_any_subscription_is_told_what_to_do(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.roles = {}
    with pytest.raises(ConfigError, match=r"does not let the identity ask for its subscriptions: AccessDenied.*Reader"):
        look(azure, asked)
    azure.faults[GRAPH] = [Fault(200, {"data": [], "totalRecords": 0, "resultTruncated": "false"})]
    with pytest.raises(ConfigError, match="sees no subscription"):
        look(azure, asked)


@pytest.mark.parametrize(
    ("headers", "waited"),
    [
        ({"Retry-After": "0.2"}, 0.2),
        ({"Retry-After": "0.1", "x-ms-ratelimit-microsoft.costmanagement-qpu-retry-after": "0.25"}, 0.25),
        ({"x-ms-user-quota-resets-after": "00:00:00.3"}, 0.3),
        ({"Date": "Fri, 01 May 2026 10:00:00 GMT", "Retry-After": "Fri, 01 May 2026 10:01:30 GMT"}, 90.0),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_a_throttled_question_waits_as_long_as_the_provider_asks(headers: dict[str, str], waited: float | None) -> None:
    import httpx

    assert rest_module.asked_wait(httpx.Headers(headers), 429) == waited


def test_throttles_and_failures_are_asked_again(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.resources = ESTATE
    azure.faults[GRAPH] = [Fault(429, headers={"Retry-After": "0"}), Fault(500, "oops"), Fault(cut=True, body="{}")]
    assert len(of(look(azure, asked, subscriptions=(SHOP,)), "azure-virtual-machine").resources) == 2


REPEATED = {"data": [{"id": "/subscriptions/x/a"}], "totalRecords": 2, "$skipToken": "1"}
BROKEN = [
    (Fault(200, "<html>"), "not a JSON object"),
    (Fault(200, {"rows": []}), "no list of rows"),
    (Fault(200, {"data": [], "totalRecords": 1, "resultTruncated": "false"}), "0 rows of 1"),
    (Fault(200, {"data": [], "totalRecords": 0, "resultTruncated": "true"}), "0 rows of 0"),
    (Fault(200, {"data": [{"name": "x"}], "totalRecords": 1}), "a row without id"),
    (Fault(200, {"data": [{"id": "/x", "subscriptionId": LABS}], "totalRecords": 1}), "which was not asked for"),
    (
        Fault(200, {"data": [{"id": "/x", "subscriptionId": SHOP, "created_at": "when?"}], "totalRecords": 1}),
        "cannot be read",
    ),
]


@pytest.mark.parametrize(("fault", "why"), BROKEN, ids=[why for _, why in BROKEN])
def test_an_answer_that_is_not_whole_is_not_taken_for_the_whole(
    fault: Fault, why: str, azure: AzureStandIn, asked: AskedInventory
) -> None:
    azure.faults[GRAPH] = [fault]
    first = of(look(azure, asked, subscriptions=(SHOP,)), KINDS[0].type)
    assert (first.needs, first.resources) == ("answer of Azure Resource Graph", ())
    assert why in first.said


def test_a_page_that_comes_again_is_not_taken_for_another(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.faults[GRAPH] = [Fault(200, REPEATED), Fault(200, REPEATED)]
    first = of(look(azure, asked, subscriptions=(SHOP,)), KINDS[0].type)
    assert first.needs and "sent twice" in first.said


def test_a_token_that_comes_again_ends_the_look(azure: AzureStandIn, asked: AskedInventory) -> None:
    empty = {"data": [], "totalRecords": 2, "$skipToken": "same"}
    azure.faults[GRAPH] = [Fault(200, empty), Fault(200, empty)]
    assert "same page" in of(look(azure, asked, subscriptions=(SHOP,)), KINDS[0].type).said


def test_a_provider_that_keeps_failing_is_not_asked_on(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.faults[GRAPH] = [Fault(500, "oops")] * 100
    with pytest.raises(SourceError, match="did not answer POST"):
        look(azure, asked, subscriptions=(SHOP,))
    asked_graph = [request for request in azure.requests if GRAPH in request.path]
    # Three looks of four tries each open the breaker.
    assert len(asked_graph) == 12


def test_nothing_listening_fails_at_once(asked: AskedInventory) -> None:
    options = AzureOptions(endpoint=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SourceError, match="Azure did not answer POST"):
        list(AzureInventory().scopes(options, asked))


def test_no_token_travels_in_plain_text(asked: AskedInventory) -> None:
    with pytest.raises(ConfigError, match="plain text"):
        list(AzureInventory().scopes(AzureOptions(endpoint="http://management.example"), asked))


def test_without_its_client_it_says_what_to_install(asked: AskedInventory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "azure.identity", None)
    with pytest.raises(ConfigError, match=r"needs: pip install finops\[azure\]"):
        next(iter(AzureInventory().scopes(AzureOptions(), asked)))


def test_each_permission_is_tried_and_the_subscriptions_without_it_are_named(azure: AzureStandIn) -> None:
    azure.roles = {SHOP: [READER], LABS: [{"actions": ["Microsoft.Compute/*"]}]}
    tried = {one.permission.name: one for one in AzureInventory().try_permissions(AzureOptions(endpoint=azure.url))}
    assert tried.keys() == {permission.name for permission in AzureInventory.permissions}
    machines, metrics = tried["Microsoft.Compute/virtualMachines/read"], tried["Microsoft.Insights/metrics/read"]
    assert (machines.ok, machines.said) == (True, "allowed in 2 subscription(s)")
    assert (metrics.ok, metrics.said) == (False, f"not allowed in {LABS}")
