"""What is known of each machine of a kind? Inventory, utilisation, bill and catalogue brought together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.identity import Key, key_of
from finops_lib.analyses.savings.resources import Described, Resource
from finops_lib.analyses.savings.rightsizing.demand import Demand, demands
from finops_lib.analyses.savings.rightsizing.eligibility import is_candidate, refusal
from finops_lib.analyses.savings.rightsizing.profiles import Profile, profile_of
from finops_lib.analyses.savings.rightsizing.shapes import Catalogue, Shape
from finops_lib.analyses.savings.rightsizing.use import Use, Uses

if TYPE_CHECKING:
    import polars as pl

HOURS, HOURLY_CPU = "savings_machine_hours", "savings_hourly_cpu"
_ENVIRONMENT_TAGS = ("environment", "env", "stage")


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of machine: how the inventory and the catalogue name it, and which attribute is its type."""

    rule: str
    provider: str
    resource_type: str
    service: str
    type_attribute: str = "instance_type"


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine that may be advised.

    Args:
        shape: of its type now.
        hourly_cpu: percent, the mean of each hour, oldest first; None = not known.
        data_disks: of Azure's machines, besides the one they boot from.
    """

    resource: Resource
    described: Described
    shape: Shape
    use: Use
    profile: Profile
    demands: tuple[Demand, ...]
    hourly_cpu: Sequence[float] | None
    data_disks: int


def eligible(estate: Estate, kind: Kind, catalogue: Catalogue) -> Iterator[Machine]:
    """Give the machines of a kind that look idle and whose size can be judged, in the order of their keys.

    Left out is what is not on the bill, is of no type that the catalogue knows, or is refused (eligibility.py).
    """
    uses = Uses(estate.frames.get(HOURS), kind.provider)
    if not uses:
        return
    hourly = HourlyCpu(estate.frames.get(HOURLY_CPU), kind.provider)
    disks = _disks(estate) if kind.provider == "azure" else Counter[str]()
    for resource in estate.of_type(kind.resource_type):
        described, use = resource.described, uses.of(key_of(resource.provider, resource.account, resource.id))
        if described is None or use is None or not is_candidate(resource.utilisation):
            continue
        shape = catalogue.find(kind.provider, kind.service, described.attributes.get(kind.type_attribute, ""))
        # Billed as something else than it is now: it was changed, and its metrics are of both.
        if shape is None or not (kind.provider == "gcp" or shape.machine_type in use.types):
            continue
        means = hourly.of(resource)
        if refusal(resource, described, shape, use, as_of=estate.as_of, hourly_cpu=means):
            continue
        profile = profile_of(_environment(resource, described))
        yield Machine(
            resource=resource,
            described=described,
            shape=shape,
            use=use,
            profile=profile,
            demands=demands(resource.utilisation, shape, profile, estate.as_of),
            hourly_cpu=means,
            data_disks=max(0, disks[resource.id.lower()] - 1),
        )


class HourlyCpu:
    """The hourly means of CPU, by machine; a list is taken out of the frame when it is asked for."""

    def __init__(self, frame: pl.DataFrame | None, provider: str) -> None:
        self._places: dict[Key, int] = {}
        if frame is None or not frame.height:
            return
        import polars as pl

        mine = frame.filter(pl.col("x_Provider") == provider)
        self._means = mine["means"]
        names = mine.select("x_Provider", "account_id", "ResourceId").iter_rows()
        self._places = {key_of(*name): place for place, name in enumerate(names)}

    def of(self, resource: Resource) -> Sequence[float] | None:
        """Give the means under any name of a machine; None = they are not known."""
        attributes = resource.described.attributes if resource.described else {}
        for name in (resource.id, attributes.get("raw_id", ""), attributes.get("full_name", "")):
            place = self._places.get(key_of(resource.provider, resource.account, name)) if name else None
            if place is not None:
                found: Sequence[float] = self._means[place].to_numpy()
                return found
        return None


def _environment(resource: Resource, described: Described) -> str:
    tags = {key.lower(): value for key, value in described.tags.items()}
    return resource.environment or next((tags[key] for key in _ENVIRONMENT_TAGS if tags.get(key)), "")


def _disks(estate: Estate) -> Counter[str]:
    """Count the disks of each of Azure's machines."""
    disks = estate.of_type("azure-disk")
    return Counter(one.described.attributes.get("attached_to", "").lower() for one in disks if one.described)
