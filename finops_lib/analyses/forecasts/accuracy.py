"""How good were the forecasts that were kept? Frozen on a day, held against what came (domain.md 8.1)."""

from __future__ import annotations

import polars as pl


def accuracy(frozen: pl.DataFrame, actual: pl.DataFrame) -> pl.DataFrame:
    """Compare forecasts that were frozen with what was charged, by the day of the month they were frozen on.

    WAPE is the sum of absolute errors over the sum of what was charged; bias is the sum of errors over the same, above
    0 where forecasts were too high. Currencies are kept apart. What was charged and never forecast counts nothing.

    Args:
        frozen: series_id, month (its first day), currency, frozen_on (date), yhat (null = there was none), lo80, hi80.
        actual: series_id, month, currency, cost: what the whole month came to.
    Returns:
        frozen_day (1, 10), currency, forecasts (how many could be compared), wape, bias, covered80 (share of months
        inside their 80 % interval); null shares where nothing was charged.
    """
    keys = ["series_id", "month", "currency"]
    met = frozen.join(actual.select(*keys, pl.col("cost").cast(pl.Float64)), on=keys, how="inner").drop_nulls("yhat")
    expected = pl.col("yhat").cast(pl.Float64)
    error = expected - pl.col("cost")
    inside = pl.col("cost").is_between(pl.col("lo80").cast(pl.Float64), pl.col("hi80").cast(pl.Float64))
    charged = pl.col("cost").abs().sum()
    return (
        met.with_columns(frozen_day=pl.col("frozen_on").dt.day())
        .group_by("frozen_day", "currency")
        .agg(
            forecasts=pl.len(),
            wape=pl.when(charged > 0).then(error.abs().sum() / charged),
            bias=pl.when(charged > 0).then(error.sum() / charged),
            covered80=inside.mean(),
        )
        .sort("frozen_day", "currency")
    )
