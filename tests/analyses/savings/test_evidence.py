"""What checks read: kinds of meter, what commitments pay of them, percentiles, and the hours of the week."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analyses.savings import Estate
from finops_lib.analyses.utilisation import percentiles
from finops_lib.marts.figures import figure_sql
from finops_lib.runs.figures import bind, run_query
from tests.analyses.conftest import QueriedLake

AS_OF = date(2026, 10, 30)
START, END = datetime.fromisoformat("2026-09-29"), datetime.fromisoformat("2026-10-31")
HOUR = {
    "x_Provider": "aws",
    "x_SourceId": "aws-inventory",
    "SubAccountId": "111",
    "RegionId": "eu-west-1",
    "resource_type": "aws-ec2-instance",
    "ResourceId": "i-1",
    "metric": "cpu",
    "unit": "percent",
}


def charge_daily(lake: QueriedLake, meter: str, cost: str, *, days: int = 30, **values: object) -> None:
    for back in range(days):
        usual = {"ResourceId": "r-1", "SkuMeter": meter, "ConsumedQuantity": "24", "ListCost": cost}
        lake.charge((AS_OF - timedelta(days=back)).isoformat(), cost, **{**usual, **values})


def estate_of(lake: QueriedLake) -> Estate:
    lake.load(1, 1, delivered_at="2026-11-06 00:00:00")
    meters = lake.query("savings_resource_meters", as_of=AS_OF.isoformat())
    return Estate.of({"savings_resource_meters": meters}, as_of=AS_OF)


# Usage types as AWS writes them, with the service that says what they mean.
_METERS = {
    "USE1-BoxUsage:m5.xlarge": ("Amazon Elastic Compute Cloud", "instance-hours"),
    "EBS:VolumeUsage.gp3": ("Amazon Elastic Compute Cloud", "volume"),
    "EBS:VolumeUsage.piops": ("Amazon Elastic Compute Cloud", "volume-io"),
    "EUC1-EBS:VolumeUsage.io2": ("Amazon Elastic Compute Cloud", "volume-io"),
    "EBS:VolumeP-IOPS.io2.tier2": ("Amazon Elastic Compute Cloud", "volume-iops"),
    "EBS:VolumeP-Throughput.gp3": ("Amazon Elastic Compute Cloud", "volume-throughput"),
    "EBS:SnapshotUsage": ("Amazon Elastic Compute Cloud", "snapshot"),
    "PublicIPv4:InUseAddress": ("Amazon Virtual Private Cloud", "address"),
    "USE1-TransitGateway-Hours": ("Amazon Virtual Private Cloud", "attachment-hours"),
    "DataTransfer-Regional-Bytes": ("Amazon Elastic Compute Cloud", "regional-transfer"),
    "USW2-Multi-AZUsage:db.r6g.large": ("Amazon Relational Database Service", "database-hours"),
    "InstanceUsageIOOptimized:db.r6g.large": ("Amazon Relational Database Service", "database-hours"),
    "Aurora:ServerlessV2Usage": ("Amazon Relational Database Service", "database-hours"),
    "RDS:GP3-Storage": ("Amazon Relational Database Service", "database-storage"),
    "Aurora:StorageUsage": ("Amazon Relational Database Service", "database-storage"),
    "RDS:ChargedBackupUsage": ("Amazon Relational Database Service", "database-backup"),
    "NodeUsage:cache.r6g.large": ("Amazon ElastiCache", "cache-hours"),
    "USE1-Node:ra3.4xlarge": ("Amazon Redshift", "warehouse-hours"),
    "ESInstance:r6g.large": ("Amazon OpenSearch Service", "search-hours"),
    "TimedStorage-ByteHrs": ("Amazon Simple Storage Service", "bucket-standard"),
    "EU-TimedStorage-SIA-ByteHrs": ("AmazonS3", "bucket-infrequent"),
    "TimedStorage-GDA-ByteHrs": ("Amazon Simple Storage Service", "bucket-archive"),
    "TimedStorage-GlacierByteHrs": ("Amazon Simple Storage Service", "bucket-archive"),
    "USE1-Requests-Tier1": ("Amazon Simple Storage Service", "bucket-writes"),
    "Requests-SIA-Tier2": ("Amazon Simple Storage Service", "bucket-reads"),
    "CAN1-TimedStorage-ByteHrs": ("AmazonCloudWatch", "log-storage"),
    "DataProcessing-Bytes": ("AmazonCloudWatch", "log-ingestion"),
    "USE1-PaidEventsRecorded": ("AWS CloudTrail", "paid-trail"),
    "USE1-AmazonEKS-Hours:perCluster": ("Amazon Elastic Kubernetes Service", "cluster-fee"),
    "USE1-Fargate-vCPU-Hours:perCPU": ("Amazon Elastic Kubernetes Service", "container-hours"),
}


def test_every_meter_that_a_check_reads_is_told_apart(lake: QueriedLake) -> None:
    for number, (meter, (service, _)) in enumerate(_METERS.items()):
        charge_daily(lake, meter, "1", days=1, ResourceId=f"r-{number}", ServiceName=service)
    found = estate_of(lake)
    kinds = {r.meters[kind].name: kind for r in found.resources.values() for kind in r.meters}
    assert kinds == {meter: kind for meter, (_, kind) in _METERS.items()}


def test_requests_of_a_queue_are_not_those_of_a_bucket(lake: QueriedLake) -> None:
    charge_daily(lake, "Requests-Tier1", "1", ServiceName="Amazon Simple Queue Service")
    assert estate_of(lake).resources == {}


def test_a_resource_costs_what_all_of_its_meters_cost(lake: QueriedLake) -> None:
    charge_daily(lake, "BoxUsage:m5.xlarge", "4.608")
    charge_daily(lake, "DataTransfer-Out-Bytes", "1.2")
    charge_daily(lake, "DataTransfer-Out-Bytes", "9", ResourceId=None)
    [machine] = estate_of(lake).with_meter("instance-hours")
    # 5.808 a day x 365 / 12; the hours alone 4.608; what names no resource is nobody's
    assert (machine.monthly_cost, machine.on_demand_of("instance-hours")) == (Decimal("176.66"), Decimal("140.16"))


def test_hours_that_a_commitment_pays_for_are_told_apart(lake: QueriedLake) -> None:
    charge_daily(lake, "BoxUsage:m5.xlarge", "2", ConsumedQuantity="12")
    used = {"CommitmentDiscountId": "sp-1", "CommitmentDiscountStatus": "Used", "ConsumedQuantity": "12"}
    charge_daily(lake, "BoxUsage:m5.xlarge", "1", **used)
    [machine] = estate_of(lake).with_meter("instance-hours")
    hours = machine.meters["instance-hours"]
    assert (hours.quantity, hours.committed_quantity) == (720, 360)
    assert (hours.effective_cost, hours.committed_effective_cost) == (90, 30)
    # 2 a day x 365 / 12
    assert machine.on_demand_of("instance-hours") == Decimal("60.833333")


def test_a_spot_hour_is_no_other_hour(lake: QueriedLake) -> None:
    charge_daily(lake, "SpotUsage:m5.xlarge", "1", PricingCategory="Dynamic")
    [machine] = estate_of(lake).with_meter("spot-hours")
    assert list(machine.meters) == ["spot-hours"]


def test_a_fee_of_a_seller_is_no_commitment_and_no_use(lake: QueriedLake) -> None:
    seller = {"PublisherName": "Datadog"}
    fee = {"ChargeCategory": "Purchase", "x_Extra": seller, "ServiceName": "Datadog Pro", "ResourceId": None}
    charge_daily(lake, "fee", "420", days=1, **fee)
    charge_daily(lake, "hosts", "2", x_Extra=seller, ServiceName="Other", ResourceId="agreement-2")
    charge_daily(lake, "sp", "99", days=1, ChargeCategory="Purchase", CommitmentDiscountId="sp-1", ResourceId="sp-1")
    kinds = {r.id: set(r.meters) for r in estate_of(lake).resources.values()}
    assert kinds == {"seller/Datadog Pro": {"marketplace-fee"}, "agreement-2": {"marketplace-use"}}


def insert_hours(lake: QueriedLake, rows: list[dict[str, object]]) -> None:
    for row in rows:
        lake.insert("metrics", {**HOUR, **row})


@st.composite
def histograms(draw: st.DrawFn) -> list[dict[str, object]]:
    """Give some hours of one metric, in percent or in a unit without an end."""
    unit = draw(st.sampled_from(["percent", "bytes/s"]))
    rows: list[dict[str, object]] = []
    for hour in draw(st.lists(st.integers(0, 32 * 24 - 1), min_size=1, max_size=6, unique=True)):
        bins = sorted(draw(st.sets(st.integers(0, 100), min_size=1, max_size=4)))
        counts = [draw(st.integers(1, 12)) for _ in bins]
        top = bins[-1] + 1.0 if unit == "percent" else 1.05 ** bins[-1]
        least = float(bins[-1]) if unit == "percent" else top / 1.05
        most = draw(st.floats(least, top))
        rows.append(
            {
                "unit": unit,
                "hour": START + timedelta(hours=hour),
                "points": sum(counts),
                "mean": most / 2,
                "max": most,
                "bins": bins,
                "counts": counts,
            }
        )
    return rows


@settings(max_examples=40, deadline=None)
@given(rows=histograms())
def test_the_query_and_the_analysis_know_the_same_percentiles(rows: list[dict[str, object]]) -> None:
    lake = QueriedLake()
    try:
        insert_hours(lake, rows)
        [asked] = run(lake, "savings_utilisation").iter_rows(named=True)
        frame = pl.DataFrame([{**HOUR, **row} for row in rows])
        [computed] = percentiles(frame, start=START, end=END, thousandths=(500, 950, 990, 995)).iter_rows(named=True)
    finally:
        lake.con.close()
    for name in ("points", "mean", "p50", "p95", "p99", "p99_5"):
        assert asked[name] == pytest.approx(computed[name])


def run(lake: QueriedLake, name: str) -> pl.DataFrame:
    """Ask a query that reads no mart, without building them."""
    sql = figure_sql(name)
    return run_query(lake, sql, bind(name, sql, {"as_of": AS_OF, "currency": "USD", "provider": ""}, {}))


def test_hours_outside_of_the_window_are_not_read(lake: QueriedLake) -> None:
    usual = {"points": 12, "mean": 4.0, "max": 4.5, "bins": [4], "counts": [12]}
    insert_hours(lake, [{**usual, "hour": moment} for moment in (START - timedelta(hours=1), START, END)])
    [one] = run(lake, "savings_utilisation").iter_rows(named=True)
    assert (one["hours"], one["first_hour"], one["p99"]) == (1, START, 4.5)


def test_the_hours_of_the_week_are_bits_of_the_days(lake: QueriedLake) -> None:
    first = datetime.fromisoformat("2026-10-03")
    rows: list[dict[str, object]] = []
    for hour in range(28 * 24):
        moment = first + timedelta(hours=hour)
        works = moment.weekday() == 0 and moment.hour in (9, 10)
        for metric, mean in (("cpu", 30.0 if works else 4.9), ("network_in", 999.0), ("network_out", 1.0)):
            unit = "percent" if metric == "cpu" else "bytes/s"
            rows.append({"metric": metric, "unit": unit, "hour": moment, "points": 12, "mean": mean, "max": mean})
    # The night from Wednesday to Thursday was not seen in the last two weeks.
    late = [row for row in rows if row["hour"] >= first + timedelta(days=14)]  # type: ignore[operator]
    unseen = [row for row in late if row["hour"].weekday() == 3 and row["hour"].hour == 2]  # type: ignore[attr-defined]
    columns = ("metric", "unit", "hour", "points", "mean", "max")
    kept = [row for row in rows if row not in unseen]
    lake.con.execute(
        f"insert into metrics ({', '.join((*HOUR, 'hour', 'points', 'mean', 'max'))}) select 'aws', 'aws-inventory', "
        f"'111', 'eu-west-1', 'aws-ec2-instance', 'i-1', {', '.join(['unnest(?)'] * len(columns))}",
        [[row[name] for row in kept] for name in columns],
    )
    [week] = run(lake, "savings_week_hours").iter_rows(named=True)
    whole = (1 << 24) - 1
    assert week["busy"] == [(1 << 9) + (1 << 10), 0, 0, 0, 0, 0, 0]
    assert week["seen"] == [whole, whole, whole, whole - (1 << 2), whole, whole, whole]
    assert (week["cpu_hours"], week["network_in_hours"], week["network_out_hours"]) == (670, 670, 670)
