"""Which machines of a kind should be smaller, or something else? One target each: the cheapest that fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import Described, recommend
from finops_lib.analyses.savings.rightsizing.burst import can_burst
from finops_lib.analyses.savings.rightsizing.confidence import confidence, is_issued
from finops_lib.analyses.savings.rightsizing.constraints import obstacle
from finops_lib.analyses.savings.rightsizing.fit import Fit, fit
from finops_lib.analyses.savings.rightsizing.machines import Kind, Machine, eligible
from finops_lib.analyses.savings.rightsizing.moves import Move, Moves
from finops_lib.analyses.savings.rightsizing.pools import Pools
from finops_lib.analyses.savings.rightsizing.prices import PriceBook
from finops_lib.analyses.savings.rightsizing.shapes import Catalogue, Shape
from finops_lib.analyses.savings.rightsizing.words import evidence, facts
from finops_lib.analyses.savings.rightsizing.worth import HOURS_A_MONTH, Paid, Worth, worth_of
from finops_lib.findings import Recommendation, Risk

PRICES = "savings_unit_prices"
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


@dataclass(frozen=True, slots=True)
class Advice:
    """A move that fits, and what it is worth."""

    move: Move
    fit: Fit
    worth: Worth


def rightsize(estate: Estate, kind: Kind) -> Iterator[Recommendation]:
    """Advise every machine of a kind that looks idle and whose size can be judged.

    Reads the frames `savings_machine_hours`, `savings_unit_prices`, `savings_hourly_cpu` and `machine_shapes` of the
    estate; without the first two or the last there is nothing to say. With `commitments_hours` and `commitments_terms`
    commitments are taken into account by the hour.
    """
    catalogue = Catalogue.of(estate.frames.get(SHAPES))
    moves = Moves(catalogue, PriceBook.of(estate.frames.get(PRICES), catalogue, kind.service))
    pools = Pools.of(estate.frames, kind.provider)
    for machine in eligible(estate, kind, catalogue):
        if found := advise(machine, moves, pools, as_of=estate.as_of):
            yield _recommendation(machine, kind, found, as_of=estate.as_of)


def advise(machine: Machine, moves: Moves, pools: Pools | None = None, *, as_of: date) -> list[Advice]:
    """Give the best move and up to two alternatives, the largest saving first; [] = it stays what it is."""
    found = list(_fitting(machine, moves, pools, as_of, guess_memory=False))
    if not found and _may_guess(machine.described):
        found = list(_fitting(machine, moves, pools, as_of, guess_memory=True))
    # Equal ones stay in the order of their prices.
    return sorted(found, key=lambda one: -one.worth.saving)[: 1 + _MOST_ALTERNATIVES]


def _fitting(
    machine: Machine, moves: Moves, pools: Pools | None, as_of: date, *, guess_memory: bool
) -> Iterator[Advice]:
    market, current = machine.use.market, machine.shape
    own = moves.prices.price(market, current)
    paid = Paid.of(machine.use, current, agreed=own.agreed if own else None)
    if paid is None:
        return
    item = pools.item(machine.resource.account, market, current) if pools else ""
    highest = paid.highest_price(covered_count=bool(item))
    count = 0
    for move in moves.of(current, market):
        # They come by price: no later one saves more, but for what commitments pay for, so of those all are looked at.
        if move.price.agreed > highest or (count > _MOST_ALTERNATIVES and not item):
            return
        found = fit(machine.demands, current, move.shape, guess_memory=guess_memory)
        if found.fails or not is_issued(move.shape, move.price, as_of) or _is_obstructed(machine, move, found):
            continue
        an_hour = None
        if pools and item:
            share = (paid.on_demand_hours + paid.committed_hours) / HOURS_A_MONTH
            then = pools.item(machine.resource.account, market, move.shape)
            costs = {"cost_now": share * paid.price, "cost_then": share * move.price.agreed}
            an_hour = pools.saving(item, then, **costs)
        worth = worth_of(paid, move.price, an_hour=an_hour)
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
    if target.burstable and not _may_burst(machine, target):
        return True
    platform, disks = machine.use.market.platform, machine.data_disks
    return bool(obstacle(machine.described, current, target, platform=platform, data_disks=disks))


def _may_burst(machine: Machine, target: Shape) -> bool:
    if not machine.shape.burstable and not machine.profile.may_burst:
        return False
    # A series of numbers has no truth of its own, so it is compared.
    hourly_cpu = () if machine.hourly_cpu is None else machine.hourly_cpu
    return can_burst(hourly_cpu, vcpus=machine.shape.vcpus, target=target)


def _recommendation(machine: Machine, kind: Kind, found: list[Advice], *, as_of: date) -> Recommendation:
    best, *others = found
    target, cpu = best.move.shape, machine.resource.utilisation["cpu"]
    another_machine = target.architecture != machine.shape.architecture
    written = recommend(
        kind.rule,
        machine.resource,
        action=f"resize {machine.shape.name} to {target.name}",
        evidence=evidence(machine.resource, machine.profile, best.fit, target),
        monthly_savings=best.worth.saving,
        confidence=confidence(cpu, best.fit, machine.shape, target, best.move.price, as_of),
        change="replace" if another_machine else "resize",
        target=target.name,
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
