"""Does Azure's utilisation arrive in the units of the lake, and is a refusal told from silence?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from finops_lib.errors import ConfigError, SourceError
from finops_lib.sources.inventory import AskedInventory, Resource, Scope, Series
from finops_lib.sources.inventory import rest as rest_module
from finops_lib.sources.inventory.azure import AzureInventory, AzureOptions
from tests.azure_graph import READER, AzureStandIn
from tests.sources.inventory.azure_documents import GROUP, SHOP, SHOP_ACCOUNT
from tests.stand_in import Fault

at = datetime.fromisoformat
MONITOR = "Microsoft.Insights"
MAY = at("2026-05-01")
# 2026-05-01T00:00Z in seconds since 1970.
MAY_S = 1777593600
MACHINE = Resource(
    type="azure-virtual-machine",
    resource_id=f"{GROUP}/Microsoft.Compute/virtualMachines/Web-1".lower(),
    account=SHOP_ACCOUNT,
    region="westeurope",
    name="Web-1",
    attributes={"raw_id": f"{GROUP}/Microsoft.Compute/virtualMachines/Web-1"},
)
PLAN = replace(
    MACHINE,
    type="azure-app-service-plan",
    resource_id=f"{GROUP}/microsoft.web/serverfarms/plan".lower(),
    name="plan",
    attributes={},
)
DISK = replace(MACHINE, type="azure-disk")
NAMES = {
    "Percentage CPU",
    "Available Memory Percentage",
    "Network In Total",
    "Network Out Total",
    "Disk Read Bytes",
    "Disk Write Bytes",
    "Disk Read Operations/Sec",
    "Disk Write Operations/Sec",
    "CpuPercentage",
    "MemoryPercentage",
}


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> Iterator[AzureStandIn]:
    monkeypatch.setattr(rest_module, "FIRST_WAIT_S", 0.005)
    with AzureStandIn() as stand_in:
        stand_in.roles = {SHOP: [READER]}
        stand_in.metric_names = set(NAMES)
        yield stand_in


@pytest.fixture
def asked(tmp_path: Path) -> AskedInventory:
    return AskedInventory("az", MAY, at("2026-05-01T01:00:00"), tmp_path)


def fetch(azure: AzureStandIn, asked: AskedInventory, *resources: Resource) -> tuple[dict[Any, Series], list[Scope]]:
    items = list(AzureInventory().series(AzureOptions(endpoint=azure.url), asked, list(resources)))
    series = {(one.type, one.metric): one for one in items if isinstance(one, Series)}
    return series, [one for one in items if isinstance(one, Scope)]


def point(minute: int, **values: float) -> dict[str, Any]:
    return {"timeStamp": f"2026-05-01T00:{minute:02}:00Z", **values}


def test_points_become_percent_and_rates(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.metrics = {
        (MACHINE.resource_id, "Percentage CPU"): [
            point(5, average=20.5, maximum=99.0, minimum=1.0, total=102.5),
            point(0, average=10.0, maximum=40.0),
        ],
        (MACHINE.resource_id, "Available Memory Percentage"): [point(0, average=70.0, minimum=25.0, maximum=90.0)],
        (MACHINE.resource_id, "Network In Total"): [point(0, total=3000.0, maximum=1200.0, average=600.0)],
        (MACHINE.resource_id, "Disk Read Operations/Sec"): [point(0, average=1.5, maximum=4.0, total=7.5)],
    }
    series, _ = fetch(azure, asked, MACHINE)
    cpu = series["azure-virtual-machine", "cpu"]
    assert (cpu.unit, cpu.region, cpu.account, cpu.resource_id) == (
        "percent",
        "westeurope",
        SHOP_ACCOUNT,
        MACHINE.resource_id,
    )
    assert (list(cpu.times), list(cpu.means), list(cpu.maxima)) == ([MAY_S, MAY_S + 300], [10.0, 20.5], [40.0, 99.0])
    memory = series["azure-virtual-machine", "memory"]
    # 70 % available in the mean is 30 % used; at least 25 % available is at most 75 % used.
    assert (list(memory.means), list(memory.maxima)) == ([30.0], [75.0])
    network = series["azure-virtual-machine", "network_in"]
    # 3000 bytes in 300 s; 1200 bytes in the busiest minute.
    assert (network.unit, list(network.means), list(network.maxima)) == ("bytes/s", [10.0], [20.0])
    operations = series["azure-virtual-machine", "disk_read_ops"]
    assert (operations.unit, list(operations.means), list(operations.maxima)) == ("ops/s", [1.5], [4.0])
    assert len(series) == 4


def test_a_gap_is_no_point_and_an_unknown_maximum_is_not_zero(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.metrics = {(MACHINE.resource_id, "Percentage CPU"): [point(0), point(5, average=0.0)]}
    series, _ = fetch(azure, asked, MACHINE)
    cpu = series["azure-virtual-machine", "cpu"]
    assert list(cpu.times) == [MAY_S + 300]
    assert list(cpu.means) == [0.0] and math.isnan(cpu.maxima[0])


def test_only_what_has_utilisation_is_asked_for(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.metrics = {(PLAN.resource_id, "CpuPercentage"): [point(0, average=5.0, maximum=6.0)]}
    series, scopes = fetch(azure, asked, DISK, PLAN)
    assert list(series) == [("azure-app-service-plan", "cpu")]
    # The plan's memory was asked for as well: a look without points.
    assert [(scope.type, scope.region, scope.needs) for scope in scopes] == [
        ("azure-app-service-plan/cpu", "westeurope", ""),
        ("azure-app-service-plan/memory", "westeurope", ""),
    ]


def test_what_the_lake_holds_is_not_fetched_again(azure: AzureStandIn, asked: AskedInventory) -> None:
    since = replace(asked, until=at("2026-05-01T03:00:00"), held={(PLAN.resource_id, "cpu"): at("2026-05-01T01:00:00")})
    fetch(azure, since, PLAN)
    questions = {request.query["metricnames"]: request.query["timespan"] for request in azure.requests}
    assert questions == {
        "CpuPercentage": "2026-05-01T02:00:00Z/2026-05-01T03:00:00Z",
        "MemoryPercentage": "2026-05-01T00:00:00Z/2026-05-01T03:00:00Z",
    }


def test_a_long_time_is_asked_for_in_weeks_without_a_gap(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.metrics = {
        (PLAN.resource_id, "CpuPercentage"): [
            {"timeStamp": f"2026-05-{day:02}T00:00:00Z", "average": float(day), "maximum": float(day)}
            for day in range(1, 17)
        ]
    }
    series, _ = fetch(azure, replace(asked, until=at("2026-05-17")), PLAN)
    assert list(series["azure-app-service-plan", "cpu"].means) == [float(day) for day in range(1, 17)]
    # 16 days are two weeks and two days.
    assert len(azure.requests) == 3


def test_a_metric_that_azure_does_not_have_hides_no_other(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.metric_names.remove("Available Memory Percentage")
    azure.metrics = {(MACHINE.resource_id, "Percentage CPU"): [point(0, average=10.0, maximum=40.0)]}
    series, scopes = fetch(azure, asked, MACHINE)
    assert list(series) == [("azure-virtual-machine", "cpu")]
    needs = {scope.type: scope.needs for scope in scopes}
    assert needs.pop("azure-virtual-machine/memory") == "Azure Monitor's metric 'Available Memory Percentage'"
    assert set(needs.values()) == {""} and len(needs) == 7


def test_metrics_that_may_not_be_read_are_not_evaluated(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.roles = {SHOP: [{"actions": ["Microsoft.Compute/*/read"]}]}
    elsewhere = replace(MACHINE, region="northeurope")
    series, scopes = fetch(azure, asked, MACHINE, elsewhere)
    assert not series
    assert {(scope.region, scope.needs) for scope in scopes} == {
        ("westeurope", "Microsoft.Insights/metrics/read"),
        ("northeurope", "Microsoft.Insights/metrics/read"),
    }
    assert "does not have authorization" in scopes[0].said
    # Refused for the subscription once, it is not asked machine by machine.
    assert len(azure.requests) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"interval": "PT1H", "value": []},
        {"value": {}},
        {"value": [{"name": {"value": "Other"}, "timeseries": []}]},
        {"value": [{"name": {"value": "CpuPercentage"}, "timeseries": [{"data": [{"average": 1}]}]}]},
        {"value": [{"name": {"value": "CpuPercentage"}, "timeseries": [{"data": [{"timeStamp": "noon"}]}]}]},
    ],
)
def test_points_that_cannot_be_trusted_are_not_kept(
    answer: dict[str, Any], azure: AzureStandIn, asked: AskedInventory
) -> None:
    azure.faults[MONITOR] = [Fault(200, answer)]
    series, scopes = fetch(azure, asked, PLAN)
    assert not series
    assert {scope.needs for scope in scopes} == {"answer of Azure Monitor"}
    assert "not whole" in scopes[0].said


def test_a_monitor_that_keeps_failing_ends_the_run(azure: AzureStandIn, asked: AskedInventory) -> None:
    azure.faults[MONITOR] = [Fault(503)] * 100
    with pytest.raises(SourceError, match="503"):
        fetch(azure, asked, *[PLAN] * 5)
    assert len(azure.requests) == 12


class Vault:
    """A credential whose first token has just expired."""

    def __init__(self) -> None:
        self.scopes: list[str] = []

    def get_token(self, *scopes: str) -> SimpleNamespace:
        self.scopes += scopes
        return SimpleNamespace(token=f"token-{len(self.scopes)}")


def test_a_token_that_is_refused_is_renewed_once() -> None:
    from finops_lib.sources.inventory.azure import _tokens

    vault = Vault()
    token = _tokens(vault, "https://management.azure.com/.default")
    assert [token(False), token(False), token(True), token(False)] == ["token-1", "token-1", "token-2", "token-2"]
    assert set(vault.scopes) == {"https://management.azure.com/.default"}


def test_credentials_that_are_not_accepted_are_for_the_operator(azure: AzureStandIn, asked: AskedInventory) -> None:
    said = {"error": {"code": "InvalidAuthenticationTokenTenant", "message": "The token is from the wrong issuer."}}
    azure.faults[MONITOR] = [Fault(401, said)] * 2
    with pytest.raises(ConfigError, match="wrong issuer"):
        fetch(azure, asked, PLAN)
