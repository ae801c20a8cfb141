"""Which machines of a kind should be smaller, or something else? One target each: the cheapest that fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.identity import Key, key_of
from finops_lib.analyses.savings.resources import Described, Resource, recommend
from finops_lib.analyses.savings.rightsizing.burst import can_burst
from finops_lib.analyses.savings.rightsizing.confidence import confidence, is_issued
from finops_lib.analyses.savings.rightsizing.constraints import obstacle
from finops_lib.analyses.savings.rightsizing.demand import Demand, demands
from finops_lib.analyses.savings.rightsizing.eligibility import is_candidate, refusal
from finops_lib.analyses.savings.rightsizing.fit import Fit, fit
from finops_lib.analyses.savings.rightsizing.moves import Move, Moves
from finops_lib.analyses.savings.rightsizing.prices import PriceBook
from finops_lib.analyses.savings.rightsizing.profiles import Profile, profile_of
from finops_lib.analyses.savings.rightsizing.shapes import Catalogue, Shape
from finops_lib.analyses.savings.rightsizing.use import Use, Uses
from finops_lib.analyses.savings.rightsizing.words import evidence, facts
from finops_lib.analyses.savings.rightsizing.worth import Paid, Worth, worth_of
from finops_lib.findings import Recommendation, Risk

if TYPE_CHECKING:
    import polars as pl

HOURS, PRICES, HOURLY_CPU = "savings_machine_hours", "savings_unit_prices", "savings_hourly_cpu"
# Not a figure query: the catalogue that `runs` reads.
SHAPES = "machine_shapes"
# An owner's word that a machine whose memory nobody measures may become one size smaller.
MEMORY_UNKNOWN = "finops:memory-unknown"
_ALLOW = ("allow", "true", "yes")
_MOST_ALTERNATIVES = 2
# One size, where it is a guess.
_GUESS_SHARE = 0.5
# A machine that keeps less than this share of what it is allowed may be too small tomorrow.
_TIGHT = 0.1
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
    """A machine that may be advised, and what is known of it."""

    resource: Resource
    described: Described
    shape: Shape
    use: Use
    profile: Profile
    demands: tuple[Demand, ...]
    hourly_cpu: Sequence[float] | None
    data_disks: int


@dataclass(frozen=True, slots=True)
class Advice:
    """A move that fits, and what it is worth."""

    move: Move
    fit: Fit
    worth: Worth


def rightsize(estate: Estate, kind: Kind) -> Iterator[Recommendation]:
    """Advise every machine of a kind that looks idle and whose size can be judged.

    Reads the frames `savings_machine_hours`, `savings_unit_prices`, `savings_hourly_cpu` and `machine_shapes` of the
    estate; without the first two or the last there is nothing to say.
    """
    catalogue = Catalogue.of(estate.frames.get(SHAPES))
    uses = Uses(estate.frames.get(HOURS), kind.provider)
    if not catalogue.by_type or not uses:
        return
    moves = Moves(catalogue, PriceBook.of(estate.frames.get(PRICES), catalogue, kind.service))
    hourly = _HourlyCpu(estate.frames.get(HOURLY_CPU), kind.provider)
    disks = _data_disks(estate) if kind.provider == "azure" else Counter[str]()
    for resource in estate.of_type(kind.resource_type):
        if not is_candidate(resource.utilisation):
            continue
        machine = machine_of(resource, kind, catalogue, uses, hourly, disks, as_of=estate.as_of)
        if machine is None:
            continue
        found = advise(machine, moves, as_of=estate.as_of)
        if found:
            yield _recommendation(machine, kind, found, as_of=estate.as_of)


def machine_of(
    resource: Resource,
    kind: Kind,
    catalogue: Catalogue,
    uses: Uses,
    hourly: _HourlyCpu,
    disks: Mapping[str, int],
    *,
    as_of: date,
) -> Machine | None:
    """Bring together what is known of a machine; None = it is not on the bill, of no known type, or not eligible."""
    described = resource.described
    use = uses.of(key_of(resource.provider, resource.account, resource.id))
    if described is None or use is None:
        return None
    shape = catalogue.find(kind.provider, kind.service, described.attributes.get(kind.type_attribute, ""))
    # Billed as something else than it is now: it was changed, and its metrics are of both.
    if shape is None or not (kind.provider == "gcp" or shape.machine_type in use.types):
        return None
    profile = profile_of(_environment(resource, described))
    means = hourly.of(resource)
    if refusal(resource, described, shape, use, as_of=as_of, hourly_cpu=means):
        return None
    return Machine(
        resource=resource,
        described=described,
        shape=shape,
        use=use,
        profile=profile,
        demands=demands(resource.utilisation, shape, profile, as_of),
        hourly_cpu=means,
        # The disk it boots from does not count.
        data_disks=max(0, disks.get(resource.id.lower(), 0) - 1),
    )


def advise(machine: Machine, moves: Moves, *, as_of: date) -> list[Advice]:
    """Give the best move and up to two alternatives, the largest saving first; [] = it stays what it is."""
    found = list(_fitting(machine, moves, as_of, guess_memory=False))
    if not found and _may_guess(machine.described):
        found = list(_fitting(machine, moves, as_of, guess_memory=True))
    return found


def _fitting(machine: Machine, moves: Moves, as_of: date, *, guess_memory: bool) -> Iterator[Advice]:
    paid = Paid.of(machine.use, machine.shape)
    highest = 0.0 if paid is None else paid.highest_price()
    count = 0
    for move in moves.of(machine.shape, machine.use.market):
        # They come by price, so no later one saves more.
        if paid is None or move.price.agreed > highest or count > _MOST_ALTERNATIVES:
            return
        found = fit(machine.demands, machine.shape, move.shape, guess_memory=guess_memory)
        if found.fails or not is_issued(move.shape, move.price, as_of) or _is_obstructed(machine, move, found):
            continue
        worth = worth_of(paid, move.price)
        if worth.is_enough:
            count += 1
            yield Advice(move, found, worth)


def _is_obstructed(machine: Machine, move: Move, found: Fit) -> bool:
    target, current = move.shape, machine.shape
    if (
        found.guesses_memory
        and min(target.memory_mib / current.memory_mib, target.vcpus / current.vcpus) < _GUESS_SHARE
    ):
        return True
    # A series has no truth of its own, so it is compared.
    hourly_cpu = () if machine.hourly_cpu is None else machine.hourly_cpu
    if target.burstable and not can_burst(hourly_cpu, vcpus=current.vcpus, target=target):
        return True
    platform, disks = machine.use.market.platform, machine.data_disks
    return bool(obstacle(machine.described, current, target, platform=platform, data_disks=disks))


def _recommendation(machine: Machine, kind: Kind, found: list[Advice], *, as_of: date) -> Recommendation:
    best, *others = found
    target, cpu = best.move.shape, machine.resource.utilisation["cpu"]
    another_machine = target.architecture != machine.shape.architecture
    written = recommend(
        kind.rule,
        machine.resource,
        action=f"resize {machine.shape.machine_type} to {target.machine_type}",
        evidence=evidence(machine.resource, machine.profile, best.fit, target),
        monthly_savings=best.worth.saving,
        confidence=confidence(cpu, best.fit, machine.shape, target, best.move.price, as_of),
        change="replace" if another_machine else "resize",
        target=target.machine_type,
        list_savings=best.worth.at_list,
        price_grade=best.move.price.grade,
        is_headline=not best.fit.guesses_memory,
        facts=facts(
            machine.resource,
            machine.shape,
            machine.profile,
            best,
            [(one.move.shape, one.move.price, one.worth.saving) for one in others],
            as_of=as_of,
        ),
    )
    # What the rest of the machine cannot save, its cap took away.
    cash = min(best.worth.cash_12m, 12 * written.monthly_savings)
    risk = _worse(written.risk) if best.fit.margin < _TIGHT else written.risk
    return replace(written, cash_savings_12m=cash.quantize(Decimal("0.01")), risk=risk)


def _worse(risk: Risk) -> Risk:
    return "medium" if risk == "low" else "high"


def _may_guess(described: Described) -> bool:
    return any(
        key.lower() == MEMORY_UNKNOWN and value.strip().lower() in _ALLOW for key, value in described.tags.items()
    )


def _environment(resource: Resource, described: Described) -> str:
    tags = {key.lower(): value for key, value in described.tags.items()}
    return resource.environment or next((tags[key] for key in _ENVIRONMENT_TAGS if tags.get(key)), "")


class _HourlyCpu:
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


def _data_disks(estate: Estate) -> Counter[str]:
    """Count the disks of each of Azure's machines."""
    disks = estate.of_type("azure-disk")
    return Counter(one.described.attributes.get("attached_to", "").lower() for one in disks if one.described)
