"""How is an optimum bought? In steps, so that a part of it expires at a time (domain.md 3.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder; money per hour.

    Args:
        step: 0 = now.
        bought: what is promised in this step, for as many steps as there are tranches.
        active: what is promised altogether after that.
    """

    step: int
    bought: float
    active: float


def next_tranche(optimum: float, active: float, tranches: int) -> float:
    """Give what to buy now: a tranche of the optimum, and never more than is missing from it."""
    return max(0.0, min(optimum / tranches, optimum - active))


def ladder(optima: Sequence[float], active: Sequence[float], tranches: int) -> tuple[Rung, ...]:
    """Plan purchases step by step; each lasts for `tranches` steps.

    Args:
        optima: the level that is right in each step, existing commitments included; all the same = usage stays.
        active: what is left of existing commitments in each step.
    """
    rungs: list[Rung] = []
    for step, (optimum, existing) in enumerate(zip(optima, active, strict=True)):
        held = existing + sum(rung.bought for rung in rungs if rung.step > step - tranches)
        bought = next_tranche(optimum, held, tranches)
        rungs.append(Rung(step, bought, held + bought))
    return tuple(rungs)
