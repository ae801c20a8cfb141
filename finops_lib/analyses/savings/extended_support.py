"""Surcharges for versions past their end of life (A18, A33): an upgrade ends them."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from finops_lib.analyses.savings.resources import READS, recommend, resources
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation


@rule("extended-support", reads=READS)
def extended_support(meters: pl.DataFrame) -> Iterator[Recommendation]:
    for found in resources(meters, "extended-support"):
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
        )
