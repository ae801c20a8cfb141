"""Forecasts that were kept, held against what came."""

from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from finops_lib.analyses.forecasts import accuracy

MAY, KEYS = date(2026, 5, 1), ("series_id", "month", "currency")


def _frozen(*rows: tuple[str, str, date, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"series_id": s, "month": MAY, "currency": c, "frozen_on": d, "yhat": y, "lo80": 90.0, "hi80": 120.0}
            for s, c, d, y in rows
        ],
        schema_overrides={"yhat": pl.Float64},
    )


def _actual(**costs: float) -> pl.DataFrame:
    return pl.DataFrame({"series_id": list(costs), "month": MAY, "currency": "USD", "cost": list(costs.values())})


def test_wape_and_bias_by_the_day_they_were_frozen_on() -> None:
    first, tenth = MAY, date(2026, 5, 10)
    frozen = _frozen(("a", "USD", first, 110.0), ("b", "USD", first, 180.0), ("a", "USD", tenth, 104.0))
    [day1, day10] = accuracy(frozen, _actual(a=100.0, b=200.0)).to_dicts()
    # Day 1: |10| + |-20| = 30 of 300, and -10 of 300. Day 10: 4 of 100.
    assert (day1["frozen_day"], day1["forecasts"]) == (1, 2)
    assert (day1["wape"], day1["bias"], day1["covered80"]) == (pytest.approx(0.1), pytest.approx(-1 / 30), 0.5)
    assert (day10["frozen_day"], day10["wape"], day10["bias"]) == (10, pytest.approx(0.04), pytest.approx(0.04))


def test_what_was_not_forecast_or_not_charged_counts_nothing() -> None:
    frozen = _frozen(("a", "USD", MAY, None), ("gone", "USD", MAY, 5.0), ("b", "EUR", MAY, 5.0), ("c", "USD", MAY, 1.0))
    [row] = accuracy(frozen, _actual(a=100.0, b=5.0, c=0.0)).to_dicts()
    assert (row["forecasts"], row["wape"], row["bias"]) == (1, None, None)
