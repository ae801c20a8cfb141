"""Snapshots older than three months (G09). What newer ones share stays, so their cost is the most that can be saved.

The newest snapshot of a disk that is still there is its backup. One that a schedule makes and nothing deletes after a
year has a schedule without an end.
"""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import age_days
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

OLD_DAYS, VERY_OLD_DAYS = 90, 365


@rule(
    "gcp-old-snapshot",
    check="G09",
    providers=("gcp",),
    needs=(bill(), inventory("gcp-snapshot"), inventory("gcp-disk")),
    step="clean-up",
)
def gcp_old_snapshot(estate: Estate) -> Iterator[Recommendation]:
    snapshots = list(estate.of_type("gcp-snapshot"))
    disks = {_attribute(disk, "full_name") for disk in estate.of_type("gcp-disk")}
    newest: dict[str, Resource] = {}
    for one in sorted(snapshots, key=lambda one: (-age_days(one, estate.as_of), one.id)):
        newest[_attribute(one, "source")] = one
    for found in snapshots:
        age, source = age_days(found, estate.as_of), _attribute(found, "source")
        is_scheduled = bool(_attribute(found, "schedule")) or _attribute(found, "auto_created") == "true"
        if found.monthly_cost <= 0 or age < (VERY_OLD_DAYS if is_scheduled else OLD_DAYS):
            continue
        has_disk = source in disks
        if has_disk and newest[source] is found:
            continue
        yield recommend(
            "gcp-old-snapshot",
            found,
            action="give the schedule a retention, and delete what is older" if is_scheduled else "delete",
            evidence=f"{age} days old, its disk is {'still there, with newer snapshots' if has_disk else 'gone'}",
            monthly_savings=found.monthly_cost,
            confidence=0.5 if age >= VERY_OLD_DAYS else 0.3,
            change="delete data",
            facts={"age_days": age, "source": source, "schedule": _attribute(found, "schedule")},
        )


def _attribute(resource: Resource, name: str) -> str:
    return resource.described.attributes.get(name, "") if resource.described else ""
