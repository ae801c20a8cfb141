"""Commitments from bills as they come: the public FOCUS sample, and the sample estate by the hour."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from finops_lib.analyses.commitments import measured, propose, recommendations, screen, terms
from finops_lib.lake.open import open_lake
from finops_lib.marts.build import build
from finops_lib.marts.figures import figure_sql
from finops_lib.runs.figures import bind, run_query
from finops_lib.runs.ingest import ingest
from finops_lib.sample import write_estate
from finops_lib.settings import Settings

AS_OF = date(2026, 3, 17)
HOURS = 24 * 90


def query(settings: Settings, name: str, as_of: date) -> pl.DataFrame:
    sql = figure_sql(name)
    with open_lake(settings.lake) as lake:
        return run_query(lake, sql, bind(name, sql, {"as_of": as_of, "currency": "USD", "provider": ""}, {}))


def test_covered_usage_of_the_public_sample_is_worth_its_list_cost(settings: Settings, shared_data: Path) -> None:
    # Vector 20: savings plans whose contracted and effective cost are 0 where the list cost is not.
    ingest(settings, [shared_data / "focus_sample_1_0" / "focus_sample.csv"], source="public")
    build(settings.lake)
    found = measured(query(settings, "commitments_months", date(2024, 9, 30)))
    # 0.0112 + 0.085 + 0.0464 and 0.0000790222 of four rows
    assert found.covered_on_demand_cost == found.unpriced_on_demand_cost == Decimal("0.142679022200")
    assert found.used_effective_cost == 0
    hours, found_terms = (query(settings, f"commitments_{name}", date(2024, 9, 30)) for name in ("hours", "terms"))
    # A month of it is too short for a proposal.
    assert propose(hours, found_terms).proposals == ()


@pytest.mark.slow
def test_the_sample_estate_by_the_hour_gets_the_level_that_every_other_level_is_worse_than(
    settings: Settings, tmp_path: Path
) -> None:
    estate = write_estate(tmp_path / "bills", as_of=AS_OF, rows=200_000)
    ingest(settings, estate.files_of("azure"), source="azure")
    build(settings.lake)
    hours, found_terms = query(settings, "commitments_hours", AS_OF), query(settings, "commitments_terms", AS_OF)
    advice = propose(hours, found_terms)
    [proposal] = advice.proposals
    assert (proposal.pool, proposal.instrument, proposal.is_observed_rate) == (
        "compute dsv5 eastus2",
        "reservation",
        True,
    )
    # Straight from the charges: what is on demand by the hour, less what the reservation had free that day.
    [through] = {row["data_through"] for row in hours.select("data_through").unique().to_dicts()}
    on_demand = np.zeros(HOURS)
    free = np.zeros(HOURS)
    for row in hours.to_dicts():
        at = (row["hour"].date() - through).days * 24 + HOURS - 24 + row["hour"].hour
        if row["family"] == "dsv5" and row["period_hours"] == 1:
            on_demand[at] += float(row["on_demand_cost"])
        elif row["use"] == "unused":
            free[at : at + 24] += float(row["effective_cost"]) / 24
    rate = 1 - proposal.discount
    weights = np.where(np.arange(HOURS) >= HOURS - 720, 2.0, 1.0)
    assert rate == pytest.approx(0.62 / 0.94, abs=0.001)

    def saved(level: float) -> float:
        # One future of four has a fifth less usage; what the reservation then leaves free comes on top.
        parts = []
        for chance, left in ((0.75, 1.0), (0.25, 0.8)):
            committed = (2.976 - free) / rate
            rest = np.maximum(0.0, on_demand * left - (2.976 / rate - committed * left))
            parts.append(chance * (np.minimum(rest, level / rate) - level) @ weights / weights.sum())
        return sum(parts) * 730

    best = max(np.arange(0, 8, 0.01), key=saved)
    assert float(proposal.optimum) == pytest.approx(best, abs=0.06)
    assert float(proposal.saving_net) == pytest.approx(saved(float(proposal.hourly_commitment)), rel=0.02)
    assert proposal.hourly_commitment <= proposal.optimum
    [recommendation] = recommendations(advice.proposals)
    assert recommendation.monthly_savings <= recommendation.current_monthly_cost
    assert {one.pool for one in screen(hours) if one.grain == "hourly"} == {"compute dsv5 eastus2"}
    assert [(one.basis, one.start) for one in terms(found_terms)] == [("not known", None)]
