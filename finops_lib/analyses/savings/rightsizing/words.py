"""What is said about a move: one sentence of evidence, and its figures by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from finops_lib.analyses.savings.resources import Resource, Utilisation
from finops_lib.analyses.savings.rightsizing.confidence import OLD_SHAPE_DAYS
from finops_lib.analyses.savings.rightsizing.fit import Fit
from finops_lib.analyses.savings.rightsizing.moves import Move
from finops_lib.analyses.savings.rightsizing.prices import Price
from finops_lib.analyses.savings.rightsizing.profiles import Profile
from finops_lib.analyses.savings.rightsizing.shapes import Shape
from finops_lib.analyses.savings.rightsizing.worth import Worth


class Fitting(Protocol):
    """A move that fits, and what it is worth."""

    @property
    def move(self) -> Move: ...

    @property
    def fit(self) -> Fit: ...

    @property
    def worth(self) -> Worth: ...


def evidence(resource: Resource, profile: Profile, found: Fit, target: Shape) -> str:
    """Say in one sentence how idle the machine is and that it fits."""
    cpu = resource.utilisation["cpu"]
    memory = resource.utilisation.get("memory")
    of_memory = "memory unknown" if "memory" in found.untested else ""
    if memory is not None and not of_memory:
        of_memory = f"memory at most {memory.maximum:.0f} %"
    said = ", ".join(part for part in (f"P95 {cpu.p95:.0f} %", f"P99.5 {cpu.p99_5:.0f} %", of_memory) if part)
    return (
        f"mean CPU {cpu.mean:.0f} %, {said} in {_days(cpu)} days; fits {target.name} within the {profile.name} limits"
    )


def facts(
    resource: Resource,
    current: Shape,
    profile: Profile,
    best: Fitting,
    others: Sequence[tuple[Shape, Price, Decimal]],
    *,
    as_of: date,
) -> dict[str, object]:
    """Give the figures behind the advice: need against limit, prices, hours, coverage, what else would fit."""
    cpu, target, worth = resource.utilisation["cpu"], best.move.shape, best.worth
    said: dict[str, object] = {
        "current": _shape(current),
        "target": _shape(target),
        "profile": profile.name,
        "price grade": best.move.price.grade,
        "price now an hour": f"{worth.paid.price:.6g}",
        "price then an hour": f"{best.move.price.agreed:.6g}",
        "on-demand hours a month": f"{worth.paid.on_demand_hours:.0f}",
        "covered hours a month": f"{worth.paid.committed_hours:.0f}",
        "saving of": worth.basis,
        "hours measured": cpu.hours,
        "coverage": f"{cpu.coverage:.3f}",
        "tightest margin": f"{100 * best.fit.margin:.0f} %",
        "shapes as of": target.fetched_at,
        "shapes from": target.source,
    }
    said |= {f"{test.dimension} {test.quantile}": test.words for test in best.fit.tests}
    if best.fit.untested:
        said["not tested"] = ", ".join(best.fit.untested)
    if best.fit.guesses_memory:
        said["label"] = "memory unknown"
    if others:
        said["alternatives"] = "; ".join(
            f"{shape.name} ({price.grade}) {saving:.2f} a month" for shape, price, saving in others
        )
    if target.age(as_of) > OLD_SHAPE_DAYS:
        said["warning"] = f"the catalogue of shapes is {target.age(as_of)} days old"
    return said


def _shape(shape: Shape) -> str:
    return f"{shape.name}: {shape.vcpus:g} vCPU, {shape.memory_gib:g} GiB"


def _days(used: Utilisation) -> int:
    return (used.last_hour.date() - used.first_hour.date()).days + 1
