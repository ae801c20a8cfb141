"""Load balancers, buckets, logs, clusters and subscriptions of AWS."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from finops_lib.analyses.savings.needs import inventory
from finops_lib.analyses.savings.resources import Resource
from finops_lib.findings import Recommendation
from tests.analyses.savings.aws_estate import (
    BALANCER,
    BUCKET,
    DATABASE,
    INSTANCE,
    days_ago,
    estate,
    found,
    instance,
    look,
    measured,
    priced,
    resource,
)

HOURS = priced("balancer-hours", "LoadBalancerUsage", "16")
# Use that a commitment does not cover, worth more than one percent of the hours.
USE = priced("other", "LCUUsage", "4")


def balancer(*meters: Any, **more: Any) -> Resource:
    usual = {"targets": "2", "healthy_targets": "2", "targets_of_unknown_health": "0"}
    return resource(BALANCER, "arn:aws:elasticloadbalancing:lb-1", HOURS, *meters, **{**usual, **more})


@pytest.mark.parametrize(
    ("idle", "confidence", "reason"),
    [
        (balancer(USE, targets="0", healthy_targets="0"), 0.95, "nothing stands behind it"),
        (balancer(healthy_targets="0"), 0.9, "nothing behind it is well"),
        (balancer(), 0.85, "balances nothing"),
        (replace(balancer(), described=None), 0.85, "balances nothing"),
        # 0.2 of 12 x 24 x 30 points in 32 days: 54 a day
        (balancer(USE, used=(measured("requests", mean=0.2),)), 0.7, "54 requests a day"),
    ],
    ids=["no targets", "none is well", "bill and inventory", "bill alone", "few requests"],
)
def test_a_balancer_is_idle_by_what_is_known_of_it(idle: Resource, confidence: float, reason: str) -> None:
    [hit] = found("idle-load-balancer", idle)
    assert (hit.confidence, hit.facts["reason"]) == (confidence, reason)
    assert hit.monthly_savings == idle.monthly_cost


@pytest.mark.parametrize(
    "used",
    [
        balancer(USE),
        balancer(USE, healthy_targets="0"),
        # 0.5 x 8,640 in 32 days: 135 a day
        balancer(USE, used=(measured("requests", mean=0.5),)),
        balancer(USE, used=(measured("requests", mean=0.2, first_hour=days_ago(10)),)),
    ],
    ids=["used", "not well for a moment", "135 a day", "seen for ten days"],
)
def test_a_balancer_that_is_used_is_left_alone(used: Resource) -> None:
    assert found("idle-load-balancer", used) == []


STANDARD = priced("bucket-standard", "TimedStorage-ByteHrs", "230", quantity_a_month="10000")
WRITES = priced("bucket-writes", "Requests-Tier1", "5", quantity_a_month="1000000")


def bucket(*meters: Any, **more: Any) -> Resource:
    usual = {"lifecycle": "yes", "aborts_incomplete_uploads": "yes", "versioning": "never"}
    return resource(BUCKET, "logs", *(meters or (STANDARD, WRITES)), **{**usual, **more})


@pytest.mark.parametrize(
    ("rule", "hit", "not_read"),
    [
        ("bucket-without-lifecycle", bucket(lifecycle="no"), ("lifecycle",)),
        ("incomplete-uploads", bucket(aborts_incomplete_uploads="no"), ("aborts_incomplete_uploads",)),
        ("noncurrent-versions", bucket(versioning="enabled"), ("versioning", "lifecycle")),
    ],
)
def test_a_bucket_that_keeps_everything_is_a_review(rule: str, hit: Resource, not_read: tuple[str, ...]) -> None:
    [review] = found(rule, hit)
    assert (review.monthly_savings, review.current_monthly_cost) == (0, 235)
    assert found(rule, bucket()) == []
    # What a policy forbids to read is missing, and that is not `no`.
    assert hit.described is not None
    for name in not_read:
        attributes = {key: value for key, value in hit.described.attributes.items() if key != name}
        assert found(rule, replace(hit, described=replace(hit.described, attributes=attributes))) == []


def test_a_small_bucket_is_not_worth_a_review() -> None:
    small = (priced("bucket-standard", "TimedStorage-ByteHrs", "40"), WRITES)
    for rule, values in (
        ("bucket-without-lifecycle", {"lifecycle": "no"}),
        ("incomplete-uploads", {"aborts_incomplete_uploads": "no"}),
        ("noncurrent-versions", {"versioning": "enabled"}),
    ):
        assert found(rule, bucket(*small, **values)) == []


def test_a_bucket_that_nobody_asks_goes_to_the_archive() -> None:
    [hit] = found("abandoned-bucket", bucket(STANDARD))
    # 230 - 0.1565 x 230
    assert (hit.monthly_savings, hit.target, hit.price_grade) == (Decimal("194.005"), "GLACIER", "B")


def test_the_own_price_of_the_archive_is_taken_where_the_bill_has_one() -> None:
    archive = priced("bucket-archive", "TimedStorage-GlacierByteHrs", "4", quantity_a_month="1000")
    size = str(10_000 * 1024**3)
    [hit] = found("abandoned-bucket", bucket(STANDARD, bytes_StandardStorage=size), resource(BUCKET, "old", archive))
    # 10,000 GB at 0.004: 230 - 40
    assert (hit.monthly_savings, hit.price_grade) == (190, "A")


@pytest.mark.parametrize(
    "meter",
    [
        WRITES,
        priced("bucket-reads", "Requests-Tier2", "0.01", quantity_a_month="9000"),
        # Twenty of what the bill counts in thousands.
        priced("bucket-writes", "Requests-Tier1", "0.10", quantity_a_month="20"),
        priced("other", "DataTransfer-Out-Bytes", "9"),
    ],
    ids=["written", "2,071 reads a week", "thousands", "read by others"],
)
def test_a_bucket_that_somebody_asks_is_left_alone(meter: Any) -> None:
    assert found("abandoned-bucket", bucket(STANDARD, meter)) == []


def group(*meters: Any, **more: Any) -> Resource:
    return resource("aws-log-group", "arn:aws:logs:us-east-1:111:log-group:/web", *meters, **more)


STORED = priced("log-storage", "TimedStorage-ByteHrs", "30", quantity_a_month="1000")
INGESTED = priced("log-ingestion", "DataProcessing-Bytes", "50", quantity_a_month="100")


def test_logs_that_are_never_deleted_keep_three_months() -> None:
    [hit] = found("log-group-without-retention", group(STORED, INGESTED))
    # 1,000 GB stored, 3 x 100 came in: 70 % of 30
    assert hit.monthly_savings.quantize(Decimal("0.0001")) == 21
    assert found("log-group-without-retention", group(STORED, INGESTED, retention_days="30")) == []


FEE = priced("cluster-fee", "AmazonEKS-Hours:perCluster", "73")
CLUSTER = replace(resource("aws-eks-cluster", "arn:aws:eks:us-east-1:111:cluster/trial", FEE), described=None)


def test_a_cluster_without_a_node_or_container_is_paid_for_nothing() -> None:
    [hit] = found("cluster-without-nodes", CLUSTER, instance(), looks=(look(INSTANCE),))
    assert (hit.monthly_savings, hit.facts["cluster"]) == (73, "trial")


@pytest.mark.parametrize(
    ("other", "looks"),
    [
        (instance(tags={"aws:eks:cluster-name": "trial"}), (look(INSTANCE),)),
        (instance(tags={"kubernetes.io/cluster/trial": "owned"}, state="stopped"), (look(INSTANCE),)),
        (
            resource("aws-x", "arn:aws:eks:us-east-1:111:pod/trial/web/p/1", priced("container-hours", "Fargate", "9")),
            (look(INSTANCE),),
        ),
        (instance(), (look(INSTANCE, needs="ec2:DescribeInstances"),)),
    ],
    ids=["node", "node that is off", "fargate", "machines not seen"],
)
def test_a_cluster_that_runs_something_or_may_is_left_alone(other: Resource, looks: tuple[Any, ...]) -> None:
    assert found("cluster-without-nodes", CLUSTER, other, looks=looks) == []


def billed(id: str, *meters: Any) -> Resource:
    return replace(resource("aws-x", id, *meters), described=None)


def test_costly_traffic_between_zones_is_a_review() -> None:
    [hit] = found("regional-transfer", billed("i-1", priced("regional-transfer", "DataTransfer-Regional-Bytes", "250")))
    assert (hit.monthly_savings, hit.facts["transfer_monthly_cost"]) == (0, "250.00")
    assert found("regional-transfer", billed("i-1", priced("regional-transfer", "x", "190"))) == []


def test_a_second_trail_of_the_same_events_is_waste() -> None:
    [hit] = found("duplicate-cloudtrail", billed("", priced("paid-trail", "PaidEventsRecorded", "80")))
    assert (hit.monthly_savings, hit.check) == (80, "A29")
    assert found("duplicate-cloudtrail", billed("", priced("paid-trail", "x", "80", days=9))) == []


def subscription(*meters: Any, days: int = 90, until: int = 20) -> list[Recommendation]:
    fee = priced("marketplace-fee", "Datadog Pro", "420", days=days, until=until)
    return found("marketplace-without-usage", billed("arn:aws:aws-marketplace:1", fee, *meters))


def test_a_subscription_of_which_no_use_is_charged_is_a_review() -> None:
    [hit] = subscription()
    assert (hit.monthly_savings, hit.facts["monthly_fee"], hit.confidence) == (0, "420.00", 0.3)
    assert subscription(priced("marketplace-use", "hosts", "3")) == []
    assert subscription(until=40) == []
    assert subscription(days=8, until=0) == []


BACKUP = priced("database-backup", "RDS:ChargedBackupUsage", "19", days=90)


def test_backups_of_a_database_that_is_gone_are_orphans() -> None:
    gone = billed("arn:aws:rds:us-east-1:111:db:old", BACKUP)
    [hit] = found("orphan-rds-snapshot", gone, looks=(look(DATABASE),))
    assert (hit.monthly_savings, hit.facts["database"]) == (19, "old")
    assert found("orphan-rds-snapshot", gone, looks=(look(DATABASE, needs="rds:DescribeDBInstances"),)) == []
    lately = billed(gone.id, BACKUP, priced("database-hours", "db.m5.large", "9", until=9))
    assert found("orphan-rds-snapshot", lately, looks=(look(DATABASE),)) == []
    there = resource(DATABASE, gone.id, BACKUP)
    assert found("orphan-rds-snapshot", there, looks=(look(DATABASE),)) == []


def test_a_look_counts_where_the_resource_is() -> None:
    here = resource(DATABASE, "db", BACKUP)
    need = inventory(DATABASE)
    elsewhere = replace(look(DATABASE), region="eu-central-1")
    everywhere = replace(look(DATABASE), region="")
    assert [estate(here, looks=(one,)).has_looked(need, here) for one in (look(DATABASE), elsewhere, everywhere)] == [
        True,
        False,
        True,
    ]
