"""What is known of a bucket: how much is in it, in how many objects, how often they are read, and what its owner says?

Question: how much is read of a bucket without request metrics?
Choice: as if each request read a whole object of mean size.
Why: a request reads one object or a part of one, so it is the most that can have been read.

Words of the owner are tags: `finops:restore-hours=12` = so long may a restore take; `finops:hold=yes`, or one of the
usual words for a legal or compliance hold = nothing may be moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from finops_lib.analyses.savings.observed import is_watched
from finops_lib.analyses.savings.resources import Resource, monthly
from finops_lib.analyses.savings.tiering.costs import HORIZON_MONTHS, Stored
from finops_lib.analyses.savings.tiering.tiers import GIB

# How sure a choice is by what it is made of (domain.md 5).
CONFIDENCE = {"objects and access": 0.9, "objects": 0.6, "bill": 0.3}
Evidence = Literal["objects and access", "objects", "bill"]
STANDARD = "bucket-standard"
_SECONDS_PER_MONTH = 365 * 86_400 / 12
_STANDARD_BYTES, _ANY_BYTES = "bytes_StandardStorage", "bytes_"
_LEAST_LIFE = Decimal("0.1")
_RESTORE_HOURS = ("finops:restore-hours", "finops-restore-hours", "finops_restore_hours")
_HOLDS = ("finops:hold", "finops-hold", "finops_hold", "legal-hold", "legal_hold", "compliance-hold", "compliance_hold")
_NO = ("", "no", "false", "0")


@dataclass(frozen=True, slots=True)
class Bucket:
    """What is in the standard class of a bucket.

    Args:
        own_price: what the customer pays per GiB and month there; None = the bill does not say.
        accepted_restore_hours, is_held: the words of its owner.
    """

    stored: Stored
    evidence: Evidence
    own_price: Decimal | None
    accepted_restore_hours: int
    is_held: bool


def bucket_of(resource: Resource) -> Bucket | None:
    """Read a bucket of AWS; None where the size or number of its objects is not known, or nothing is in Standard."""
    attributes = resource.described.attributes if resource.described else {}
    in_standard = Decimal(attributes.get(_STANDARD_BYTES) or 0)
    of_all = sum((Decimal(value) for name, value in attributes.items() if name.startswith(_ANY_BYTES)), Decimal(0))
    # CloudWatch counts the objects of all classes together.
    objects = int(Decimal(attributes.get("objects") or 0) * in_standard / of_all) if of_all else 0
    if not objects:
        return None
    gib = in_standard / GIB
    downloaded, gets = resource.utilisation.get("downloaded"), resource.utilisation.get("gets")
    reads = _a_month(resource, "bucket-reads")
    evidence: Evidence = "objects"
    share = reads / objects
    if is_watched(downloaded):
        evidence = "objects and access"
        share = Decimal(downloaded.mean * _SECONDS_PER_MONTH) / GIB / gib
        reads = Decimal(gets.mean * _SECONDS_PER_MONTH) if is_watched(gets) else reads
    stored = Stored(
        gib=gib,
        objects=objects,
        retrieved_share=round(share, 6),
        reads=int(reads),
        life_months=_life(objects, _a_month(resource, "bucket-writes")),
        # What is read is at most so much, so the rest is cold.
        cold_share=max(Decimal(0), 1 - round(share, 6)),
    )
    described = resource.described.tags if resource.described else {}
    tags = {name.lower(): value.strip().lower() for name, value in described.items()}
    return Bucket(
        stored,
        evidence,
        own_price(resource),
        accepted_restore_hours=next((int(tags[name]) for name in _RESTORE_HOURS if tags.get(name, "").isdigit()), 0),
        is_held=any(tags.get(name, "") not in _NO for name in _HOLDS),
    )


def own_price(resource: Resource) -> Decimal | None:
    """Give what the customer pays per GiB and month in the standard class; None where the bill does not say."""
    meter = resource.meters.get(STANDARD)
    return meter.effective_cost / meter.quantity if meter and meter.quantity > 0 and meter.effective_cost > 0 else None


def _a_month(resource: Resource, kind: str) -> Decimal:
    meter = resource.meters.get(kind)
    return monthly(meter.quantity, resource.days) if meter else Decimal(0)


def _life(objects: int, writes: Decimal) -> Decimal:
    """Give how long an object stays: as many as there are, over those that come in a month (Little's law)."""
    if writes <= 0:
        return Decimal(HORIZON_MONTHS)
    return min(Decimal(HORIZON_MONTHS), max(_LEAST_LIFE, objects / writes))
