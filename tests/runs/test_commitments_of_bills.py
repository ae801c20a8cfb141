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


def _database_hours(hours: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Give what the pool of databases uses on demand and covered, by the hour, at on-demand prices."""
    [through] = hours["data_through"].unique()
    amounts = {"on-demand": np.zeros(HOURS), "covered": np.zeros(HOURS)}
    of_pool = (pl.col("family") == "db.r6g") & (pl.col("RegionId") == "us-east-1") & (pl.col("period_hours") == 1)
    for row in hours.filter(of_pool).to_dicts():
        at = (row["hour"].date() - through).days * 24 + HOURS - 24 + row["hour"].hour
        amounts[row["use"]][at] += float(row["on_demand_cost"])
    return amounts["on-demand"], amounts["covered"]


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
def test_the_sample_estate_by_the_hour_gets_the_level_that_no_other_level_beats(
    settings: Settings, tmp_path: Path
) -> None:
    estate = write_estate(tmp_path / "bills", as_of=AS_OF, rows=260_000)
    ingest(settings, estate.files_of("aws"), source="aws")
    build(settings.lake)
    hours, found_terms = query(settings, "commitments_hours", AS_OF), query(settings, "commitments_terms", AS_OF)
    advice = propose(hours, found_terms)
    by_pool = {one.pool: one for one in advice.proposals if one.is_preferred}
    assert set(by_pool) == {"database db.r6g 0014 us-east-1", "compute m5 us-east-1"}
    for one in by_pool.values():
        assert one.is_observed_rate
        levels = [point.level for point in one.curve]
        least = min(one.curve, key=lambda point: point.monthly_cost)
        # The curve is drawn from its own points; the optimum is between the neighbours of the lowest of them.
        place = levels.index(least.level)
        assert levels[max(place - 1, 0)] <= float(one.optimum) <= levels[min(place + 1, len(levels) - 1)]
        # Reservations are whole, so the best number of them may lie just above the best level.
        assert float(one.hourly_commitment) <= float(one.optimum) + (one.unit or 0)
        assert one.saving_net > 0
    # The database's, straight from the charges: what is on demand by the hour, less what its reservation, 1.262 an
    # hour at 0.66 of the on-demand price, has free. A new one is paid a year before: at 8 % of interest a year it
    # costs 12 x 0.00643403 / (1 - 1 / 1.08) = 1.042313 times its price.
    database = by_pool["database db.r6g 0014 us-east-1"]
    on_demand, covered, interest = *_database_hours(hours), 1.042313
    rate = 0.66 * interest
    assert 1 - database.discount == pytest.approx(rate, abs=1e-6)
    weights = np.where(np.arange(HOURS) >= HOURS - 720, 2.0, 1.0)

    def saved(level: float) -> float:
        # One future of four has a fifth less usage; what the reservation then leaves free comes on top.
        parts = []
        for chance, left in ((0.75, 1.0), (0.25, 0.8)):
            rest = np.maximum(0.0, on_demand * left - (1.262 / 0.66 - covered * left))
            parts.append(chance * (np.minimum(rest, level / rate) - level) @ weights / weights.sum())
        return sum(parts) * 730

    best = max(np.arange(0, 15, 0.01), key=saved)
    assert float(database.optimum) * interest == pytest.approx(best, abs=0.01)
    # 56 of 0.239 an hour, at 0.66 of it.
    assert database.hourly_commitment == Decimal("8.83344")
    assert float(database.saving_net) == pytest.approx(saved(8.83344 * interest), abs=0.01)
    for recommendation in recommendations(advice.proposals):
        assert recommendation.monthly_savings <= recommendation.current_monthly_cost
    assert {one.pool for one in screen(hours) if one.grain == "hourly"} >= set(by_pool)
    ends = {one.name: (one.basis, one.end) for one in terms(found_terms)}
    assert ends["compute-3yr-no-upfront"] == ("not known", None)
    assert ends["ledger-db-1yr-all-upfront"][0] == "paid period"
