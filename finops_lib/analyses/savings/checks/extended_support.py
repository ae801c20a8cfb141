"""Surcharges for versions past their end of life (A18, A33): an upgrade ends them."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("extended-support", check="A18", providers=("aws",), step="rightsize", effort="High")
def extended_support(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("extended-support"):
        if not found.has_now("extended-support"):
            continue
        surcharge = found.meters["extended-support"]
        yield recommend(
            "extended-support",
            found,
            action="upgrade to a supported version",
            evidence=f"surcharge {surcharge.name} since {surcharge.first_day.isoformat()}",
            monthly_savings=found.monthly_of("extended-support"),
            confidence=0.7,
            change="config",
            facts={"meter": surcharge.name, "since": surcharge.first_day},
        )
