"""Rows of the figure queries `commitments_hours` and `commitments_terms`, written as short as a test wants them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

import polars as pl

DAYS = 90
THROUGH = date(2026, 10, 31)
START = datetime.combine(THROUGH, datetime.min.time()) - timedelta(days=DAYS - 1)
HOURS = 24 * DAYS

_MONEY = pl.Decimal(38, 12)
SCHEMA = {
    "hour": pl.Datetime("us"),
    "period_hours": pl.Int64,
    "x_Provider": pl.String,
    "account_id": pl.String,
    "RegionId": pl.String,
    "usage_class": pl.String,
    "family": pl.String,
    "platform": pl.String,
    "use": pl.String,
    "CommitmentDiscountId": pl.String,
    "BillingCurrency": pl.String,
    "source_first_day": pl.Date,
    "data_through": pl.Date,
    "on_demand_cost": _MONEY,
    "effective_cost": _MONEY,
    "quantity": _MONEY,
    "unit_price": _MONEY,
}
_ROW: dict[str, object] = {
    "x_Provider": "aws",
    "account_id": "111",
    "RegionId": "us-east-1",
    "usage_class": "compute",
    "family": "m5",
    "platform": "",
    "use": "on-demand",
    "CommitmentDiscountId": "",
    "BillingCurrency": "USD",
    "source_first_day": date(2025, 1, 1),
    "data_through": THROUGH,
    "quantity": None,
    "unit_price": None,
}


def usage(cost: float | Callable[[int], float], *, every: int = 1, rate: float = 1.0, **values: object) -> pl.DataFrame:
    """Give a row for every `every` hours of the look-back, of that many hours.

    Args:
        cost: on demand, per row; or by the hour in which the row begins.
        rate: what is paid of it.
    """
    hours = range(0, HOURS, every)
    costs = [cost(hour) if callable(cost) else cost for hour in hours]
    rows = [
        {
            **_ROW,
            **values,
            "hour": START + timedelta(hours=hour),
            "period_hours": every,
            "on_demand_cost": str(one),
            "effective_cost": str(round(one * rate, 9)),
        }
        for hour, one in zip(hours, costs, strict=True)
    ]
    text = {name: pl.String if kind == _MONEY and name.endswith("cost") else kind for name, kind in SCHEMA.items()}
    return pl.DataFrame(rows, schema=text).cast({"on_demand_cost": _MONEY, "effective_cost": _MONEY})


def unused(cost: float, *, every: int = 1, **values: object) -> pl.DataFrame:
    """Give what a commitment leaves unused in every row."""
    pool = {"usage_class": "", "family": "", "use": "unused"}
    rows = usage(cost, every=every, **{**pool, **values})
    return rows.with_columns(on_demand_cost=pl.lit(0).cast(_MONEY))


def together(*parts: pl.DataFrame) -> pl.DataFrame:
    return pl.concat(parts)


def terms(*rows: dict[str, object]) -> pl.DataFrame:
    """Give one row per commitment; with none, the empty frame."""
    row = {
        "x_Provider": "aws",
        "CommitmentDiscountId": "sp-1",
        "BillingCurrency": "USD",
        "CommitmentDiscountName": "our plan",
        "CommitmentDiscountType": "Compute Savings Plan",
        "CommitmentDiscountCategory": "Spend",
        "owner_account_id": "payer",
        "source_first_day": date(2025, 1, 1),
        "data_through": THROUGH,
        "first_day": date(2026, 1, 1),
        "last_day": THROUGH,
        "paid_from": None,
        "paid_through": None,
    }
    frame = pl.DataFrame([{**row, **one} for one in rows or ({},)], infer_schema_length=None)
    return frame if rows else frame.clear()


def by_hour(costs: Sequence[float]) -> Callable[[int], float]:
    """Repeat these costs over the look-back."""
    return lambda hour: costs[hour % len(costs)]
