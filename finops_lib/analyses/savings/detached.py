"""Which disks of Google Cloud does no machine hold, and which of them never held anything?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.observed import age_days, days_so
from finops_lib.analyses.savings.resources import Resource

# After so many days Google calls a disk idle.
DETACHED_DAYS = 15


class Detached(NamedTuple):
    """A disk without a machine.

    Args:
        days: since it was detached, or made where it never was attached.
        is_blank: made empty and never attached, so nothing is on it.
    """

    disk: Resource
    days: int
    is_blank: bool


def detached_disks(estate: Estate) -> Iterator[Detached]:
    """Give the disks that no machine has held for 15 days, and that no cluster made."""
    for found in estate.of_type("gcp-disk"):
        attributes = found.described.attributes if found.described else {}
        if attributes.get("attached_to") or is_member(found):
            continue
        since = days_so(found, estate.as_of)
        days = age_days(found, estate.as_of) if since is None else since
        if days >= DETACHED_DAYS:
            was_used = attributes.get("last_attached_at") or attributes.get("last_detached_at")
            yield Detached(found, days, not was_used and not attributes.get("source"))
