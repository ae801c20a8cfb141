"""Buckets: a number where objects are counted and what is read of them is known, otherwise a question."""

from __future__ import annotations

from decimal import Decimal

import pytest

from finops_lib.analyses.savings.resources import Resource
from tests.analyses.savings.described import days_ago, found, meter, resource, use

TIB = 1024**4


def bucket(
    name: str = "logs",
    *,
    tib: int = 10,
    objects: int | None = 1_000_000,
    reads: int = 0,
    writes: int = 0,
    **more: object,
) -> Resource:
    """Give a bucket that costs 0.023 a GiB and month, by default 10 TiB in objects of 10 MiB."""
    a_day = Decimal(tib * 1024) * 12 / 365
    stored = meter("bucket-standard", str(round(a_day * Decimal("0.023"), 9)), quantity=str(round(a_day, 9)))
    meters = [stored]
    for kind, count in (("bucket-reads", reads), ("bucket-writes", writes)):
        if count:
            meters.append(meter(kind, "0", quantity=str(round(Decimal(count) * 12 / 365, 9))))
    attributes: dict[str, object] = {"lifecycle": "no", "bytes_StandardStorage": str(tib * TIB)}
    if objects is not None:
        attributes["objects"] = str(objects)
    return resource("aws-s3-bucket", name, *meters, **{**attributes, **more})  # type: ignore[arg-type]


def test_a_cold_bucket_of_large_objects_is_worth_a_number() -> None:
    [hit] = found("bucket-tiering", bucket())
    # 10,240 GiB x (0.023 - 0.004), and 1,000 x 0.02 for the move
    assert (hit.target, round(hit.monthly_savings, 2)) == ("Glacier Instant Retrieval", Decimal("194.56"))
    assert (hit.one_time_cost, hit.confidence, hit.price_grade, hit.step) == (Decimal("20.00"), 0.6, "C", "tier")
    assert "takes 12 hours to restore" in hit.facts["against"]


def test_an_archive_is_for_owners_who_can_wait() -> None:
    [hit] = found("bucket-tiering", bucket(tags={"finops:restore-hours": "12"}))
    # 10,240 x 0.00099 + 1 M x (32 KiB x 0.00099 + 8 KiB x 0.023) = 10.3433
    assert (hit.target, round(hit.monthly_savings, 2)) == ("Glacier Deep Archive", Decimal("225.18"))


def test_what_is_read_is_measured_where_it_can_be_and_else_the_most_it_can_be() -> None:
    # Two reads of each object a month may be twice the bucket; in truth a thousandth of it was read.
    guessed = bucket(reads=2_000_000)
    month_s = 365 * 86_400 / 12
    read = use("downloaded", mean=10 * TIB / 1000 / month_s), use("gets", mean=1000 / month_s)
    measured = bucket(reads=2_000_000, used=read)
    assert found("bucket-tiering", guessed) == []
    [hit] = found("bucket-tiering", measured)
    assert (hit.target, hit.confidence, hit.facts["evidence"]) == (
        "Glacier Instant Retrieval", 0.9, "objects and access",
    )  # fmt: skip
    assert Decimal(hit.facts["retrieved_share"]) == Decimal("0.001")


@pytest.mark.parametrize(
    "other",
    [
        # 10 KiB each
        bucket(objects=1_000_000_000),
        bucket(lifecycle="yes", lifecycle_rules="30 d to STANDARD_IA"),
        bucket(lifecycle=""),
        bucket(created=days_ago(60)),
        bucket(tags={"legal-hold": "yes"}),
        # Every object is replaced twice a month, and charged for 90 days.
        bucket(writes=2_000_000),
        bucket(objects=None),
    ],
    ids=["small objects", "moves already", "rules not known", "young", "held", "rewritten", "not counted"],
)
def test_a_bucket_that_only_looks_cold_gets_no_number(other: Resource) -> None:
    if other.described and not other.described.attributes["lifecycle"]:
        del other.described.attributes["lifecycle"]  # type: ignore[attr-defined]
    assert found("bucket-tiering", other) == []


def test_a_bucket_over_50_a_month_is_a_question_where_nobody_counted_its_objects() -> None:
    [hit] = found("bucket-over-50", bucket(objects=None))
    assert (hit.monthly_savings, hit.confidence) == (0, 0.3)
    assert hit.evidence == "236 USD a month in the standard class; it has no lifecycle rule"
    # 2 TiB cost 47.10 a month.
    answered, small = bucket(), bucket(tib=2, objects=None)
    moves = bucket(objects=None, lifecycle="yes", lifecycle_rules="30 d to GLACIER")
    assert [found("bucket-over-50", other) for other in (answered, small, moves)] == [[], [], []]


def test_a_storage_account_is_a_question_where_all_of_it_is_hot_and_nobody_asks_for_it() -> None:
    hot, colder = meter("storage-standard", "4"), meter("storage-colder", "1")
    accounts = [
        resource("azure-storage-account", "hot", hot, meter("storage-writes", "0.03")),
        resource("azure-storage-account", "tiered", hot, colder),
        resource("azure-storage-account", "small", meter("storage-standard", "1")),
        # 1 % of 4 a day is 0.04.
        resource("azure-storage-account", "used", hot, meter("storage-reads", "0.05")),
    ]
    [hit] = found("azure-hot-storage", *accounts)
    assert (hit.resource_id, hit.monthly_savings) == ("hot", 0)
    assert hit.evidence == "122 USD a month in the hot tier, and 0.91 for requests"
