"""Does the inventory of Google Cloud say what is there, and what could not be seen?"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from finops_lib.errors import ConfigError
from finops_lib.sources.inventory import AskedInventory, Resource, Scope, gcp_clients
from finops_lib.sources.inventory import rest as rest_module
from finops_lib.sources.inventory.gcp import GcpInventory
from finops_lib.sources.inventory.gcp_clients import GcpOptions
from finops_lib.sources.inventory.gcp_compute import KINDS
from tests.gcp_compute import GcpStandIn, MonitoringStandIn, refusal
from tests.servers import free_port
from tests.stand_in import Fault

at = datetime.fromisoformat
API = "https://www.googleapis.com/compute/v1/projects/shop"
NAMES = "//compute.googleapis.com/projects/shop"
IDS = "//compute.googleapis.com/projects/441570621172"

WEB = {
    "id": "5731447681477044785",
    "name": "web-1",
    "status": "RUNNING",
    "zone": f"{API}/zones/europe-west1-b",
    "selfLink": f"{API}/zones/europe-west1-b/instances/web-1",
    "machineType": f"{API}/zones/europe-west1-b/machineTypes/n2-standard-4",
    "creationTimestamp": "2026-01-02T03:04:05.678-08:00",
    "lastStartTimestamp": "2026-02-01T00:00:00.000-08:00",
    "lastStopTimestamp": "2026-01-31T00:00:00.000-08:00",
    "scheduling": {"provisioningModel": "SPOT", "preemptible": True},
    "labels": {"team": "shop", "goog-k8s-cluster-name": "blue", "goog-gke-node": ""},
    "metadata": {
        "items": [{"key": "created-by", "value": "projects/441/zones/europe-west1-b/instanceGroupManagers/blue"}]
    },
    "guestAccelerators": [
        {"acceleratorType": f"{API}/zones/europe-west1-b/acceleratorTypes/nvidia-l4", "acceleratorCount": 2}
    ],
    "disks": [
        {
            "type": "PERSISTENT",
            "source": f"{API}/zones/europe-west1-b/disks/web-1",
            "licenses": [f"{API}/global/licenses/windows-server-2022-dc"],
        },
        {"type": "SCRATCH"},
    ],
}
OLD = {
    "id": "2",
    "name": "old-1",
    "status": "TERMINATED",
    "zone": f"{API}/zones/us-east1-c",
    "selfLink": f"{API}/zones/us-east1-c/instances/old-1",
    "machineType": f"{API}/zones/us-east1-c/machineTypes/e2-small",
    "creationTimestamp": "2025-01-01T00:00:00.000+00:00",
    "lastStartTimestamp": "2025-06-01T00:00:00.000+00:00",
    "lastStopTimestamp": "2026-03-01T12:00:00.000+00:00",
    "scheduling": {"provisioningModel": "STANDARD"},
}
DISKS = [
    {
        "id": "11",
        "name": "web-1",
        "status": "READY",
        "zone": f"{API}/zones/europe-west1-b",
        "selfLink": f"{API}/zones/europe-west1-b/disks/web-1",
        "type": f"{API}/zones/europe-west1-b/diskTypes/pd-ssd",
        "sizeGb": "100",
        "users": [f"{API}/zones/europe-west1-b/instances/web-1"],
        "lastAttachTimestamp": "2026-01-02T00:00:00Z",
        "sourceImage": "https://www.googleapis.com/compute/v1/projects/debian-cloud/global/images/debian-12",
    },
    {
        "id": "12",
        "name": "lost",
        "status": "READY",
        "zone": f"{API}/zones/europe-west1-b",
        "selfLink": f"{API}/zones/europe-west1-b/disks/lost",
        "type": f"{API}/zones/europe-west1-b/diskTypes/pd-standard",
        "sizeGb": "500",
        "lastAttachTimestamp": "2025-01-02T00:00:00Z",
        "lastDetachTimestamp": "2026-03-04T00:00:00Z",
        "description": '{"kubernetes.io/created-for/pvc/name":"data"}',
    },
]
REGIONAL = {
    "id": "13",
    "name": "both",
    "status": "READY",
    "selfLink": f"{API}/regions/europe-west1/disks/both",
    "type": f"{API}/regions/europe-west1/diskTypes/pd-ssd",
    "replicaZones": [f"{API}/zones/europe-west1-b", f"{API}/zones/europe-west1-c"],
}


@pytest.fixture
def google() -> Iterator[GcpStandIn]:
    with GcpStandIn() as stand_in:
        stand_in.lists = {
            "instances": {"zones/europe-west1-b": [WEB], "zones/us-east1-c": [OLD]},
            "disks": {"zones/europe-west1-b": DISKS, "regions/europe-west1": [REGIONAL]},
        }
        yield stand_in


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of the same order, a hundred times shorter."""
    monkeypatch.setattr(rest_module, "FIRST_WAIT_S", 0.005)
    monkeypatch.setattr(gcp_clients, "FIRST_WAIT_S", 0.005)
    monkeypatch.setattr(gcp_clients, "ALL_TRIES_S", 0.2)


@pytest.fixture
def asked(tmp_path: Path) -> AskedInventory:
    return AskedInventory("google", at("2026-05-01"), at("2026-05-01T01:00:00"), tmp_path)


def options(google: GcpStandIn, *projects: str, **more: Any) -> GcpOptions:
    urls = dict.fromkeys(("compute_endpoint", "sql_endpoint", "recommender_endpoint"), google.url)
    return GcpOptions(projects=projects or ("shop",), **{**urls, **more})


def look(google: GcpStandIn, asked: AskedInventory, *projects: str, **more: Any) -> list[Scope]:
    return list(GcpInventory().scopes(options(google, *projects, **more), asked))


def of(scopes: list[Scope], type: str, account: str = "shop") -> Scope:
    [scope] = [scope for scope in scopes if (scope.type, scope.account) == (type, account)]
    return scope


def by_name(scope: Scope) -> dict[str, Resource]:
    assert not scope.needs, scope
    return {resource.name: resource for resource in scope.resources}


def test_a_machine_is_named_as_the_bill_names_it(google: GcpStandIn, asked: AskedInventory) -> None:
    machines = by_name(of(look(google, asked), "gcp-instance"))
    assert machines["web-1"] == Resource(
        type="gcp-instance",
        resource_id=f"{IDS}/zones/europe-west1-b/instances/5731447681477044785",
        account="shop",
        region="europe-west1",
        name="web-1",
        state="running",
        # Midnight at -08:00 is 08:00 UTC.
        state_since=at("2026-02-01T08:00:00"),
        created_at=at("2026-01-02T11:04:05.678"),
        attributes={
            "instance_type": "n2-standard-4",
            "zone": "europe-west1-b",
            "provisioning_model": "spot",
            "preemptible": "true",
            "group": "//compute.googleapis.com/projects/441/zones/europe-west1-b/instanceGroupManagers/blue",
            "gke_cluster": "blue",
            "gke": "true",
            "accelerators": "nvidia-l4:2",
            "local_ssds": "1",
            "licences": "windows-server-2022-dc",
            "disks": f"{NAMES}/zones/europe-west1-b/disks/web-1",
            "last_started_at": "2026-02-01T00:00:00.000-08:00",
            "last_stopped_at": "2026-01-31T00:00:00.000-08:00",
            "deletion_protection": "false",
            "full_name": f"{NAMES}/zones/europe-west1-b/instances/web-1",
            "numeric_id": "5731447681477044785",
            "project_number": "441570621172",
        },
        tags={"team": "shop", "goog-k8s-cluster-name": "blue", "goog-gke-node": ""},
    )
    old = machines["old-1"]
    assert (old.state, old.state_since, old.region) == ("terminated", at("2026-03-01T12:00:00"), "us-east1")
    assert (old.attributes["gke"], old.attributes["preemptible"]) == ("false", "false")


def test_disks_say_what_they_are_attached_to_and_since_when_they_are_not(
    google: GcpStandIn, asked: AskedInventory
) -> None:
    disks = by_name(of(look(google, asked), "gcp-disk"))
    web, lost, both = disks["web-1"], disks["lost"], disks["both"]
    # The bill says `disk` where the API says `disks`.
    assert web.resource_id == f"{IDS}/zones/europe-west1-b/disk/11"
    assert web.attributes["attached_to"] == f"{NAMES}/zones/europe-west1-b/instances/web-1"
    assert web.attributes["source"] == "//compute.googleapis.com/projects/debian-cloud/global/images/debian-12"
    assert (web.attributes["disk_type"], web.attributes["size_gb"]) == ("pd-ssd", "100")
    assert web.state_since == at("2026-01-02")
    assert (lost.state_since, lost.attributes["gke"]) == (at("2026-03-04"), "true")
    assert not {"attached_to", "source"} & lost.attributes.keys()
    assert (both.region, both.attributes["replica_zones"]) == ("europe-west1", "europe-west1-b,europe-west1-c")


def test_addresses_rules_snapshots_and_images_are_seen(google: GcpStandIn, asked: AskedInventory) -> None:
    google.lists |= {
        "addresses": {
            "regions/europe-west1": [{"id": "21", "name": "free", "status": "RESERVED", "address": "192.0.2.1"}],
            "global": [{"id": "22", "name": "front", "status": "IN_USE", "users": [f"{API}/global/forwardingRules/f"]}],
        },
        "forwardingRules": {
            "global": [
                {"id": "31", "name": "f", "IPAddress": "192.0.2.2", "target": f"{API}/global/targetHttpProxies/p"}
            ]
        },
        "snapshots": {
            "global": [
                {
                    "id": "41",
                    "name": "nightly",
                    "status": "READY",
                    "diskSizeGb": "500",
                    "storageBytes": "1234",
                    "sourceDisk": f"{API}/zones/europe-west1-b/disks/lost",
                    "storageLocations": ["eu"],
                    "autoCreated": True,
                }
            ]
        },
        "images": {"global": [{"id": "51", "name": "golden", "archiveSizeBytes": "99", "family": "base"}]},
    }
    scopes = look(google, asked)
    addresses = by_name(of(scopes, "gcp-address"))
    free, front = addresses["free"], addresses["front"]
    assert (free.state, free.region, free.attributes["address"]) == ("reserved", "europe-west1", "192.0.2.1")
    assert free.resource_id == f"{IDS}/regions/europe-west1/addresses/21"
    assert "attached_to" not in free.attributes
    assert (front.state, front.region) == ("in_use", "global")
    assert front.attributes["attached_to"] == f"{NAMES}/global/forwardingRules/f"
    rule = by_name(of(scopes, "gcp-forwarding-rule"))["f"]
    assert (rule.attributes["address"], rule.attributes["target"]) == (
        "192.0.2.2",
        f"{NAMES}/global/targetHttpProxies/p",
    )
    snapshot = by_name(of(scopes, "gcp-snapshot"))["nightly"]
    assert (snapshot.resource_id, snapshot.region) == (f"{IDS}/global/snapshots/41", "eu")
    assert (snapshot.attributes["storage_bytes"], snapshot.attributes["auto_created"]) == ("1234", "true")
    assert snapshot.attributes["source"] == f"{NAMES}/zones/europe-west1-b/disks/lost"
    assert by_name(of(scopes, "gcp-image"))["golden"].attributes["storage_bytes"] == "99"


DATABASE = {
    "name": "orders",
    "region": "europe-west1",
    "state": "RUNNABLE",
    "databaseVersion": "POSTGRES_15",
    "instanceType": "CLOUD_SQL_INSTANCE",
    "replicaNames": ["orders-copy"],
    "createTime": "2025-05-06T07:08:09.123Z",
    "settings": {
        "tier": "db-custom-2-7680",
        "activationPolicy": "NEVER",
        "availabilityType": "REGIONAL",
        "dataDiskSizeGb": "250",
        "dataDiskType": "PD_SSD",
        "userLabels": {"team": "shop"},
    },
}


def test_a_database_says_its_size_and_whether_its_owner_stopped_it(google: GcpStandIn, asked: AskedInventory) -> None:
    copy = {"name": "orders-copy", "region": "europe-west4", "masterInstanceName": "shop:orders"}
    google.lists["sql"] = {"global": [DATABASE, copy]}
    found = by_name(of(look(google, asked), "gcp-sql-instance"))
    orders = found["orders"]
    assert (orders.resource_id, orders.state, orders.created_at, dict(orders.tags)) == (
        "//cloudsql.googleapis.com/projects/shop/instances/orders",
        "runnable",
        at("2025-05-06T07:08:09.123"),
        {"team": "shop"},
    )
    assert orders.attributes == {
        "instance_type": "db-custom-2-7680",
        "engine": "POSTGRES_15",
        "activation_policy": "NEVER",
        "availability": "REGIONAL",
        "size_gb": "250",
        "disk_type": "PD_SSD",
        "role": "CLOUD_SQL_INSTANCE",
        "replicas": "orders-copy",
    }
    assert found["orders-copy"].attributes["replica_of"] == "shop:orders"


def test_an_empty_project_has_looks_without_resources(google: GcpStandIn, asked: AskedInventory) -> None:
    google.lists = {}
    scopes = look(google, asked)
    assert [(scope.needs, scope.resources) for scope in scopes] == [("", ())] * (len(KINDS) + 2)


def test_several_pages_are_one_look(google: GcpStandIn, asked: AskedInventory) -> None:
    google.page = 1
    google.lists["sql"] = {"global": [{"name": "a"}, {"name": "b"}]}
    google.lists["snapshots"] = {"global": [{"id": "1", "name": "s"}, {"id": "2", "name": "t"}]}
    scopes = look(google, asked)
    assert by_name(of(scopes, "gcp-disk")).keys() == {"web-1", "lost", "both"}
    assert by_name(of(scopes, "gcp-snapshot")).keys() == {"s", "t"}
    assert by_name(of(scopes, "gcp-sql-instance")).keys() == {"a", "b"}


def test_a_permission_that_is_missing_is_named_and_stops_no_other_look(
    google: GcpStandIn, asked: AskedInventory
) -> None:
    google.refused = {
        "instances": refusal(403, "Required 'compute.instances.list' permission for 'projects/shop'"),
        "sql": refusal(403, "The client is not authorized to make this request."),
    }
    scopes = look(google, asked)
    machines = of(scopes, "gcp-instance")
    assert (machines.needs, machines.resources) == ("compute.instances.list", ())
    assert "Required 'compute.instances.list' permission" in machines.said
    assert of(scopes, "gcp-sql-instance").needs == "cloudsql.instances.list"
    assert by_name(of(scopes, "gcp-disk")).keys() == {"web-1", "lost", "both"}


def test_an_api_that_is_off_is_named(google: GcpStandIn, asked: AskedInventory) -> None:
    off = "has not been used in project shop before or it is disabled"
    google.refused = {
        "disks": refusal(403, off, reason="SERVICE_DISABLED", service="compute.googleapis.com"),
        "sql": refusal(403, off, reason="SERVICE_DISABLED", service="sqladmin.googleapis.com"),
    }
    scopes = look(google, asked)
    assert of(scopes, "gcp-disk").needs == "API compute.googleapis.com"
    assert of(scopes, "gcp-sql-instance").needs == "API sqladmin.googleapis.com"


def test_a_project_that_is_not_there_stops_no_other(google: GcpStandIn, asked: AskedInventory) -> None:
    scopes = look(google, asked, "other", "shop")
    assert of(scopes, "gcp-disk", "other").needs == "project other"
    assert by_name(of(scopes, "gcp-disk")).keys() == {"web-1", "lost", "both"}


def test_without_the_projects_number_nothing_gets_a_name_that_changes_later(
    google: GcpStandIn, asked: AskedInventory
) -> None:
    google.refused = {"project": refusal(403, "Required 'compute.projects.get' permission for 'projects/shop'")}
    assert of(look(google, asked), "gcp-disk").needs == "compute.projects.get"
    google.refused, google.account = {}, ""
    assert of(look(google, asked), "gcp-disk").needs == "options.project_numbers: shop"
    scopes = look(google, asked, project_numbers={"shop": "7"})
    assert by_name(of(scopes, "gcp-disk"))["lost"].resource_id.startswith("//compute.googleapis.com/projects/7/")


def test_a_zone_that_did_not_answer_is_no_empty_zone(google: GcpStandIn, asked: AskedInventory) -> None:
    google.silent_zones = ["zones/us-central1-a"]
    machines = of(look(google, asked), "gcp-instance")
    assert machines.needs.startswith("answer of compute.googleapis.com") and not machines.resources
    assert "zones/us-central1-a: UNREACHABLE" in machines.said


def test_throttles_and_failures_are_asked_again(google: GcpStandIn, asked: AskedInventory) -> None:
    google.faults = {
        "aggregated/instances": [
            Fault(429, {"error": {"message": "slow"}}, {"Retry-After": "0"}),
            Fault(500),
            Fault(503),
        ],
        "/v1/projects/shop/instances": [Fault(429, headers={"Retry-After": "0"}), Fault(502)],
    }
    scopes = look(google, asked)
    assert by_name(of(scopes, "gcp-instance")).keys() == {"web-1", "old-1"}
    assert not of(scopes, "gcp-sql-instance").needs


SAME = {"items": {"zones/z": {"disks": [{"id": "1", "name": "d"}]}}, "nextPageToken": "more"}
EMPTY = {"items": {}, "nextPageToken": "more"}


@pytest.mark.parametrize(
    ("faults", "why"),
    [
        ([Fault(200, "<html>")] * 2, "did not answer"),
        ([Fault(200, '{"items": {', cut=True)] * 2, "did not answer"),
        ([Fault(500)] * 100, "did not answer"),
        ([Fault(200, SAME)] * 2, "d was sent twice"),
        ([Fault(200, EMPTY)] * 3, "the same page was sent twice"),
        ([Fault(200, {"items": {}, "unreachables": ["zones/z"]})], "no answer of zones/z"),
    ],
    ids=["no JSON", "cut", "500", "same rows", "same token", "unreachable"],
)
def test_an_answer_that_is_not_whole_is_not_taken_for_the_whole(
    faults: list[Fault], why: str, google: GcpStandIn, asked: AskedInventory
) -> None:
    google.faults["aggregated/disks"] = list(faults)
    scopes = look(google, asked)
    disks = of(scopes, "gcp-disk")
    assert (disks.needs, disks.resources) == ("answer of compute.googleapis.com to compute.disks.list", ())
    assert why in disks.said
    assert by_name(of(scopes, "gcp-instance")).keys() == {"web-1", "old-1"}


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([{"items": [{"name": "a"}], "nextPageToken": "x"}] * 2, "an instance was sent twice"),
        ([{"nextPageToken": "x"}] * 2, "the same page was sent twice"),
        ([{"items": [{"region": "r"}]}], "cannot be read"),
        ([{"warnings": [{"code": "REGION_UNREACHABLE"}]}], "REGION_UNREACHABLE"),
    ],
    ids=["same instance", "same token", "no name", "region"],
)
def test_databases_that_are_not_all_sent_are_not_evaluated(
    answers: list[Any], why: str, google: GcpStandIn, asked: AskedInventory
) -> None:
    google.faults["/v1/projects/shop/instances"] = [Fault(200, answer) for answer in answers]
    databases = of(look(google, asked), "gcp-sql-instance")
    assert databases.needs == "answer of sqladmin.googleapis.com" and why in databases.said


def test_nothing_listening_is_said_at_once(asked: AskedInventory) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    chosen = GcpOptions(projects=("shop",), compute_endpoint=nobody, sql_endpoint=nobody, recommender_endpoint=nobody)
    scopes = list(GcpInventory().scopes(chosen, asked))
    # Cloud SQL and the Recommender have their own.
    assert len(scopes) == len(KINDS) + 2
    assert all(scope.needs.startswith("answer of ") for scope in scopes)


def test_credentials_that_are_not_accepted_are_for_the_operator(google: GcpStandIn, asked: AskedInventory) -> None:
    google.refused = {"project": refusal(401, "Request had invalid authentication credentials.")}
    with pytest.raises(ConfigError, match="does not accept the credentials"):
        look(google, asked)


def test_no_credential_travels_in_plain_text(asked: AskedInventory) -> None:
    chosen = GcpOptions(projects=("shop",), compute_endpoint="http://compute.example")
    with pytest.raises(ConfigError, match="plain text"):
        list(GcpInventory().scopes(chosen, asked))


@pytest.mark.parametrize("client", ["google.cloud.compute_v1", "google.cloud.monitoring_v3"])
def test_without_its_clients_it_says_what_to_install(
    client: str, asked: AskedInventory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, client, None)
    with pytest.raises(ConfigError, match=r"needs: pip install finops\[gcp\]"):
        next(iter(GcpInventory().scopes(GcpOptions(projects=("shop",)), asked)))


def test_a_source_names_its_projects() -> None:
    with pytest.raises(ValidationError):
        GcpOptions(projects=())


def test_each_permission_is_tried_and_the_projects_without_it_are_named(google: GcpStandIn) -> None:
    google.refused = {"disks": refusal(403, "Required 'compute.disks.list' permission for 'projects/shop'")}
    with MonitoringStandIn() as monitoring:
        monitoring.errors = [(7, "Permission monitoring.timeSeries.list denied", "IAM_PERMISSION_DENIED", "")]
        chosen = options(google, monitoring_endpoint=monitoring.url)
        tried = {one.permission.name: one for one in GcpInventory().try_permissions(chosen)}
    assert tried.keys() == {permission.name for permission in GcpInventory.permissions}
    refused = {name: one.said for name, one in tried.items() if not one.ok}
    assert refused.keys() == {"compute.disks.list", "monitoring.timeSeries.list"}
    assert refused["compute.disks.list"].startswith("shop: ")
    assert refused["monitoring.timeSeries.list"] == "shop: Permission monitoring.timeSeries.list denied"
    assert tried["cloudsql.instances.list"].said == "allowed in 1 project(s)"
