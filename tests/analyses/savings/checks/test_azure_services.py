"""Azure's addresses, balancers, gateways, plans and databases: what is paid for and leads nowhere."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops_lib.analyses.savings.resources import Resource
from tests.analyses.savings.described import GROUP, days_ago, found, meter, resource, use

NET = f"{GROUP}/microsoft.network"
NIC = f"{NET}/networkinterfaces/n"
GATEWAY = f"{NET}/virtualnetworkgateways/vpn"
SERVER = f"{GROUP}/microsoft.sql/servers/s/databases"


def address(**more: object) -> Resource:
    return resource("azure-public-ip", f"{NET}/publicipaddresses/a", meter("address", "0.12"), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "evidence"),
    [
        ((address(sku="Standard"),), "attached to nothing"),
        (
            (address(attached_to=f"{NIC}/ipConfigurations/x"), resource("azure-network-interface", NIC)),
            "on a network interface without a machine",
        ),
    ],
)
def test_an_address_that_leads_nowhere(given: tuple[Resource, ...], evidence: str) -> None:
    [hit] = found("azure-unattached-public-ip", *given)
    # 0.12 a day x 365 / 12; since when is not known: 0.95 x 0.8
    assert (hit.monthly_savings, hit.confidence, hit.evidence) == (Decimal("3.650000"), 0.76, evidence)


@pytest.mark.parametrize(
    "others",
    [
        (address(attached_to=f"{NET}/loadbalancers/l/frontendipconfigurations/x"),),
        (address(nat_gateway=f"{NET}/natgateways/n"),),
        (address(prefix=f"{NET}/publicipprefixes/p"),),
        # Of an interface that nobody looked at nothing is known.
        (address(attached_to=f"{NIC}/ipconfigurations/x"),),
        (address(attached_to=f"{NIC}/ipconfigurations/x"), resource("azure-network-interface", NIC, attached_to="vm")),
        (resource("azure-public-ip", "free", sku="Basic", allocation="Dynamic"),),
        (resource("azure-public-ip", "new", meter("address", "0.12", days=5), created=None, seen=days_ago(1)),),
    ],
    ids=["balancer", "nat", "prefix", "unknown interface", "machine", "free", "young"],
)
def test_an_address_in_use_is_left_alone(others: tuple[Resource, ...]) -> None:
    assert found("azure-unattached-public-ip", *others) == []


def test_a_resource_without_a_date_is_as_old_as_its_first_charge() -> None:
    # First looked at yesterday, but billed for 30 days.
    old = resource("azure-public-ip", "old", meter("address", "0.12"), created=None, seen=days_ago(1))
    assert [hit.resource_id for hit in found("azure-unattached-public-ip", old)] == ["old"]


def balancer(kind: str = "azure-load-balancer", **more: str) -> Resource:
    usual = {"sku": "Standard", "backends": "0", "backend_pools": "2"}
    return resource(kind, f"{NET}/{kind}/b", meter("balancer-hours", "0.6"), **{**usual, **more})


@pytest.mark.parametrize("kind", ["azure-load-balancer", "azure-application-gateway"])
def test_a_balancer_with_nothing_behind_it(kind: str) -> None:
    [hit] = found("azure-idle-balancer", balancer(kind))
    assert (hit.check, hit.monthly_savings, hit.facts["pools"]) == ("Z05", Decimal("18.250000"), "2")


def test_a_balancer_that_works_or_is_free_or_was_not_counted_is_left_alone() -> None:
    assert found("azure-idle-balancer", balancer(backends="3")) == []
    assert found("azure-idle-balancer", balancer(sku="Basic")) == []
    assert found("azure-idle-balancer", balancer(backends="")) == []


def test_a_nat_gateway_without_a_subnet() -> None:
    gateway = resource("azure-nat-gateway", f"{NET}/natgateways/n", meter("nat-hours", "1.1"))
    assert [hit.check for hit in found("azure-nat-without-subnet", gateway)] == ["Z06"]
    used = resource("azure-nat-gateway", f"{NET}/natgateways/m", meter("nat-hours", "1.1"), subnets="1")
    assert found("azure-nat-without-subnet", used) == []


def test_a_gateway_without_a_connection() -> None:
    gateway = resource("azure-network-gateway", GATEWAY, meter("vpn-hours", "12"), sku="VpnGw2", gateway_type="Vpn")
    [hit] = found("azure-gateway-without-connections", gateway)
    assert (hit.check, hit.monthly_savings) == ("Z07", Decimal("365.000000"))
    for end in ("attached_to", "peer_gateway"):
        # Ids come in any letter case.
        connection = resource("azure-gateway-connection", "c", **{end: GATEWAY.upper()})
        assert found("azure-gateway-without-connections", gateway, connection) == []


def test_people_who_dial_in_are_use_though_no_connection() -> None:
    gateway = resource("azure-network-gateway", GATEWAY, meter("vpn-hours", "12"), meter("other", "1"))
    assert found("azure-gateway-without-connections", gateway) == []


def plan(**more: str) -> Resource:
    usual = {"sites": "0", "tier": "PremiumV3", "sku": "P1v3", "instances": "2"}
    return resource("azure-app-service-plan", "plan", meter("plan-hours", "7.4"), **{**usual, **more})


def test_a_plan_without_a_site() -> None:
    [hit] = found("azure-empty-plan", plan())
    assert (hit.check, hit.evidence) == ("Z08", "2 x P1v3 without a single site")
    assert [found("azure-empty-plan", plan(**more)) for more in ({"sites": "1"}, {"sites": ""}, {"tier": "Free"})] == [
        [], [], [],
    ]  # fmt: skip


def test_a_pool_without_a_database() -> None:
    pool = resource("azure-sql-elastic-pool", "pool", meter("database-hours", "20"), tier="Standard", capacity="100")
    assert [hit.check for hit in found("azure-empty-elastic-pool", pool)] == ["Z09"]
    member = resource("azure-sql-database", f"{SERVER}/db", elastic_pool="POOL")
    assert found("azure-empty-elastic-pool", pool, member) == []


def database(id: str = f"{SERVER}/orders", *, sessions: float = 0, hours: int = 720, **more: str) -> Resource:
    watched = (use("connections", hours=hours, mean=0, p99=sessions),)
    return resource("azure-sql-database", id, meter("database-hours", "8"), state="online", used=watched, **more)


def test_a_database_without_a_session() -> None:
    [hit] = found("azure-idle-sql", database())
    assert (hit.check, hit.evidence, hit.risk) == ("Z09", "not one session in 720 hours", "high")


@pytest.mark.parametrize(
    "others",
    [
        (database(sessions=1),),
        (database(hours=200),),
        (database(elastic_pool="pool"),),
        (database(secondary_type="Geo"),),
        (database(), database(f"{SERVER}/orders".replace("/s/", "/west/"), sessions=9)),
        (database(f"{SERVER}/master"),),
        (resource("azure-sql-database", f"{SERVER}/x", meter("database-hours", "8")),),
    ],
    ids=["used once", "hardly watched", "pool", "replica", "replica by name", "master", "not watched"],
)
def test_a_database_that_is_used_or_a_replica_or_not_watched_stays(others: tuple[Resource, ...]) -> None:
    assert found("azure-idle-sql", *others) == []


def test_legacy_kinds_and_skus_are_reviews_without_a_number() -> None:
    stored = meter("storage-standard", "1")
    kinds = ("Storage", "BlobStorage", "StorageV2")
    accounts = [resource("azure-storage-account", kind, stored, kind=kind) for kind in kinds]
    elsewhere = resource("azure-storage-account", "on another bill", kind="Storage")
    assert {hit.resource_id for hit in found("azure-legacy-storage", *accounts, elsewhere)} == {
        "Storage",
        "BlobStorage",
    }
    skus = [resource("azure-public-ip", sku, sku=sku) for sku in ("Basic", "Standard")]
    [hit] = found("azure-basic-sku", *skus)
    assert (hit.check, hit.resource_id, hit.monthly_savings, hit.target) == ("Z16", "Basic", 0, "Standard")
