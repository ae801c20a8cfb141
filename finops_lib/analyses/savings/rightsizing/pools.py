"""What does a smaller machine save where commitments pay for its pool? The waterfall tells, with it and without.

A commitment that a smaller machine leaves free goes to others of the pool that are on demand; what nobody takes is
paid for nothing, and is no saving. Only usage by the hour can tell (domain.md 2.4): where the bill is by the day, the
hours that a commitment covers count as saving nothing (worth.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from finops_lib.analyses.commitments.demand import demands
from finops_lib.analyses.commitments.existing import running
from finops_lib.analyses.commitments.waterfall import Array, Commitment, Usage, simulate
from finops_lib.analyses.savings.rightsizing.prices import Market
from finops_lib.analyses.savings.rightsizing.shapes import Shape
from finops_lib.offers import CommitmentPolicy

if TYPE_CHECKING:
    import polars as pl

POOL_HOURS, TERMS = "commitments_hours", "commitments_terms"
# The machine is as it is now for this long: the window of its hours.
_HOURS = 24 * 30
_CLASSES = {"ec2": "compute", "vm": "compute", "gce": "compute", "rds": "database"}
# As the operation of a bill of AWS ends.
_CODES = {"linux": "", "windows": "0002", "rhel": "0010", "suse": "000g"}


@dataclass(frozen=True, slots=True, eq=False)
class Pools:
    """The usage of one provider in each of the last 720 hours, and the commitments that pay for it."""

    usage: Usage
    commitments: tuple[Commitment, ...]
    _cost: float
    _known: dict[tuple[str, str, float, float], float] = field(default_factory=dict)

    @classmethod
    def of(cls, frames: Mapping[str, pl.DataFrame], provider: str) -> Pools | None:
        """Read the frames of `commitments_hours` and `commitments_terms`; None = nothing is committed, or known."""
        rows, terms = frames.get(POOL_HOURS), frames.get(TERMS)
        if rows is None or terms is None or not rows.height or not terms.height:
            return None
        found = next((one for one in demands(rows, policy=CommitmentPolicy()) if one.provider == provider), None)
        if found is None or not found.hourly:
            return None
        commitments = running(found, rows, terms)
        return cls.given(replace(found.usage, on_demand=found.usage.on_demand[:, -_HOURS:]), commitments)

    @classmethod
    def given(cls, usage: Usage, commitments: tuple[Commitment, ...]) -> Pools | None:
        """Give the pools of a usage; None = nothing is committed."""
        return cls(usage, commitments, _mean_cost(usage, commitments)) if commitments else None

    def item(self, account: str, market: Market, shape: Shape) -> str:
        """Name the usage that a machine is part of; "" = the bill does not know it by the hour."""
        platform = _CODES.get(market.platform, market.platform) if market.provider == "aws" else ""
        if market.tenancy == "dedicated":
            platform += " dedicated"
        family = shape.line if shape.provider == "gcp" else shape.family
        name = "/".join(("hourly", _CLASSES[shape.service], market.region, family, platform, account))
        return name if name in self.usage.items else ""

    def saving(self, now: str, then: str, *, cost_now: float, cost_then: float) -> float:
        """Give what an hour costs less, on average, after a machine moved from one item to another.

        Args:
            now, then: items; `then` "" = no commitment pays for what it becomes.
            cost_now, cost_then: of the machine in an average hour, on demand.
        """
        key = now, then, round(cost_now, 9), round(cost_then, 9)
        if key not in self._known:
            self._known[key] = self._cost - self._cost_after(now, then, cost_now, cost_then)
        return self._known[key]

    def _cost_after(self, now: str, then: str, cost_now: float, cost_then: float) -> float:
        on_demand: Array = self.usage.on_demand.copy()
        row = self.usage.items.index(now)
        # No more than there was: a machine that did not run in an hour leaves nothing there.
        taken = np.minimum(np.maximum(on_demand[row], 0.0), cost_now)
        on_demand[row] -= taken
        added = taken * (cost_then / cost_now)
        if then:
            on_demand[self.usage.items.index(then)] += added
        after = _mean_cost(replace(self.usage, on_demand=on_demand), self.commitments)
        return after if then else after + float(added.mean())


def _mean_cost(usage: Usage, commitments: tuple[Commitment, ...]) -> float:
    return float(simulate(usage, commitments).cost.mean())
