"""The sample's inventory says of each resource what a real account would, and fits its bill and its truth."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from finops_lib.sample import Estate
from finops_lib.sources.inventory.aws_kinds import AWS_KINDS
from finops_lib.sources.inventory.azure_kinds import KINDS as AZURE_KINDS
from finops_lib.sources.inventory.azure_kinds import query
from finops_lib.sources.inventory.gcp_compute import KINDS as GCP_KINDS
from tests.conftest import PROJECT

PROVIDERS = ("aws", "azure", "gcp")
# Kinds of waste whose resource no inventory lists.
BILL_ONLY = {
    "idle-vpc-endpoint", "idle-vpn", "extended-support", "unused-commitment", "idle-capacity-reservation",
    "marketplace-without-usage", "cluster-without-nodes", "idle-nat-gateway",
}  # fmt: skip


def lines(estate: Estate, provider: str, name: str) -> list[dict[str, Any]]:
    text = (estate.folder / "inventory" / provider / f"{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="session")
def resources(estate: Estate) -> dict[str, dict[str, Any]]:
    found = [one for provider in PROVIDERS for one in lines(estate, provider, "resources")]
    assert len({one["resource_id"] for one in found}) == len(found)
    return {one["resource_id"].lower(): one for one in found}


@pytest.fixture(scope="session")
def hours(estate: Estate) -> pl.DataFrame:
    folder = estate.folder / "inventory"
    return pl.concat([pl.read_parquet(folder / name / "metrics" / "hours.parquet") for name in PROVIDERS])


def test_the_types_are_those_of_the_collectors(resources: dict[str, dict[str, Any]]) -> None:
    known = {*AWS_KINDS.names(), *(kind.type for kind in AZURE_KINDS), *(kind.type for kind in GCP_KINDS)}
    types = {one["type"] for one in resources.values()}
    assert types <= known | {"gcp-sql-instance"}
    # Nothing in the sample is a classic balancer or an application gateway, and its providers give no advice.
    advice = {"aws-advice", "azure-advice"}
    assert known - types == {"aws-classic-load-balancer", "azure-application-gateway"} | advice


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_attributes_are_those_that_a_collector_gives(provider: str, resources: dict[str, dict[str, Any]]) -> None:
    sources = PROJECT / "finops_lib" / "sources" / "inventory"
    texts = [path.read_text(encoding="utf-8") for path in sources.glob(f"{provider}*.*") if path.suffix != ".pyc"]
    if provider == "azure":
        texts += [query(kind.query) for kind in AZURE_KINDS]
    words = "\n".join(texts)
    names = {name for one in resources.values() if one["type"].startswith(provider) for name in one["attributes"]}
    assert len(names) > 20
    # bytes_<class> is made of the class's name.
    assert [name for name in sorted(names) if name not in words and not name.startswith("bytes_")] == []


def test_planted_waste_that_an_inventory_can_hold_is_in_it(
    resources: dict[str, dict[str, Any]], truth: dict[str, Any]
) -> None:
    missing = {
        (one["kind"], one["provider"])
        for one in truth["waste"]
        if one["resource_id"].lower() not in resources and one["kind"] not in BILL_ONLY
    }
    # The role may not list the snapshots of one account, but none of that waste is there.
    assert missing == set()


def test_ids_are_those_of_the_bill(
    resources: dict[str, dict[str, Any]], everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    billed = {
        row[0]: row[1]
        for provider in PROVIDERS
        for row in con.sql(f"select distinct lower(ResourceId), SubAccountId from {everything(provider)}").fetchall()
    }
    # An image is charged as its snapshot; interfaces, connections and groups cost nothing.
    free = {"aws-ec2-image", "azure-network-interface", "azure-gateway-connection", "azure-scale-set"}
    for name, one in resources.items():
        if one["type"] not in free:
            assert billed[name] == one["account"], name


def test_every_resource_was_seen_by_a_look_that_was_made(estate: Estate, resources: dict[str, dict[str, Any]]) -> None:
    looks = {
        (one["type"], one["account"], one["region"]): one["needs"]
        for provider in PROVIDERS
        for one in lines(estate, provider, "looks")
    }
    for one in resources.values():
        made = [looks.get((one["type"], one["account"], region)) for region in (one["region"], "")]
        assert "" in made, one["resource_id"]
    refused = {needs for needs in looks.values() if needs}
    assert {"cloudwatch:GetMetricData", "rds:DescribeDBInstances", "ec2:DescribeSnapshots"} <= refused


def test_hours_are_whole_and_end_with_the_last_day(estate: Estate, hours: pl.DataFrame) -> None:
    assert hours.select(pl.col("counts").list.sum() == pl.col("points")).to_series().all()
    assert hours.select(pl.col("bins").list.len() == pl.col("counts").list.len()).to_series().all()
    assert hours.select(pl.col("bins").list.diff().list.drop_nulls().list.min().fill_null(1) > 0).to_series().all()
    last = datetime.combine(estate.as_of, datetime.min.time()) + timedelta(hours=23)
    assert (hours["hour"].max(), hours["hour"].min()) == (last, last - timedelta(hours=32 * 24 - 1))
    keys = hours.select("ResourceId", "metric", "hour")
    assert keys.is_duplicated().sum() == 0


def peak(hours: pl.DataFrame, resource: str, metric: str) -> tuple[float, float]:
    """Give mean and maximum of a metric over all hours."""
    found = hours.filter((pl.col("ResourceId").str.to_lowercase() == resource.lower()) & (pl.col("metric") == metric))
    assert found.height
    return found.select(pl.col("mean").mean(), pl.col("max").max()).row(0)


def test_what_is_too_large_is_little_used_and_its_half_would_do(hours: pl.DataFrame, truth: dict[str, Any]) -> None:
    kinds = {"rightsize-ec2", "rightsize-azure-vm", "rightsize-gce"}
    planted = [one["resource_id"] for one in truth["waste"] if one["kind"] in kinds]
    assert len(planted) == 6
    for resource in planted:
        # Twice the busiest five minutes stay under 40 % and 60 %: even the conservative profile accepts the half.
        assert peak(hours, resource, "cpu")[1] < 20
        assert peak(hours, resource, "memory")[1] < 30


def test_what_is_idle_moves_less_than_five_megabytes_a_day(hours: pl.DataFrame, truth: dict[str, Any]) -> None:
    for resource in (one["resource_id"] for one in truth["waste"] if one["kind"] == "idle-ec2"):
        assert peak(hours, resource, "cpu")[1] < 5
        rate = peak(hours, resource, "network_in")[0] + peak(hours, resource, "network_out")[0]
        assert rate * 86_400 < 5_000_000


def test_a_machine_bound_by_memory_has_a_low_cpu(hours: pl.DataFrame, truth: dict[str, Any]) -> None:
    [resource] = [one["resource_id"] for one in truth["look_alikes"] if "bound by its memory" in one["reason"]]
    assert peak(hours, resource, "cpu")[1] < 12
    assert peak(hours, resource, "memory")[0] > 84


def test_a_month_s_end_is_among_the_hours(hours: pl.DataFrame, truth: dict[str, Any]) -> None:
    [resource] = {one["resource_id"] for one in truth["look_alikes"] if "end of each month" in one["reason"]}
    mean, most = peak(hours, resource, "cpu")
    assert (mean < 20, most > 80) == (True, True)


def test_a_volume_that_was_just_detached_was_busy_until_then(
    estate: Estate, resources: dict[str, dict[str, Any]], hours: pl.DataFrame, truth: dict[str, Any]
) -> None:
    [resource] = [one["resource_id"] for one in truth["look_alikes"] if one["looks_like"] == "unattached-volume"
                  and "three days" in one["reason"]]  # fmt: skip
    assert resources[resource]["state"] == "available"
    points = hours.filter(pl.col("ResourceId") == resource)
    assert points["hour"].max() < datetime.combine(estate.as_of, datetime.min.time()) - timedelta(days=2)
    for one in truth["waste"]:
        if one["kind"] == "unattached-volume":
            assert resources[one["resource_id"]]["state"] == "available"
            assert hours.filter(pl.col("ResourceId") == one["resource_id"]).is_empty()


def test_memory_is_not_known_where_nobody_measures_it(hours: pl.DataFrame) -> None:
    known = hours.filter((pl.col("metric") == "memory") & (pl.col("resource_type") == "gcp-instance"))
    assert known["SubAccountId"].unique().to_list() == ["ml-training-7f31"]
    assert hours.filter(pl.col("SubAccountId") == "480155729384").is_empty()


def test_the_export_is_of_the_morning_after(estate: Estate) -> None:
    for provider in PROVIDERS:
        file = Path(estate.folder / "inventory" / provider / "export.json")
        assert json.loads(file.read_text()) == {"taken_at": "2026-03-18T07:00:00Z"}


def test_what_was_detached_three_days_ago_was_attached_before(estate: Estate, truth: dict[str, Any]) -> None:
    just = {one["resource_id"].lower() for one in truth["look_alikes"] if one["reason"] == "detached three days ago"}
    assert len(just) == 3
    attached: dict[str, list[bool]] = {name: [] for name in just}
    for folder in ("inventory-before", "inventory"):
        for provider in PROVIDERS:
            text = (estate.folder / folder / provider / "resources.jsonl").read_text(encoding="utf-8")
            for one in map(json.loads, text.splitlines()):
                if one["resource_id"].lower() in just:
                    attached[one["resource_id"].lower()].append("attached_to" in one["attributes"])
    assert list(attached.values()) == [[True, False]] * 3


def test_nothing_is_said_that_happened_after_the_look(estate: Estate) -> None:
    for folder in ("inventory-before", "inventory"):
        for provider in PROVIDERS:
            place = estate.folder / folder / provider
            taken_at = json.loads((place / "export.json").read_text())["taken_at"]
            for one in map(json.loads, (place / "resources.jsonl").read_text(encoding="utf-8").splitlines()):
                moments = [one["state_since"], one["created_at"]]
                moments += [value for name, value in one["attributes"].items() if name.endswith("_at")]
                assert all(f"{moment:.19}" <= taken_at for moment in moments if moment), one
