"""Does Google's utilisation arrive in the units of the lake, and is a refusal told from silence?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from finops_lib.errors import SourceError
from finops_lib.sources.inventory import AskedInventory, Resource, Scope, Series, gcp_clients
from finops_lib.sources.inventory.gcp import GcpInventory
from finops_lib.sources.inventory.gcp_clients import GcpOptions
from tests.gcp_compute import MonitoringStandIn, Samples
from tests.servers import free_port

at = datetime.fromisoformat
# 2026-05-01T00:00Z in seconds since 1970.
MAY_S = 1777593600
MACHINE = Resource("gcp-instance", "//c/1", "shop", "europe-west1", "web-1", attributes={"numeric_id": "1"})
SECOND = replace(MACHINE, resource_id="//c/2", name="web-2", attributes={"numeric_id": "2"})
ORDERS = Resource("gcp-sql-instance", "//s/o", "shop", "europe-west1", "orders", attributes={"engine": "POSTGRES_15"})
CPU = "compute.googleapis.com/instance/cpu/utilization"
MEMORY = "agent.googleapis.com/memory/percent_used"
READS = "compute.googleapis.com/instance/disk/read_ops_count"


@pytest.fixture
def google(monkeypatch: pytest.MonkeyPatch) -> Iterator[MonitoringStandIn]:
    monkeypatch.setattr(gcp_clients, "FIRST_WAIT_S", 0.005)
    monkeypatch.setattr(gcp_clients, "ALL_TRIES_S", 0.5)
    with MonitoringStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def asked(tmp_path: Path) -> AskedInventory:
    return AskedInventory("google", at("2026-05-01"), at("2026-05-01T01:00:00"), tmp_path)


def fetch(url: str, asked: AskedInventory, *resources: Resource) -> tuple[dict[Any, Series], dict[str, Scope]]:
    chosen = GcpOptions(projects=("shop",), monitoring_endpoint=url)
    items = list(GcpInventory().series(chosen, asked, list(resources)))
    series = {(one.resource_id, one.metric): one for one in items if isinstance(one, Series)}
    return series, {one.type: one for one in items if isinstance(one, Scope)}


def samples(metric: str, *points: tuple[int, float], name: str = "1", **more: Any) -> Samples:
    """Give samples at so many seconds after 2026-05-01T00:00Z."""
    return Samples(metric, {"instance_id": name}, [(MAY_S + second, value) for second, value in points], **more)


def test_a_level_has_its_mean_and_its_largest_sample(google: MonitoringStandIn, asked: AskedInventory) -> None:
    google.samples = [samples(CPU, (60, 0.1), (120, 0.2), (300, 0.6), (360, 0.9)), samples(CPU, (60, 0.5), name="2")]
    series, scopes = fetch(google.url, asked, MACHINE, SECOND)
    cpu = series["//c/1", "cpu"]
    assert (cpu.unit, cpu.account, cpu.region, cpu.type) == ("percent", "shop", "europe-west1", "gcp-instance")
    # A point stands at the start of its five minutes: up to 00:05 (0.1 + 0.2 + 0.6) / 3 = 30 %, then 90 %.
    assert list(cpu.times) == [MAY_S, MAY_S + 300]
    assert list(cpu.means) == pytest.approx([30.0, 90.0]) and list(cpu.maxima) == pytest.approx([60.0, 90.0])
    assert list(series["//c/2", "cpu"].means) == [50.0]
    assert scopes["gcp-instance/cpu"] == Scope("gcp-instance/cpu", "shop", "europe-west1")


def test_counters_of_all_disks_are_one_rate_without_a_maximum(google: MonitoringStandIn, asked: AskedInventory) -> None:
    google.samples = [
        samples(READS, (60, 300.0), (120, 300.0), labels={"device_name": "a"}, is_counter=True),
        samples(READS, (60, 900.0), labels={"device_name": "b"}, is_counter=True),
    ]
    reads = fetch(google.url, asked, MACHINE)[0]["//c/1", "disk_read_ops"]
    # (300 + 300 + 900) operations in 300 s.
    assert (reads.unit, list(reads.means)) == ("ops/s", [5.0])
    assert math.isnan(reads.maxima[0])


def test_memory_is_what_is_used_and_not_what_is_cached(google: MonitoringStandIn, asked: AskedInventory) -> None:
    google.samples = [
        samples(MEMORY, (60, 40.0), labels={"state": "used"}),
        samples(MEMORY, (60, 55.0), labels={"state": "cached"}),
    ]
    assert list(fetch(google.url, asked, MACHINE)[0]["//c/1", "memory"].means) == [40.0]


def test_a_database_has_its_own_names(google: MonitoringStandIn, asked: AskedInventory) -> None:
    database, name = "cloudsql.googleapis.com/database", {"database_id": "shop:orders"}
    google.samples = [
        Samples(f"{database}/memory/utilization", name, [(MAY_S + 60, 0.25)]),
        Samples(f"{database}/postgresql/num_backends", name, [(MAY_S + 60, 3.0)], {"database": "a"}),
        Samples(f"{database}/postgresql/num_backends", name, [(MAY_S + 60, 4.0)], {"database": "b"}),
    ]
    series, _ = fetch(google.url, asked, ORDERS)
    assert list(series["//s/o", "memory"].means) == [25.0]
    connections = series["//s/o", "connections"]
    assert (connections.unit, list(connections.means), list(connections.maxima)) == ("count", [7.0], [7.0])


def test_series_on_several_pages_are_all_taken(google: MonitoringStandIn, asked: AskedInventory) -> None:
    google.page = 1
    google.samples = [samples(CPU, (60, 0.5)), samples(CPU, (60, 0.7), name="2")]
    series, _ = fetch(google.url, asked, MACHINE, SECOND)
    assert series.keys() == {("//c/1", "cpu"), ("//c/2", "cpu")}


def test_what_the_lake_holds_is_not_fetched_again(google: MonitoringStandIn, asked: AskedInventory) -> None:
    google.samples = [samples(CPU, (60, 0.1), (5460, 0.2))]
    held = {("//c/1", "cpu"): at("2026-05-01T00:00:00")}
    series, _ = fetch(google.url, replace(asked, until=at("2026-05-01T02:00:00"), held=held), MACHINE)
    # 5460 s is 01:31; the hour from 00:00 is in the lake.
    assert list(series["//c/1", "cpu"].times) == [MAY_S + 5400]
    nothing = replace(asked, held=held)
    before = len(google.requests)
    fetch(google.url, nothing, MACHINE)
    assert not [one for one in google.requests[before:] if CPU in one.filter]


def test_many_machines_are_asked_for_in_groups(google: MonitoringStandIn, asked: AskedInventory) -> None:
    machines = [
        replace(MACHINE, resource_id=f"//c/{number}", attributes={"numeric_id": str(number)}) for number in range(60)
    ]
    google.samples = [samples(CPU, (60, 0.5), name=str(number)) for number in range(60)]
    series, _ = fetch(google.url, asked, *machines)
    assert len(series) == 60
    # 60 machines are 25 + 25 + 10, each asked for mean and maximum.
    assert len([one for one in google.requests if CPU in one.filter]) == 6


def test_metrics_that_may_not_be_read_are_not_evaluated(google: MonitoringStandIn, asked: AskedInventory) -> None:
    denied = "Permission monitoring.timeSeries.list denied (or the resource may not exist)."
    google.errors = [(7, denied, "IAM_PERMISSION_DENIED", "monitoring.googleapis.com")]
    google.samples = [samples(CPU, (60, 0.5)), samples(MEMORY, (60, 40.0), labels={"state": "used"})]
    series, scopes = fetch(google.url, asked, MACHINE)
    assert (scopes["gcp-instance/cpu"].needs, scopes["gcp-instance/cpu"].said) == ("monitoring.timeSeries.list", denied)
    # The next metric was asked for all the same.
    assert series.keys() == {("//c/1", "memory")} and not scopes["gcp-instance/memory"].needs


def test_an_api_that_is_off_and_an_agent_that_never_wrote_are_named(
    google: MonitoringStandIn, asked: AskedInventory
) -> None:
    off = "Cloud Monitoring API has not been used in project shop before or it is disabled."
    google.errors = [(7, off, "SERVICE_DISABLED", "monitoring.googleapis.com")]
    google.unknown = {MEMORY}
    _, scopes = fetch(google.url, asked, MACHINE)
    assert scopes["gcp-instance/cpu"].needs == "API monitoring.googleapis.com"
    assert scopes["gcp-instance/memory"].needs == f"metric {MEMORY}"


def test_a_short_failure_is_asked_again(google: MonitoringStandIn, asked: AskedInventory) -> None:
    google.errors = [(14, "try again", "", ""), (8, "quota", "", "")]
    google.samples = [samples(CPU, (60, 0.5))]
    series, scopes = fetch(google.url, asked, MACHINE)
    assert list(series["//c/1", "cpu"].means) == [50.0] and not scopes["gcp-instance/cpu"].needs


def test_a_page_that_comes_again_is_not_taken_for_another(google: MonitoringStandIn, asked: AskedInventory) -> None:
    google.repeat_page = True
    google.samples = [samples(CPU, (60, 0.5))]
    with pytest.raises(SourceError, match=r"the same page|same time"):
        fetch(google.url, asked, MACHINE)


def test_nothing_listening_fails_at_once(asked: AskedInventory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gcp_clients, "CONNECT_S", 0.2)
    with pytest.raises(SourceError, match="did not answer metrics: no connection to 127"):
        fetch(f"http://127.0.0.1:{free_port()}", asked, MACHINE)


def test_without_anything_to_measure_nobody_is_asked(asked: AskedInventory) -> None:
    assert fetch(f"http://127.0.0.1:{free_port()}", asked, replace(MACHINE, type="gcp-disk")) == ({}, {})


def test_a_monitoring_that_keeps_failing_ends_the_run(google: MonitoringStandIn, asked: AskedInventory) -> None:
    google.errors = [(13, "internal", "", "")] * 1000
    with pytest.raises(SourceError, match=r"did not answer compute\.googleapis\.com.* internal"):
        fetch(google.url, asked, MACHINE)
