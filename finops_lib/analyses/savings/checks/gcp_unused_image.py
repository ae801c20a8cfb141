"""Custom images from which no disk was made (G05).

Templates that name an image are not collected, so the newest of a family is left alone for three months, and the rest
is a question to its owner more than an answer.
"""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.members import is_member
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.observed import age_days
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

UNUSED_DAYS, NEWEST_DAYS = 15, 90


@rule(
    "gcp-unused-image",
    check="G05",
    providers=("gcp",),
    needs=(bill(), inventory("gcp-image"), inventory("gcp-disk")),
    step="clean-up",
)
def gcp_unused_image(estate: Estate) -> Iterator[Recommendation]:
    images = list(estate.of_type("gcp-image"))
    used = {_attribute(disk, "source") for disk in estate.of_type("gcp-disk")}
    used |= {_attribute(image, "source") for image in images}
    newest: dict[tuple[str, str], Resource] = {}
    for image in sorted(images, key=lambda one: (-age_days(one, estate.as_of), one.id)):
        newest[image.account, _attribute(image, "family")] = image
    for found in images:
        family = _attribute(found, "family")
        if _attribute(found, "full_name") in used or is_member(found):
            continue
        is_newest = bool(family) and newest[found.account, family] is found
        if age_days(found, estate.as_of) < (NEWEST_DAYS if is_newest else UNUSED_DAYS):
            continue
        if found.monthly_cost <= 0:
            continue
        yield recommend(
            "gcp-unused-image",
            found,
            action="check the templates, then delete",
            evidence="no disk was made of it"
            + (f", and {family} has a newer image" if family and not is_newest else ""),
            monthly_savings=found.monthly_cost,
            confidence=0.6 if family and not is_newest else 0.4,
            change="delete data",
            facts={"family": family, "age_days": age_days(found, estate.as_of)},
        )


def _attribute(resource: Resource, name: str) -> str:
    return resource.described.attributes.get(name, "") if resource.described else ""
