"""What the providers advise themselves is data: whole, or not evaluated; about a resource, with its own money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from finops_lib.sources.inventory import INVENTORIES, AskedInventory, Resource, Scope
from finops_lib.sources.inventory import rest as rest_module
from finops_lib.sources.inventory.azure import AzureInventory, AzureOptions
from finops_lib.sources.inventory.gcp import GcpInventory
from finops_lib.sources.inventory.gcp_clients import GcpOptions
from tests.azure_graph import READER, AzureStandIn
from tests.gcp_compute import GcpStandIn, MonitoringStandIn, refusal
from tests.sources.inventory.aws_proxy import AwsProxy
from tests.sources.inventory.azure_documents import GROUP, SHOP, SHOP_ACCOUNT, document
from tests.sources.inventory.conftest import ACCOUNT, LookAtAws
from tests.stand_in import Fault

at = datetime.fromisoformat
API = "https://www.googleapis.com/compute/v1/projects/shop"
NAMES = "//compute.googleapis.com/projects/shop"
IDLE, MACHINE_TYPE, DISKS = (
    f"google.compute.{name}"
    for name in ("instance.IdleResourceRecommender", "instance.MachineTypeRecommender", "disk.IdleResourceRecommender")
)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits of the same order, a hundred times shorter."""
    monkeypatch.setattr(rest_module, "FIRST_WAIT_S", 0.005)


@pytest.fixture
def asked(tmp_path: Path) -> AskedInventory:
    return AskedInventory("any", at("2026-05-01"), at("2026-05-01T01:00:00"), tmp_path)


def hub_item(number: int, **more: Any) -> dict[str, Any]:
    return {
        "recommendationId": f"r-{number}",
        "accountId": ACCOUNT,
        "region": "eu-west-1",
        "resourceId": "i-1",
        "resourceArn": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1",
        "currentResourceType": "Ec2Instance",
        "estimatedMonthlySavings": 35.04,
        "estimatedSavingsPercentage": 50.0,
        "estimatedMonthlyCost": 70.08,
        "currencyCode": "USD",
        "implementationEffort": "Medium",
        "restartNeeded": True,
        "actionType": "Rightsize",
        "rollbackPossible": True,
        "currentResourceSummary": "m5.large",
        "recommendedResourceSummary": "m5.medium",
        "lastRefreshTimestamp": 1777593600,
        "recommendationLookbackPeriodInDays": 14,
        "source": "ComputeOptimizer",
        "tags": [{"key": "team", "value": "shop"}],
        **more,
    }


def test_the_advice_of_aws_says_what_it_is_about_and_what_it_is_worth(aws: AwsProxy, look_at_aws: LookAtAws) -> None:
    bodies: list[dict[str, Any]] = []

    def answer(body: dict[str, Any]) -> dict[str, Any]:
        bodies.append(body)
        # Two pages of one.
        if "nextToken" in body:
            return {"items": [hub_item(2, actionType="Stop", source="CostExplorer")]}
        return {"items": [hub_item(1)], "nextToken": "more"}

    aws.answers["ListRecommendations"] = answer
    scope = look_at_aws()["aws-advice"]
    first, second = scope.resources
    assert first == Resource(
        type="aws-advice",
        resource_id="r-1",
        account=ACCOUNT,
        region="eu-west-1",
        name="m5.large",
        attributes={
            "service": "AWS Compute Optimizer",
            "advised_resource": f"arn:aws:ec2:eu-west-1:{ACCOUNT}:instance/i-1",
            "resource_kind": "Ec2Instance",
            "action": "Rightsize",
            "current": "m5.large",
            "target": "m5.medium",
            "monthly_saving": "35.04",
            "monthly_cost": "70.08",
            "currency": "USD",
            "lookback_days": "14",
            "effort": "Medium",
            "restart_needed": "yes",
            "can_be_taken_back": "yes",
            # 1777593600 is midnight, 1 May 2026 UTC.
            "refreshed_at": "2026-05-01T00:00:00",
        },
        tags={"team": "shop"},
    )
    assert (second.attributes["service"], second.attributes["action"]) == ("AWS Cost Explorer", "Stop")
    assert bodies[0]["filter"] == {"accountIds": [ACCOUNT]}


def test_an_account_that_may_not_ask_the_hub_is_not_evaluated(aws: AwsProxy, look_at_aws: LookAtAws) -> None:
    aws.refused["ListRecommendations"] = (400, "AccessDeniedException")
    scopes = look_at_aws()
    assert (scopes["aws-advice"].needs, scopes["aws-advice"].resources) == (
        "cost-optimization-hub:ListRecommendations", (),
    )  # fmt: skip
    # It stops nothing else.
    assert scopes["aws-s3-bucket"].needs == ""
    collector = INVENTORIES.get("aws")
    tried = {one.permission.name: one for one in collector.try_permissions(collector.options(regions=("eu-west-1",)))}
    assert not tried["cost-optimization-hub:ListRecommendations"].ok


def advice_document(name: str, **more: Any) -> dict[str, Any]:
    web = f"{GROUP}/Microsoft.Compute/virtualMachines/Web-1"
    properties = {
        "category": "Cost",
        "impact": "High",
        "impactedField": "Microsoft.Compute/virtualMachines",
        "shortDescription": {"solution": "Right-size or shutdown underutilized virtual machines"},
        "resourceMetadata": {"resourceId": web},
        "extendedProperties": {
            "annualSavingsAmount": "1200",
            "savingsAmount": "100",
            "savingsCurrency": "EUR",
            "recommendationType": "SkuChange",
            "currentSku": "Standard_D4s_v5",
            "targetSku": "Standard_D2s_v5",
            "lookbackPeriod": "7",
        },
        "lastUpdated": "2026-04-30T05:06:07Z",
        **more,
    }
    of_it = document("Microsoft.Advisor/recommendations", name, properties=properties)
    return of_it | {"id": f"{web}/providers/Microsoft.Advisor/recommendations/{name}", "location": ""}


def of(scopes: list[Scope], type: str) -> Scope:
    [scope] = [scope for scope in scopes if scope.type == type]
    return scope


@pytest.fixture
def azure() -> Iterator[AzureStandIn]:
    with AzureStandIn() as stand_in:
        stand_in.roles = {SHOP: [READER]}
        yield stand_in


def test_the_cost_advice_of_azure_and_no_other(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.resources = [
        advice_document("a"),
        advice_document("b", category="Security"),
        advice_document("c", suppressionIds=["s"]),
    ]
    scopes = list(AzureInventory().scopes(AzureOptions(endpoint=azure.url), asked))
    first, postponed = of(scopes, "azure-advice").resources
    attributes = dict(first.attributes)
    del attributes["raw_id"]
    assert (first.account, first.region) == (SHOP_ACCOUNT, "")
    assert attributes == {
        "advised_resource": f"{GROUP}/Microsoft.Compute/virtualMachines/Web-1".lower(),
        "resource_kind": "Microsoft.Compute/virtualMachines",
        "action": "SkuChange",
        "says": "Right-size or shutdown underutilized virtual machines",
        "current": "Standard_D4s_v5",
        "target": "Standard_D2s_v5",
        "monthly_saving": "100",
        "annual_saving": "1200",
        "currency": "EUR",
        "lookback_days": "7",
        "impact": "High",
        "refreshed_at": "2026-04-30T05:06:07Z",
    }
    assert postponed.attributes["suppressions"] == "1"


def test_a_role_without_advisor_is_named(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.roles = {SHOP: [{"actions": ["Microsoft.Compute/*/read"], "notActions": []}]}
    azure.resources = [advice_document("a")]
    scope = of(list(AzureInventory().scopes(AzureOptions(endpoint=azure.url), asked)), "azure-advice")
    assert (scope.needs, scope.resources) == ("Microsoft.Advisor/recommendations/read", ())


@pytest.fixture
def google() -> Iterator[GcpStandIn]:
    with GcpStandIn() as stand_in:
        place = f"{API}/zones/europe-west1-b"
        machine = {"id": "1", "name": "web", "status": "RUNNING", "zone": place, "selfLink": f"{place}/instances/web"}
        stand_in.lists = {"instances": {"zones/europe-west1-b": [machine]}}
        yield stand_in


def google_options(google: GcpStandIn) -> GcpOptions:
    urls = dict.fromkeys(("compute_endpoint", "sql_endpoint", "recommender_endpoint"), google.url)
    return GcpOptions(projects=("shop",), **urls)  # type: ignore[arg-type]


def advised(google: GcpStandIn, asked: AskedInventory) -> Scope:
    return of(list(GcpInventory().scopes(google_options(google), asked)), "gcp-advice")


def recommendation(
    name: str, subtype: str, operations: list[dict[str, Any]], *, units: str = "-50", state: str = "ACTIVE"
) -> dict[str, Any]:
    cost = {"currencyCode": "USD", "units": units, "nanos": -500_000_000}
    return {
        "name": f"projects/441570621172/locations/europe-west1-b/recommenders/x/recommendations/{name}",
        "description": "Save cost.",
        "recommenderSubtype": subtype,
        "lastRefreshTime": "2026-04-30T07:00:00Z",
        "primaryImpact": {"category": "COST", "costProjection": {"cost": cost, "duration": "2592000s"}},
        "content": {"operationGroups": [{"operations": operations}]},
        "stateInfo": {"state": state},
        "priority": "P2",
    }


RESIZE = {
    "action": "replace",
    "resourceType": "compute.googleapis.com/Instance",
    "resource": f"{NAMES}/zones/europe-west1-b/instances/web",
    "path": "/machineType",
    "value": "zones/europe-west1-b/machineTypes/n2-standard-2",
}


def test_the_advice_of_google_is_for_a_month_and_about_what_goes(google: GcpStandIn, asked: AskedInventory) -> None:
    snapshot = {"action": "add", "resourceType": "compute.googleapis.com/Snapshot", "resource": f"{NAMES}/global/s"}
    delete = {"action": "remove", "resourceType": "compute.googleapis.com/Disk", "resource": f"{NAMES}/zones/z/disks/d"}
    google.advice = {
        ("europe-west1-b", MACHINE_TYPE): [recommendation("a", "CHANGE_MACHINE_TYPE", [RESIZE])],
        ("europe-west1-b", DISKS): [recommendation("b", "SNAPSHOT_AND_DELETE_DISK", [snapshot, delete])],
        ("europe-west1-b", IDLE): [recommendation("c", "STOP_VM", [RESIZE], state="CLAIMED")],
        # Nothing of the project is there, so it is not asked.
        ("us-east1-b", IDLE): [recommendation("d", "STOP_VM", [RESIZE])],
    }
    found = {one.attributes["action"]: one for one in advised(google, asked).resources}
    assert found.keys() == {"CHANGE_MACHINE_TYPE", "SNAPSHOT_AND_DELETE_DISK"}
    resize = found["CHANGE_MACHINE_TYPE"]
    assert (resize.account, resize.region, resize.name) == ("shop", "europe-west1", "a")
    # 50.50 in 30 days are 51.201389 in 365 / 12.
    assert dict(resize.attributes) == {
        "service": "Google Recommender",
        "recommender": MACHINE_TYPE,
        "advised_resource": f"{NAMES}/zones/europe-west1-b/instances/web",
        "resource_kind": "compute.googleapis.com/Instance",
        "action": "CHANGE_MACHINE_TYPE",
        "says": "Save cost.",
        "target": "n2-standard-2",
        "monthly_saving": "51.201389",
        "currency": "USD",
        "impact": "P2",
        "refreshed_at": "2026-04-30T07:00:00Z",
    }
    assert found["SNAPSHOT_AND_DELETE_DISK"].attributes["advised_resource"] == f"{NAMES}/zones/z/disks/d"


def test_all_pages_of_advice_are_read(google: GcpStandIn, asked: AskedInventory) -> None:
    google.page = 2
    google.advice = {("europe-west1-b", IDLE): [recommendation(str(n), "STOP_VM", [RESIZE]) for n in range(5)]}
    assert len(advised(google, asked).resources) == 5


@pytest.mark.parametrize(
    ("refused", "needs"),
    [
        (refusal(403, "no permission"), "recommender.computeInstanceIdleResourceRecommendations.list"),
        (
            refusal(403, "Recommender API has not been used", reason="SERVICE_DISABLED", service="recommender"),
            "API recommender.googleapis.com",
        ),
    ],
)  # fmt: skip
def test_advice_that_is_refused_in_part_is_not_evaluated_at_all(
    google: GcpStandIn, asked: AskedInventory, refused: Any, needs: str
) -> None:
    google.advice = {("europe-west1-b", MACHINE_TYPE): [recommendation("a", "CHANGE_MACHINE_TYPE", [RESIZE])]}
    google.refused[IDLE] = refused
    scope = advised(google, asked)
    assert (scope.needs, scope.resources) == (needs, ())


def test_each_kind_of_advice_has_a_permission_that_is_tried(google: GcpStandIn) -> None:
    google.refused[IDLE] = refusal(403, "The caller does not have permission")
    with MonitoringStandIn() as monitoring:
        chosen = google_options(google).model_copy(update={"monitoring_endpoint": monitoring.url})
        tried = {one.permission.name: one.ok for one in GcpInventory().try_permissions(chosen)}
    ours = {name: ok for name, ok in tried.items() if name.startswith("recommender.")}
    refused = [name for name, ok in ours.items() if not ok]
    assert (len(ours), refused) == (9, ["recommender.computeInstanceIdleResourceRecommendations.list"])


def test_where_the_resources_are_not_known_no_advice_is_not_none(google: GcpStandIn, asked: AskedInventory) -> None:
    google.refused["instances"] = refusal(403, "Required 'compute.instances.list' permission")
    assert advised(google, asked).needs == "compute.instances.list"


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault(200, {"recommendations": [{"stateInfo": {"state": "ACTIVE"}}]}), "a recommendation cannot be read"),
        (Fault(200, {"recommendations": [], "nextPageToken": ""}, cut=True), "did not answer"),
        (Fault(200, "[]"), "not a JSON object"),
    ],
    ids=["without a name", "cut", "no object"],
)
def test_an_answer_that_is_not_whole_is_no_advice(
    google: GcpStandIn, asked: AskedInventory, fault: Fault, why: str
) -> None:
    google.faults[IDLE] = [fault] * 5
    scope = advised(google, asked)
    assert scope.needs == "answer of recommender.googleapis.com"
    assert why in scope.said
