"""CloudWatch's points: five minutes apart, only what is missing, many in one request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from finops_lib.lake.open import open_lake
from finops_lib.runs import inventory
from finops_lib.runs.inventory import collect_inventory
from finops_lib.settings import Settings
from finops_lib.sources.histogram import hourly
from finops_lib.sources.inventory import Resource, Scope, Series
from finops_lib.sources.inventory.aws_cloudwatch import KEPT, Wanted, batches, wanted
from finops_lib.sources.inventory.aws_kinds import Measure
from tests.sources.inventory.aws_proxy import AwsProxy
from tests.sources.inventory.conftest import ACCOUNT, REGION, MeasureAws, asked

Client = Callable[[str], Any]
DAY = datetime.fromisoformat("2026-05-01T00:00:00")
VOLUME = "aws-ebs-volume"


def put(
    client: Client, name: str, points: Iterable[tuple[datetime, float]], *, namespace: str, **dimensions: str
) -> None:
    named = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    data = [
        {"MetricName": name, "Dimensions": named, "Timestamp": f"{moment:%Y-%m-%dT%H:%M:%SZ}", "Value": value}
        for moment, value in points
    ]
    client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def every_five_minutes(values: Iterable[float]) -> list[tuple[datetime, float]]:
    return [(DAY + timedelta(minutes=5 * number), value) for number, value in enumerate(values)]


def start_instance(client: Client) -> str:
    ec2 = client("ec2")
    image = ec2.register_image(Name="image", RootDeviceName="/dev/sda1")["ImageId"]
    [instance] = ec2.run_instances(ImageId=image, InstanceType="m5.large", MinCount=1, MaxCount=1)["Instances"]
    return str(instance["InstanceId"])


def of_metric(found: list[Series | Scope], metric: str) -> list[Series]:
    return [one for one in found if isinstance(one, Series) and one.metric == metric]


def needs_of(found: list[Series | Scope]) -> dict[str, str]:
    return {one.type: one.needs for one in found if isinstance(one, Scope)}


@pytest.mark.slow
def test_four_hours_of_points_become_four_rows(client: Client, measure_aws: MeasureAws) -> None:
    instance = start_instance(client)
    # The first hour is quiet but for one point, the others steady.
    values = [1.0] * 11 + [99.5] + [10.0] * 12 + [20.0] * 12 + [30.5] * 12
    put(client, "CPUUtilization", every_five_minutes(values), namespace="AWS/EC2", InstanceId=instance)
    [cpu] = of_metric(measure_aws(), "cpu")
    assert (cpu.resource_id, cpu.account, cpu.region, cpu.unit) == (instance, ACCOUNT, REGION, "percent")
    rows = hourly([cpu]).select("hour", "points", "mean", "max", "bins", "counts").rows()
    # 11 x 1 + 99.5 = 110.5 in twelve points.
    assert rows == [
        (DAY, 12, pytest.approx(110.5 / 12), 99.5, [1, 99], [11, 1]),
        (DAY + timedelta(hours=1), 12, 10.0, 10.0, [10], [12]),
        (DAY + timedelta(hours=2), 12, 20.0, 20.0, [20], [12]),
        (DAY + timedelta(hours=3), 12, 30.5, 30.5, [30], [12]),
    ]


@pytest.mark.slow
def test_sums_become_rates_and_idle_means_asked_for_without_an_answer(client: Client, measure_aws: MeasureAws) -> None:
    volume = client("ec2").create_volume(Size=8, AvailabilityZone=f"{REGION}a")["VolumeId"]
    put(client, "VolumeReadOps", every_five_minutes([600.0, 0.0]), namespace="AWS/EBS", VolumeId=volume)
    found = measure_aws()
    [read] = of_metric(found, "disk_read_ops")
    # 600 in five minutes are two a second.
    assert (list(read.means), read.unit) == ([2.0, 0.0], "ops/s")
    assert of_metric(found, "disk_write_ops") == []
    assert needs_of(found)[f"{VOLUME}/disk_write_ops"] == ""


@pytest.mark.slow
def test_memory_is_what_the_agent_reports_under_its_own_dimensions(client: Client, measure_aws: MeasureAws) -> None:
    instance = start_instance(client)
    agent = {"namespace": "CWAgent", "InstanceId": instance}
    put(client, "mem_used_percent", every_five_minutes([70.0]), InstanceType="t3.small", **agent)
    put(client, "mem_used_percent", every_five_minutes([40.0]), InstanceType="m5.large", ImageId="ami-1", **agent)
    put(client, "mem_used_percent", every_five_minutes([1.0]), namespace="CWAgent", InstanceId="i-of-somebody-else")
    [memory] = of_metric(measure_aws(), "memory")
    # That of its present type, though it has more dimensions.
    assert (memory.resource_id, list(memory.means)) == (instance, [40.0])


@pytest.mark.slow
def test_what_is_held_is_not_asked_for_again(client: Client, aws: AwsProxy, measure_aws: MeasureAws) -> None:
    instance = start_instance(client)
    put(client, "CPUUtilization", every_five_minutes([1.0] * 36), namespace="AWS/EC2", InstanceId=instance)
    [cpu] = of_metric(measure_aws(held={(instance, "cpu"): DAY + timedelta(hours=1)}), "cpu")
    # Three hours of points, of which two are held.
    assert (cpu.times[0], len(cpu.times)) == ((DAY - datetime.fromisoformat("1970-01-01")).total_seconds() + 7200, 12)
    aws.bodies.clear()
    found = measure_aws(held={(instance, "cpu"): DAY + timedelta(hours=23)})
    assert of_metric(found, "cpu") == []
    assert needs_of(found)["aws-ec2-instance/cpu"] == ""
    queries = [query for body in aws.bodies for query in body["MetricDataQueries"]]
    assert "CPUUtilization" not in {query["MetricStat"]["Metric"]["MetricName"] for query in queries}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("error", "needs"),
    [
        ((403, "AccessDenied"), "cloudwatch:GetMetricData"),
        ((400, "InternalFailure"), "answer of cloudwatch:GetMetricData"),
    ],
)
def test_metrics_that_are_refused_are_not_evaluated(
    client: Client, aws: AwsProxy, measure_aws: MeasureAws, error: tuple[int, str], needs: str
) -> None:
    client("ec2").create_volume(Size=8, AvailabilityZone=f"{REGION}a")
    aws.refused["GetMetricData"] = error
    found = measure_aws()
    assert set(needs_of(found).values()) == {needs}
    assert f"{VOLUME}/disk_read_ops" in needs_of(found)


@pytest.mark.slow
def test_an_account_that_hides_which_metrics_there_are_still_gives_the_others(
    client: Client, aws: AwsProxy, measure_aws: MeasureAws
) -> None:
    start_instance(client)
    aws.refused["ListMetrics"] = (403, "AccessDenied")
    refused = {type_: needs for type_, needs in needs_of(measure_aws()).items() if needs}
    assert refused == {"aws-ec2-instance/memory": "cloudwatch:ListMetrics"}


def missing(count: int, *, since: datetime, until: datetime, metric: str = "cpu") -> list[Wanted]:
    measure = Measure(metric, "percent", "AWS/EC2", "CPUUtilization", ())
    resources = [Resource("aws-ec2-instance", f"i-{number}", ACCOUNT, REGION) for number in range(count)]
    return wanted([(one, measure) for one in resources], asked(Path(), since=since, until=until))


def test_a_request_has_at_most_500_queries_and_fewer_of_a_long_time() -> None:
    # A mean and a maximum of each: 250 instances in one request.
    day = missing(600, since=DAY, until=DAY + timedelta(days=1))
    assert [len(batch) for batch in batches(day, DAY + timedelta(days=1))] == [250, 250, 100]
    # 62 days have 17,856 points, of which two million are 112 queries.
    until = DAY + timedelta(days=62)
    assert [len(batch) for batch in batches(missing(60, since=DAY, until=until), until)] == [56, 4]


def test_metrics_of_different_days_or_names_are_different_requests() -> None:
    until = DAY + timedelta(days=3)
    some = [
        *missing(1, since=DAY, until=until),
        *missing(1, since=DAY + timedelta(hours=5), until=until),
        *missing(1, since=DAY + timedelta(days=1), until=until),
        *missing(1, since=DAY + timedelta(days=1), until=until, metric="memory"),
    ]
    assert [len(batch) for batch in batches(some, until)] == [2, 1, 1]


def test_points_older_than_cloudwatch_keeps_are_not_asked_for() -> None:
    until = DAY + timedelta(days=100)
    [one] = missing(1, since=DAY, until=until)
    assert one.since == until - KEPT


@pytest.mark.slow
def test_a_second_run_fetches_only_new_hours_and_the_lake_holds_each_once(
    settings: Settings, client: Client, aws: AwsProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    instance = start_instance(client)
    points = every_five_minutes([5.0] * 48 + [9.0] * 12)
    put(client, "CPUUtilization", points, namespace="AWS/EC2", InstanceId=instance)
    options = {"regions": [REGION]}

    def run_at(hour: int) -> int:
        moment = datetime.fromisoformat(f"2026-05-01T{hour:02}:20:00+00:00")
        monkeypatch.setattr(inventory, "now", lambda: moment)
        return collect_inventory(settings, "mine", "aws", options, metric_days=1).metric_hours

    assert run_at(4) == 4
    assert run_at(5) == 1
    assert run_at(5) == 0
    query = "select ResourceId, hour(hour), points, max from metrics where metric = 'cpu' order by 2"
    with open_lake(settings.lake) as lake:
        rows = lake.con.execute(query).fetchall()
        scopes = lake.con.execute("select count(*), count(*) filter (needs <> '') from inventory_scopes").fetchall()
    assert rows == [(instance, hour, 12, 9.0 if hour == 4 else 5.0) for hour in range(5)]
    assert scopes[0][0] > 10
    assert scopes[0][1] == 0


@pytest.mark.slow
def test_what_is_read_of_a_bucket_comes_where_its_owner_asked_for_it(client: Client, tmp_path: Path) -> None:
    from finops_lib.sources.inventory import INVENTORIES

    for name in ("counted", "uncounted"):
        client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    dimensions = {"BucketName": "counted", "FilterId": "EntireBucket"}
    put(client, "BytesDownloaded", every_five_minutes([3000, 6000]), namespace="AWS/S3", **dimensions)
    collector = INVENTORIES.get("aws")
    options, wanted_ = collector.options(regions=(REGION,)), asked(tmp_path)
    scopes = {scope.type: scope for scope in collector.scopes(options, wanted_)}
    found = list(collector.series(options, wanted_, list(scopes["aws-s3-bucket"].resources)))
    [downloaded] = of_metric(found, "downloaded")
    # 3,000 and 6,000 bytes in 300 seconds
    assert (downloaded.resource_id, list(downloaded.means)) == ("counted", [10.0, 20.0])
    assert needs_of(found)["aws-s3-bucket/downloaded"] == ""
