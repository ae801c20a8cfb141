"""A page of an earlier day shows nothing that came later, although the lake knows it."""

from __future__ import annotations

from tests.analyses.conftest import QueriedLake


def test_coverage_counts_no_day_after_the_last_included_one(lake: QueriedLake) -> None:
    lake.charge("2026-09-30", 50, x_Team="shop")
    lake.charge("2026-10-02", 6, x_Team="shop")
    lake.charge("2026-10-03", 4)
    lake.charge("2026-10-03", 9, ChargeCategory="Tax")
    lake.charge("2026-10-20", 100, x_Team="shop")
    frame = lake.query("overview_coverage", as_of="2026-10-10")
    found = {r["dimension"]: (r["effective_cost"], r["allocated_effective_cost"]) for r in frame.to_dicts()}
    assert found["team"] == (10, 6)
    assert found["project"] == (10, 0)
    assert len(found) == 5
    assert lake.query("overview_coverage", as_of="2026-08-31").is_empty()


def test_a_commitment_month_that_still_runs_is_not_shown(lake: QueriedLake) -> None:
    for day in ("2026-09-10", "2026-10-02", "2026-10-20"):
        lake.charge(day, 10, CommitmentDiscountId="sp-1", CommitmentDiscountStatus="Unused")
    lake.charge("2026-11-05", 1)
    lake.load(1, 1, delivered_at="2026-11-20 00:00:00")
    for as_of, month, cost in (("2026-10-10", 9, 10), ("2026-10-31", 10, 20), ("2026-11-03", 10, 20)):
        [row] = lake.query("savings_commitments", as_of=as_of).to_dicts()
        assert (row["x_BillingMonth"].month, row["unused_effective_cost"]) == (month, cost)
