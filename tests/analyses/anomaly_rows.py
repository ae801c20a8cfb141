"""An episode, and rows as the figure query `anomaly_charges` gives them; each test names only what it talks about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from finops_lib.findings import Anomaly

DAY = date(2026, 10, 14)
NO_TAGS = pl.DataFrame(
    schema={
        "tag_key": pl.String,
        "tag_value": pl.String,
        "cost_before": pl.Decimal(38, 12),
        "cost_during": pl.Decimal(38, 12),
    }
)
_MONEY, _QUANTITY = pl.Decimal(38, 12), pl.Decimal(38, 18)
_TEXTS = (
    "account_id",
    "account_name",
    "ServiceName",
    "RegionId",
    "sku",
    "sku_name",
    "PricingUnit",
    "ResourceId",
    "resource_name",
    "x_Team",
    "x_Project",
    "x_Environment",
    "charge_kind",
    "BillingCurrency",
)
_SCHEMA: dict[str, pl.DataType] = {
    **dict.fromkeys(_TEXTS, pl.String()),
    **{
        f"{name}_{side}": _QUANTITY if name == "quantity" else _MONEY
        for name in ("cost", "quantity", "list", "contracted", "priced")
        for side in ("before", "during")
    },
    "unlisted": pl.Int64(),
    "unpriced": pl.Int64(),
    "earlier": pl.Int64(),
}
Pair = tuple[object, object]


def anomaly(*, impact: float = 100.0, service: str = "Compute", start: date = DAY, account: str = "111") -> Anomaly:
    """Give a one-day episode of which 50 was expected."""
    return Anomaly(
        scope=f"aws/{account}/{service}",
        provider="aws",
        account=account,
        service=service,
        start=start,
        end=start,
        expected=50.0,
        actual=50.0 + impact,
        impact=impact,
        currency="USD",
        deviation_pct=100 * impact / 50,
        methods=("zscore",),
        score=5.0,
        cause="",
    )


def row(
    *,
    cost: Pair,
    quantity: Pair = (1, 1),
    listed: Pair = (0, 0),
    contracted: Pair = (0, 0),
    priced: Pair = (0, 0),
    service: str = "Compute",
    region: str = "eu-west-1",
    sku: str = "m5",
    unit: str = "Hrs",
    resource: str = "",
    team: str = "web",
    charge_kind: str = "usage",
    unlisted: int = 0,
    earlier: int | None = None,
    account: str = "111",
) -> dict[str, object]:
    """Give the charges of one resource or item; pairs are (before, during)."""
    texts = (
        account,
        f"account {account}",
        service,
        region,
        sku,
        sku,
        unit,
        resource,
        resource,
        team,
        "",
        "",
        charge_kind,
        "USD",
    )
    pairs = {"cost": cost, "quantity": quantity, "list": listed, "contracted": contracted, "priced": priced}
    amounts = {
        f"{name}_{side}": Decimal(str(value))
        for name, pair in pairs.items()
        for side, value in zip(("before", "during"), pair, strict=True)
    }
    # What cost something before was charged before, unless the test says otherwise.
    was_charged = int(amounts["cost_before"] != 0) if earlier is None else earlier
    counts = {"unlisted": unlisted, "unpriced": 0, "earlier": was_charged}
    return {**dict(zip(_TEXTS, texts, strict=True)), **amounts, **counts}


def charges(rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    """Make the frame of some rows."""
    return pl.DataFrame(list(rows), schema=_SCHEMA)
