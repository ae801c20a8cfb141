"""S3 buckets: lifecycle, versions, and how much is stored in each class, as CloudWatch says once a day.

How much is read CloudWatch knows of buckets only whose owner switched on request metrics, for all of the bucket, under
the name that the console gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from finops_lib.errors import SourceError
from finops_lib.sources.collectors import Permission
from finops_lib.sources.inventory import Resource
from finops_lib.sources.inventory.aws_cloudwatch import dimensions_of, newest
from finops_lib.sources.inventory.aws_kinds import Measure, Need, kind, summed
from finops_lib.sources.inventory.aws_place import Place, is_answer, tags_of, texts, utc
from finops_lib.sources.inventory.looks import NotAllowed

_TYPE = "aws-s3-bucket"
_LIFECYCLE, _VERSIONING, _TAGGING = "s3:GetLifecycleConfiguration", "s3:GetBucketVersioning", "s3:GetBucketTagging"
_NO_LIFECYCLE, _NO_TAGS = "NoSuchLifecycleConfiguration", "NoSuchTagSet"
# CloudWatch has the sizes of a day some time on the next, or the one after.
_SIZE_DAYS = 4
_SIZE_DIMENSIONS = {"BucketName", "StorageType"}
_WHOLE_BUCKET = "EntireBucket"
_LIST = "s3:ListAllMyBuckets"

T = TypeVar("T")


def _of_first_bucket(name: str, needed_for: str, operation: str, *codes: str) -> Need:
    def ask(place: Place) -> object:
        buckets = place.ask("s3", "list_buckets", needs=_LIST).get("Buckets", ())
        if not buckets:
            return "there is no bucket to try it on"
        return is_answer(lambda: place.ask("s3", operation, needs=name, Bucket=buckets[0]["Name"]), *codes)

    return Need(Permission(name, needed_for), ask)


def _measures(bucket: Resource) -> tuple[Measure, ...]:
    dimensions = (("BucketName", bucket.resource_id), ("FilterId", _WHOLE_BUCKET))
    return (
        summed("downloaded", "bytes/s", "AWS/S3", "BytesDownloaded", dimensions),
        summed("gets", "ops/s", "AWS/S3", "GetRequests", dimensions),
    )


@kind(
    _TYPE,
    Need(Permission(_LIST, "buckets"), lambda place: place.ask("s3", "list_buckets", needs=_LIST)),
    _of_first_bucket(
        _LIFECYCLE, "buckets without lifecycle rules", "get_bucket_lifecycle_configuration", _NO_LIFECYCLE
    ),
    _of_first_bucket("s3:GetBucketLocation", "in which region a bucket is", "get_bucket_location"),
    _of_first_bucket(_VERSIONING, "buckets that keep old versions", "get_bucket_versioning"),
    _of_first_bucket(_TAGGING, "tags of buckets", "get_bucket_tagging", _NO_TAGS),
    measures=_measures,
    metrics=("downloaded", "gets"),
    aspects=("lifecycle", "region", "size", "tags", "versioning"),
    everywhere=True,
)
def buckets(place: Place) -> Iterator[Resource]:
    """Find all buckets of the account, wherever they are."""
    by_region: dict[str, list[dict[str, Any]]] = {}
    for bucket in place.pages("s3", "list_buckets", "Buckets", needs=_LIST):
        region = bucket.get("BucketRegion") or _aspect(place, "region", partial(_region, place, bucket["Name"])) or ""
        by_region.setdefault(region, []).append(bucket)
    for region, there in sorted(by_region.items()):
        # A region that has to be enabled does not answer for its buckets through another one.
        here = place.elsewhere(region or place.region)
        try:
            sizes = _aspect(place, "size", partial(_sizes, here)) if region and place.until else None
            for bucket in there:
                with suppress(_Gone):
                    yield _resource(place, here, region, bucket, (sizes or {}).get(bucket["Name"], {}))
        finally:
            here.close()


class _Gone(Exception):
    """A bucket was deleted while it was looked at."""


def _resource(place: Place, here: Place, region: str, bucket: dict[str, Any], sizes: dict[str, str]) -> Resource:
    name = bucket["Name"]
    lifecycle = _aspect(place, "lifecycle", partial(_lifecycle, here, name))
    versioning = _aspect(place, "versioning", partial(_versioning, here, name))
    return Resource(
        type=_TYPE,
        resource_id=name,
        account=place.account,
        region=region,
        name=name,
        created_at=utc(bucket.get("CreationDate")),
        attributes={**(lifecycle or {}), **texts(versioning=versioning), **sizes},
        tags=_aspect(place, "tags", partial(_tags, here, name)) or {},
    )


def _aspect(place: Place, aspect: str, ask: Callable[[], T]) -> T | None:
    """Ask for one thing of a bucket; None where a policy forbids it, which must not look like `there is none`."""
    try:
        return ask()
    except NotAllowed as error:
        place.refused.setdefault(aspect, error)
        return None
    except SourceError as error:
        if getattr(error, "code", "") == "NoSuchBucket":
            raise _Gone from error
        raise


def _sizes(here: Place) -> dict[str, dict[str, str]]:
    """Give what is stored in each bucket of a region, e.g. {"logs": {"bytes_StandardStorage": "1024", "objects": "2"}}.

    Sizes are by class, the number of objects is that of all classes.
    """
    sizes: dict[str, dict[str, str]] = {}
    for name, unit in (("BucketSizeBytes", "bytes"), ("NumberOfObjects", "count")):
        stored = [found for found in dimensions_of(here, "AWS/S3", name) if found.keys() == _SIZE_DIMENSIONS]
        measures = [Measure("size", unit, "AWS/S3", name, tuple(found.items())) for found in stored]
        if here.until is None:
            continue
        for found, size in zip(stored, newest(here, measures, here.until, days=_SIZE_DAYS), strict=True):
            attribute = "objects" if name == "NumberOfObjects" else f"bytes_{found['StorageType']}"
            if size is not None:
                sizes.setdefault(found["BucketName"], {})[attribute] = f"{size:.0f}"
    return sizes


def _region(place: Place, name: str) -> str:
    answer = place.ask("s3", "get_bucket_location", Bucket=name)
    # The oldest region has no name there.
    return answer.get("LocationConstraint") or "us-east-1"


def _versioning(place: Place, name: str) -> str:
    answer = place.ask("s3", "get_bucket_versioning", Bucket=name)
    return str(answer.get("Status", "never")).lower()


def _tags(place: Place, name: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def ask() -> None:
        found.update(tags_of(place.ask("s3", "get_bucket_tagging", Bucket=name), "TagSet"))

    is_answer(ask, _NO_TAGS)
    return found


def _lifecycle(place: Place, name: str) -> dict[str, str]:
    rules: list[dict[str, Any]] = []

    def ask() -> None:
        answer = place.ask("s3", "get_bucket_lifecycle_configuration", needs=_LIFECYCLE, Bucket=name)
        rules.extend(rule for rule in answer.get("Rules", ()) if rule.get("Status") == "Enabled")

    is_answer(ask, _NO_LIFECYCLE)
    return texts(
        lifecycle=bool(rules),
        lifecycle_rules="; ".join(_summary(rule) for rule in rules),
        aborts_incomplete_uploads=any("AbortIncompleteMultipartUpload" in rule for rule in rules),
        expires_old_versions=any("NoncurrentVersionExpiration" in rule for rule in rules),
    )


def _summary(rule: dict[str, Any]) -> str:
    """Say in a few words what a rule does, e.g. `30 d to GLACIER, gone after 365 d`."""
    words = [f"{_when(step)} to {step.get('StorageClass')}" for step in rule.get("Transitions", ())]
    if "Expiration" in rule:
        words.append(f"gone after {_when(rule['Expiration'])}")
    words += [
        f"old versions after {step.get('NoncurrentDays')} d to {step.get('StorageClass')}"
        for step in rule.get("NoncurrentVersionTransitions", ())
    ]
    if "NoncurrentVersionExpiration" in rule:
        words.append(f"old versions gone after {rule['NoncurrentVersionExpiration'].get('NoncurrentDays')} d")
    if "AbortIncompleteMultipartUpload" in rule:
        days = rule["AbortIncompleteMultipartUpload"].get("DaysAfterInitiation")
        words.append(f"incomplete uploads gone after {days} d")
    prefix = rule.get("Prefix") or rule.get("Filter", {}).get("Prefix")
    return ", ".join(words) + (f" (only {prefix})" if prefix else "")


def _when(step: dict[str, Any]) -> str:
    return f"{step['Days']} d" if "Days" in step else str(step.get("Date", "marker only"))[:10]
