"""What the sample estate's truth says of anomalies and waste can be seen in its files."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from finops_lib.sample import Estate, sample_budget_plan_yaml, sample_workbench_yaml, write_estate

KINDS = {
    "spike_one_day", "spike_several_days", "level_shift", "slow_ramp", "drop", "new_service", "diffuse_rise",
    "sparse_burst", "fee_jump",
}  # fmt: skip


def days(
    con: duckdb.DuckDBPyConnection, table: str, anomaly: dict[str, Any], first: date, last: date
) -> list[tuple[date, float]]:
    query = f"""
        select
            cast(cast(ChargePeriodStart as timestamp) as date) as day,
            cast(sum(cast(EffectiveCost as decimal(28,12))) as double)
        from {table}
        where SubAccountId = ? and list_contains(?, ServiceName) and ChargeCategory = 'Usage'
            and cast(cast(ChargePeriodStart as timestamp) as date) between ? and ?
        group by 1 order by 1
    """
    return con.execute(query, [anomaly["account_id"], anomaly["services"], first, last]).fetchall()


def test_every_kind_of_anomaly_is_there_and_most_are_recent(truth: dict[str, Any]) -> None:
    assert {anomaly["kind"] for anomaly in truth["anomalies"]} == KINDS
    recent = [
        a for a in truth["anomalies"] if a["start"] >= str(date.fromisoformat(truth["as_of"]) - timedelta(days=60))
    ]
    assert len(recent) >= 8
    assert {anomaly["provider"] for anomaly in recent} == {"aws", "azure", "gcp"}


def test_a_recent_spike_costs_what_the_truth_says(
    truth: dict[str, Any], everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    spikes = [a for a in truth["anomalies"] if a["name"] in {"athena-full-scan", "eu-sql-scale"}]
    assert len(spikes) == 2
    for spike in spikes:
        start, end = date.fromisoformat(spike["start"]), date.fromisoformat(spike["end"])
        length = (end - start).days + 1
        table = everything(spike["provider"])
        during = sum(money for _, money in days(con, table, spike, start, end))
        week_before = days(con, table, spike, start - timedelta(days=7), start - timedelta(days=1))
        usual = sum(money for _, money in week_before) / len(week_before) * length
        # The noise of a week is a few per cent of the usual day; the spike is many times that.
        assert during - usual == pytest.approx(float(spike["impact"]), rel=0.15), spike["name"]


def test_the_new_service_was_not_there_before(
    truth: dict[str, Any], everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    [new] = [a for a in truth["anomalies"] if a["kind"] == "new_service"]
    found = days(con, everything("aws"), new, date(2025, 1, 1), date.fromisoformat(truth["as_of"]))
    assert str(found[0][0]) == new["start"]
    complete = [money for day, money in found if str(day) <= truth["complete_through"]["aws"]]
    assert sum(complete) == pytest.approx(float(new["impact"]), rel=0.05)


def test_the_fee_jumps_by_what_the_truth_says(
    truth: dict[str, Any], everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    [jump] = [a for a in truth["anomalies"] if a["kind"] == "fee_jump"]
    fees = con.sql(f"""
        select cast(ChargePeriodStart as date)::varchar, cast(EffectiveCost as double) from {everything("aws")}
        where ServiceName = 'Datadog Pro' and ChargeCategory = 'Purchase' order by 1 desc limit 2
    """).fetchall()
    assert fees[0][0] == jump["start"]
    assert fees[0][1] - fees[1][1] == float(jump["impact"])


def test_anomalous_resources_are_in_the_files(
    truth: dict[str, Any], everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    seen = {
        row[0]
        for provider in ("aws", "azure", "gcp")
        for row in con.sql(f"select distinct lower(ResourceId) from {everything(provider)}").fetchall()
    }
    labelled = [name for one in truth["anomalies"] for name in one["resource_ids"]]
    wasted = [name for one in truth["waste"] for name in one["billed_as"]]
    wasted += [one["billed_as"] for one in truth["look_alikes"]]
    assert {name.lower() for name in (*labelled, *wasted)} <= seen


@pytest.mark.parametrize(
    ("kind", "hours", "companion"),
    [
        ("idle-nat-gateway", "NatGateway-Hours", "NatGateway-Bytes"),
        ("idle-vpc-endpoint", "VpcEndpoint-Hours", "VpcEndpoint-Bytes"),
        ("idle-load-balancer", "LoadBalancerUsage", "LCUUsage"),
        ("unattached-volume", "EBS:VolumeUsage", "EBS:VolumeIOUsage"),
        ("idle-vpn", "VPN-Usage-Hours:ipsec.1", "VPN-DataTransfer-Out-Bytes"),
    ],
)
def test_waste_lacks_what_its_look_alike_has(
    kind: str,
    hours: str,
    companion: str,
    truth: dict[str, Any],
    everything: Callable[[str], str],
    con: duckdb.DuckDBPyConnection,
) -> None:
    wasted = {
        w["resource_id"]
        for w in truth["waste"]
        if w["kind"] == kind and w["provider"] == "aws" and w["needs"] == "bill"
    }
    useful = {
        w["resource_id"]
        for w in truth["look_alikes"]
        if w["looks_like"] == kind and w["provider"] == "aws" and w["shown_by"] == "bill"
    }
    rows = con.sql(f"select ResourceId, list(distinct SkuMeter) from {everything('aws')} group by 1").fetchall()
    meters = dict(rows)
    assert wasted
    assert useful
    assert {tuple(meters[name]) for name in wasted} == {(hours,)}
    assert all(companion in meters[name] and hours in meters[name] for name in useful)


def test_waste_costs_in_a_month_what_the_truth_says(
    truth: dict[str, Any], everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    # The week before the tail; 365 / 12 days are a month. Clock and disk charges do not fluctuate.
    last = date.fromisoformat(truth["complete_through"]["aws"])
    for wasted in truth["waste"]:
        partly = {"unused-commitment", "extended-support", "regional-transfer", "marketplace-without-usage"}
        if wasted["provider"] != "aws" or wasted["kind"] in partly:
            continue
        [(money,)] = con.execute(
            f"select cast(sum(EffectiveCost) as double) from {everything('aws')} "
            "where ResourceId = ? and cast(ChargePeriodStart as date) between ? and ?",
            [*wasted["billed_as"], last - timedelta(days=6), last],
        ).fetchall()
        assert money / 7 * 365 / 12 == pytest.approx(float(wasted["monthly_cost"]), abs=0.02), wasted["resource_id"]


def test_a_stopped_machine_keeps_paying_for_its_disks(
    truth: dict[str, Any], everything: Callable[[str], str], con: duckdb.DuckDBPyConnection
) -> None:
    last = con.sql(f"""
        select SkuMeter, max(cast(ChargePeriodStart as date)) from {everything("aws")}
        where ResourceName like 'batch-legacy-%' group by 1 order by 2
    """).fetchall()
    assert [meter for meter, _ in last] == ["BoxUsage:m5.2xlarge", "EBS:VolumeUsage.gp3"]
    assert last[0][1] <= date(2026, 3, 17) - timedelta(days=60) < last[1][1]


def test_accounts_keep_their_zeros_in_the_workbench_parameters() -> None:
    text = sample_workbench_yaml("demo/data")
    assert '"004512367890": payments' in text
    assert "path: demo/data/azure" in text


@pytest.mark.parametrize("as_of", [date(2026, 3, 17), date(2026, 2, 28), date(2026, 3, 2), date(2024, 2, 29)])
def test_some_budgets_break_whatever_the_day(as_of: date, tmp_path: Path) -> None:
    made: Estate = write_estate(tmp_path, as_of=as_of, rows=10_000)
    plan = yaml.safe_load(sample_budget_plan_yaml(made))["budgets"]
    basis = {
        (row["scope_type"], row["scope_value"], row["currency"]): row
        for row in json.loads(made.truth.read_text())["budget_basis"]
    }
    over = [
        b["name"]
        for b in plan
        if "scope_type" in b
        and float(b["amount"]) < float(basis[b["scope_type"], b["scope_value"], b["currency"]]["complete"])
    ]
    assert over == ["project-recsys", "payments-dev"]
    assert len(plan) == 10
    assert all(isinstance(budget["scope_value"], str) for budget in plan[:9])
