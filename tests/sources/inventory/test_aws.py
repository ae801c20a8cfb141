"""What is there in AWS, kind by kind; what is refused is `not evaluated` and stops nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from finops_lib.errors import ConfigError, SourceError
from finops_lib.sources.inventory import INVENTORIES
from finops_lib.sources.inventory.aws_instances import stopped_at
from tests.servers import free_port
from tests.sources.inventory.aws_proxy import AwsProxy
from tests.sources.inventory.conftest import ACCOUNT, REGION, LookAtAws

Client = Callable[[str], Any]
pytestmark = pytest.mark.slow


def run_instances(client: Client, count: int = 1, **options: Any) -> list[str]:
    ec2 = client("ec2")
    image = ec2.register_image(Name=f"image-{uuid.uuid4().hex}", RootDeviceName="/dev/sda1")["ImageId"]
    given = {"ImageId": image, "InstanceType": "m5.large", "MinCount": count, "MaxCount": count, **options}
    return [instance["InstanceId"] for instance in ec2.run_instances(**given)["Instances"]]


def test_an_instance_is_described_by_what_rules_about_it_ask(client: Client, look_at_aws: LookAtAws) -> None:
    tags = [{"Key": "Name", "Value": "web"}, {"Key": "team", "Value": "shop"}]
    specification = [{"ResourceType": "instance", "Tags": tags}]
    [id_] = run_instances(client, TagSpecifications=specification, EbsOptimized=True)
    [instance] = look_at_aws()["aws-ec2-instance"].resources
    assert (instance.resource_id, instance.account, instance.region) == (id_, ACCOUNT, REGION)
    assert (instance.name, instance.state, instance.tags) == ("web", "running", {"Name": "web", "team": "shop"})
    wanted = {"instance_type": "m5.large", "tenancy": "default", "lifecycle": "on-demand", "ebs_optimized": "yes"}
    assert wanted.items() <= instance.attributes.items()
    assert instance.attributes["volumes"].startswith("vol-")
    assert instance.created_at is not None
    assert instance.created_at.tzinfo is None


def test_a_stopped_instance_says_since_when_and_a_terminated_one_is_not_there(
    client: Client, look_at_aws: LookAtAws
) -> None:
    stopped, ended = run_instances(client, 2)
    client("ec2").stop_instances(InstanceIds=[stopped])
    client("ec2").terminate_instances(InstanceIds=[ended])
    [instance] = look_at_aws()["aws-ec2-instance"].resources
    assert (instance.resource_id, instance.state) == (stopped, "stopped")
    reason = instance.attributes["state_reason"]
    assert instance.state_since is not None
    assert f"{instance.state_since:%Y-%m-%d %H:%M:%S}" in reason


@pytest.mark.parametrize(
    ("reason", "when"),
    [
        ("User initiated (2026-05-01 06:07:08 GMT)", "2026-05-01T06:07:08"),
        ("User initiated (2026-05-01 06:07:08 UTC)", "2026-05-01T06:07:08"),
        ("Server.SpotInstanceTermination: capacity", None),
        ("", None),
    ],
)
def test_the_time_of_a_stop_is_read_from_its_reason(reason: str, when: str | None) -> None:
    assert stopped_at(reason) == (datetime.fromisoformat(when) if when else None)


def test_all_pages_of_a_list_are_read(client: Client, aws: AwsProxy, look_at_aws: LookAtAws) -> None:
    ec2, elb = client("ec2"), client("elbv2")
    subnets = [found["SubnetId"] for found in ec2.describe_subnets()["Subnets"][:2]]
    names = {f"lb-{number}" for number in range(51)}
    for name in names:
        elb.create_load_balancer(Name=name, Subnets=subnets)
    aws.calls.clear()
    # Of each generation once, and a second page: one holds 50.
    assert {one.name for one in look_at_aws()["aws-load-balancer"].resources} == names
    assert aws.calls["DescribeLoadBalancers"] == 3


def test_volumes_snapshots_addresses_and_gateways(client: Client, look_at_aws: LookAtAws) -> None:
    ec2 = client("ec2")
    [instance] = run_instances(client)
    volume = ec2.create_volume(Size=100, AvailabilityZone=f"{REGION}a", VolumeType="gp3", Iops=4000, Throughput=250)
    snapshot = ec2.create_snapshot(VolumeId=volume["VolumeId"])["SnapshotId"]
    image = ec2.create_image(InstanceId=instance, Name="golden")["ImageId"]
    free, used = (ec2.allocate_address(Domain="vpc")["AllocationId"] for _ in range(2))
    ec2.associate_address(AllocationId=used, InstanceId=instance)
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private")["NatGateway"]["NatGatewayId"]
    scopes = look_at_aws()
    volumes = {found.resource_id: found for found in scopes["aws-ebs-volume"].resources}
    loose = volumes[volume["VolumeId"]]
    assert (loose.state, loose.state_since) == ("available", None)
    assert {"volume_type": "gp3", "size_gb": "100", "iops": "4000", "throughput_mbps": "250"}.items() <= (
        loose.attributes.items()
    )
    assert "attached_to" not in loose.attributes
    [root] = [found for found in volumes.values() if found is not loose]
    assert (root.state, root.attributes["attached_to"]) == ("in-use", instance)
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}"
    snapshots = {found.resource_id: found for found in scopes["aws-ebs-snapshot"].resources}
    assert snapshots[f"{arn}:snapshot/{snapshot}"].attributes["volume_id"] == volume["VolumeId"]
    images = {found.resource_id: found for found in scopes["aws-ec2-image"].resources}
    assert images[image].attributes["snapshot_ids"].startswith("snap-")
    addresses = {found.attributes["allocation_id"]: found for found in scopes["aws-elastic-ip"].resources}
    assert {allocation: found.state for allocation, found in addresses.items()} == {
        free: "unassociated",
        used: "associated",
    }
    assert addresses[free].resource_id == f"{arn}:elastic-ip/{free}"
    [nat] = scopes["aws-nat-gateway"].resources
    assert (nat.resource_id, nat.state) == (f"{arn}:natgateway/{gateway}", "available")


def test_load_balancers_and_their_targets(client: Client, look_at_aws: LookAtAws) -> None:
    ec2, elb, classic = client("ec2"), client("elbv2"), client("elb")
    subnets = [found["SubnetId"] for found in ec2.describe_subnets()["Subnets"][:2]]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    [instance] = run_instances(client)
    arns = [
        elb.create_load_balancer(Name=name, Subnets=subnets, Tags=[{"Key": "team", "Value": name}])["LoadBalancers"][0][
            "LoadBalancerArn"
        ]
        for name in ("busy", "idle")
    ]
    group = elb.create_target_group(Name="web", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0][
        "TargetGroupArn"
    ]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": instance}])
    forward = [{"Type": "forward", "TargetGroupArn": group}]
    elb.create_listener(LoadBalancerArn=arns[0], Protocol="HTTP", Port=80, DefaultActions=forward)
    listener = {"Protocol": "http", "LoadBalancerPort": 80, "InstancePort": 80}
    classic.create_load_balancer(LoadBalancerName="old", Listeners=[listener], AvailabilityZones=[f"{REGION}a"])
    scopes = look_at_aws()
    found = {one.name: one for one in scopes["aws-load-balancer"].resources}
    assert [found[name].resource_id for name in ("busy", "idle")] == arns
    assert found["idle"].tags == {"team": "idle"}
    counts = [{k: v for k, v in found[name].attributes.items() if "target" in k} for name in ("busy", "idle")]
    assert counts[0]["target_groups"] == counts[0]["targets"] == "1"
    assert counts[1] == {
        "target_groups": "0",
        "targets": "0",
        "healthy_targets": "0",
        "targets_of_unknown_health": "0",
    }
    [old] = scopes["aws-classic-load-balancer"].resources
    assert old.resource_id == f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:loadbalancer/old"
    assert (old.attributes["targets"], old.attributes["healthy_targets"]) == ("0", "0")


def test_databases(client: Client, look_at_aws: LookAtAws) -> None:
    rds = client("rds")
    login = {"MasterUsername": "admin1", "MasterUserPassword": "not-a-secret"}
    sizes = {"DBInstanceClass": "db.m5.large", "Engine": "postgres", "AllocatedStorage": 50, "MultiAZ": True}
    arn = rds.create_db_instance(DBInstanceIdentifier="ledger", **sizes, **login)["DBInstance"]["DBInstanceArn"]
    rds.create_db_instance_read_replica(DBInstanceIdentifier="copy", SourceDBInstanceIdentifier="ledger")
    found = {one.name: one for one in look_at_aws()["aws-rds-instance"].resources}
    ledger, copy = found["ledger"], found["copy"]
    assert (ledger.resource_id, ledger.state) == (arn, "available")
    assert {"instance_class": "db.m5.large", "engine": "postgres", "multi_az": "yes", "size_gb": "50"}.items() <= (
        ledger.attributes.items()
    )
    assert "replica_of" not in ledger.attributes
    assert "ledger" in copy.attributes["replica_of"]


def test_buckets_their_rules_and_their_sizes(client: Client, look_at_aws: LookAtAws) -> None:
    s3, cloudwatch = client("s3"), client("cloudwatch")
    here = {"LocationConstraint": REGION}
    for name in ("plain", "tidy"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=here)
    rule = {
        "ID": "r",
        "Status": "Enabled",
        "Filter": {"Prefix": "logs/"},
        "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
        "Expiration": {"Days": 365},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }
    s3.put_bucket_lifecycle_configuration(Bucket="tidy", LifecycleConfiguration={"Rules": [rule]})
    s3.put_bucket_versioning(Bucket="tidy", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_tagging(Bucket="tidy", Tagging={"TagSet": [{"Key": "team", "Value": "data"}]})
    s3.put_bucket_lifecycle_configuration(
        Bucket="plain", LifecycleConfiguration={"Rules": [{**rule, "Status": "Disabled"}]}
    )
    for day, size in (("2026-04-29", 1.0), ("2026-04-30", 2048.0)):
        dimensions = [{"Name": "BucketName", "Value": "tidy"}, {"Name": "StorageType", "Value": "StandardIAStorage"}]
        point = {
            "MetricName": "BucketSizeBytes",
            "Dimensions": dimensions,
            "Value": size,
            "Timestamp": f"{day}T00:00:00Z",
        }
        cloudwatch.put_metric_data(Namespace="AWS/S3", MetricData=[point])
        all_classes = [dimensions[0], {"Name": "StorageType", "Value": "AllStorageTypes"}]
        counted = point | {"MetricName": "NumberOfObjects", "Dimensions": all_classes, "Value": size / 1024}
        cloudwatch.put_metric_data(Namespace="AWS/S3", MetricData=[counted])
    scope = look_at_aws()["aws-s3-bucket"]
    assert scope.region == ""
    plain, tidy = sorted(scope.resources, key=lambda bucket: bucket.resource_id)
    assert (tidy.region, tidy.tags) == (REGION, {"team": "data"})
    sizes = {name: value for name, value in tidy.attributes.items() if name.startswith("bytes_Standard")}
    assert sizes == {"bytes_StandardIAStorage": "2048"}
    rules = {name: value for name, value in tidy.attributes.items() if not name.startswith("bytes_")}
    assert rules == {
        "objects": "2",
        "lifecycle": "yes",
        "lifecycle_rules": "30 d to GLACIER, gone after 365 d, incomplete uploads gone after 7 d (only logs/)",
        "aborts_incomplete_uploads": "yes",
        "expires_old_versions": "no",
        "versioning": "enabled",
    }
    # A rule that is switched off is none.
    assert (plain.attributes["lifecycle"], plain.attributes["versioning"]) == ("no", "never")


@pytest.mark.parametrize(
    ("operation", "code", "type_", "needs"),
    [
        ("DescribeVolumes", "UnauthorizedOperation", "aws-ebs-volume", "ec2:DescribeVolumes"),
        ("DescribeInstances", "OptInRequired", "aws-ec2-instance", "ec2:DescribeInstances"),
        ("DescribeDBInstances", "AccessDenied", "aws-rds-instance", "rds:DescribeDBInstances"),
        ("DescribeTargetGroups", "AccessDenied", "aws-load-balancer", "elasticloadbalancing:DescribeTargetGroups"),
    ],
)
def test_a_refused_look_says_what_it_needs_and_stops_no_other(
    client: Client, aws: AwsProxy, look_at_aws: LookAtAws, operation: str, code: str, type_: str, needs: str
) -> None:
    aws.refused[operation] = (403, code)
    scopes = look_at_aws()
    assert (scopes[type_].needs, scopes[type_].resources) == (needs, ())
    assert scopes[type_].said == f"{code}: User finops is not authorized to do this"
    assert {type_} == {name for name, scope in scopes.items() if scope.needs}


def test_what_a_bucket_hides_is_not_taken_for_absent(client: Client, aws: AwsProxy, look_at_aws: LookAtAws) -> None:
    client("s3").create_bucket(Bucket="secretive", CreateBucketConfiguration={"LocationConstraint": REGION})
    aws.refused["GET ?lifecycle"] = (403, "AccessDenied")
    scopes = look_at_aws()
    [bucket] = scopes["aws-s3-bucket"].resources
    assert "lifecycle" not in bucket.attributes
    assert scopes["aws-s3-bucket"].needs == ""
    assert scopes["aws-s3-bucket/lifecycle"].needs == "s3:GetLifecycleConfiguration"
    assert scopes["aws-s3-bucket/versioning"].needs == ""


def test_a_call_that_is_to_come_later_is_made_again(client: Client, aws: AwsProxy, look_at_aws: LookAtAws) -> None:
    aws.put_off["DescribeVolumes"] = 1
    assert look_at_aws()["aws-ebs-volume"].needs == ""
    assert aws.calls["DescribeVolumes"] == 2


def test_an_error_that_is_no_refusal_says_which_answer_did_not_come(
    client: Client, aws: AwsProxy, look_at_aws: LookAtAws
) -> None:
    aws.refused["DescribeVolumes"] = (400, "InvalidParameterValue")
    scope = look_at_aws()["aws-ebs-volume"]
    assert scope.needs == "answer of ec2:DescribeVolumes"
    assert "InvalidParameterValue" in scope.said


def test_after_three_failures_a_region_is_not_asked_again_and_after_three_regions_nothing_is(
    client: Client, aws: AwsProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.sources.inventory.conftest import asked

    for operation in ("DescribeLoadBalancers", "DescribeTargetGroups", "DescribeSnapshots", "DescribeVolumes"):
        aws.refused[operation] = (400, "InternalFailure")
    collector = INVENTORIES.get("aws")
    regions = ("eu-west-1", "eu-west-2", "eu-west-3", "eu-north-1")
    scopes = list(collector.scopes(collector.options(regions=regions), asked(tmp_path)))
    said = {(scope.region, scope.type): scope.said for scope in scopes if scope.region}
    # Kinds are asked in the order of their names: the third failure is that of volumes.
    assert "InternalFailure" in said["eu-west-1", "aws-ebs-volume"]
    assert "failed 3 times in a row" in said["eu-west-1", "aws-ec2-instance"]
    assert aws.calls["DescribeVolumes"] == 3
    assert "failed 3 times in a row" in said["eu-north-1", "aws-classic-load-balancer"]
    assert aws.calls["DescribeInstances"] == 0


def test_regions_are_asked_for_unless_they_are_named(client: Client, aws: AwsProxy, look_at_aws: LookAtAws) -> None:
    aws.refused["DescribeRegions"] = (403, "UnauthorizedOperation")
    scopes = look_at_aws(regions=())
    # Buckets and advice are those of all regions.
    regional = [scope for scope in scopes.values() if not scope.type.startswith(("aws-s3-bucket", "aws-advice"))]
    assert {scope.needs for scope in regional} == {"ec2:DescribeRegions"}
    assert {scope.region for scope in scopes.values()} == {""}
    assert look_at_aws()["aws-ec2-instance"].needs == ""


def test_an_account_whose_role_cannot_be_taken_is_not_evaluated(
    client: Client, aws: AwsProxy, look_at_aws: LookAtAws
) -> None:
    aws.refused["AssumeRole"] = (403, "AccessDenied")
    run_instances(client)
    collector = INVENTORIES.get("aws")
    options = collector.options(regions=(REGION,), role_arns=("arn:aws:iam::210987654321:role/finops",))
    from tests.sources.inventory.conftest import asked

    scopes = list(collector.scopes(options, asked(Path())))
    assert {(scope.needs, scope.region) for scope in scopes if scope.account == "210987654321"} == {
        ("sts:AssumeRole", "")
    }
    assert len({scope.type for scope in scopes if scope.account == "210987654321"}) == 11
    assert [len(s.resources) for s in scopes if s.type == "aws-ec2-instance" and s.account == ACCOUNT] == [1]


def test_another_account_is_looked_at_through_its_role(client: Client, aws: AwsProxy, tmp_path: Path) -> None:
    from tests.sources.inventory.conftest import asked

    run_instances(client)
    collector = INVENTORIES.get("aws")
    options = collector.options(regions=(REGION,), role_arns=("arn:aws:iam::210987654321:role/finops",) * 2)
    scopes = [s for s in collector.scopes(options, asked(tmp_path)) if s.type == "aws-ec2-instance"]
    assert [(scope.account, len(scope.resources)) for scope in scopes] == [(ACCOUNT, 1), ("210987654321", 0)]


def test_credentials_that_are_missing_or_not_known_are_the_operators_to_set(
    aws: AwsProxy, look_at_aws: LookAtAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.refused["GetCallerIdentity"] = (403, "ExpiredToken")
    with pytest.raises(ConfigError, match="AWS does not know these credentials"):
        look_at_aws()
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ConfigError, match="AWS cannot be asked"):
        look_at_aws()
    with pytest.raises(ConfigError, match="nobody"):
        look_at_aws(profile="nobody")


def test_nobody_there_is_a_silent_provider(
    aws: AwsProxy, look_at_aws: LookAtAws, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SourceError, match="AWS did not answer"):
        look_at_aws()


def test_each_permission_is_tried_by_its_smallest_call(client: Client, aws: AwsProxy) -> None:
    client("s3").create_bucket(Bucket="any", CreateBucketConfiguration={"LocationConstraint": REGION})
    collector = INVENTORIES.get("aws")
    options = collector.options(regions=(REGION,))
    assert [tried for tried in collector.try_permissions(options) if not tried.ok] == []
    aws.refused |= {"DescribeVolumes": (403, "UnauthorizedOperation"), "GetMetricData": (403, "AccessDenied")}
    tried = {one.permission.name: one for one in collector.try_permissions(options)}
    assert tried.keys() | {"sts:AssumeRole"} == {permission.name for permission in collector.permissions}
    assert {name for name, one in tried.items() if not one.ok} == {"ec2:DescribeVolumes", "cloudwatch:GetMetricData"}
    assert "not authorized" in tried["ec2:DescribeVolumes"].said


def test_times_are_utc_without_a_zone(client: Client, look_at_aws: LookAtAws) -> None:
    run_instances(client)
    [instance] = look_at_aws()["aws-ec2-instance"].resources
    assert instance.state_since is not None
    assert (
        timedelta(minutes=-10)
        < instance.state_since - datetime.fromisoformat(instance.attributes["launched_at"])
        < (timedelta(seconds=1))
    )
