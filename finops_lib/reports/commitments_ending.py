"""What commitments end when, and the classic screen of usage that was always there."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.commitments import SOURCE
from finops_lib.reports.page import Element
from finops_lib.reports.tables import Column, table

_MONEY = pl.Decimal(38, 12)


class Term(Protocol):
    """What `analyses.commitments.terms` gives of each commitment."""

    @property
    def name(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def start(self) -> date | None: ...
    @property
    def end(self) -> date | None: ...
    @property
    def basis(self) -> str: ...
    @property
    def monthly_cost(self) -> Decimal: ...
    @property
    def step(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...


class Screened(Protocol):
    @property
    def provider(self) -> str: ...
    @property
    def pool(self) -> str: ...
    @property
    def steady(self) -> float: ...
    @property
    def mean(self) -> float: ...
    @property
    def grain(self) -> str: ...
    @property
    def passes(self) -> bool: ...


def expiry_table(found: Sequence[Term]) -> Element:
    """Show when each commitment ends and what the same usage costs then."""
    rows = [
        {
            "name": one.name,
            "kind": one.type,
            "provider": one.provider,
            "end": one.end,
            "basis": one.basis,
            "cost": one.monthly_cost,
            "step": one.step,
        }
        for one in sorted(found, key=lambda one: (one.end is None, one.end or date.max, one.name))
    ]
    columns = {
        "name": Column("Commitment"),
        "kind": Column("Kind"),
        "provider": Column("Provider", "provider"),
        "end": Column("First day without it", "day"),
        "basis": Column("Known from"),
        "cost": Column("Costs a month", "money"),
        "step": Column("Change when it ends", "change"),
    }
    schema: dict[str, Any] = {
        **dict.fromkeys(("name", "kind", "provider", "basis"), pl.String()),
        "end": pl.Date(),
        "cost": _MONEY,
        "step": _MONEY,
    }
    unknown = sum(one.end is None for one in found)
    title = f"{len(found) - unknown} of {say.plural(len(found), 'commitment')} have an end that is known"
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=title if rows else "",
        source="commitment_usage",
        currency=next((one.currency for one in found), ""),
        empty="The bill shows no commitment.",
    )


def cliff_chart(months: pl.DataFrame, currency: str) -> page.Showable:
    """Draw what the coming twelve months cost more as commitments end and nothing is bought."""
    ending = months.filter(pl.col("ends") > 0) if months.height else months
    if not ending.height:
        return page.sentence("No commitment whose end is known ends within twelve months.")
    frame = ending.select(
        name=pl.col("month").map_elements(lambda month: say.month(month), return_dtype=pl.String),
        step="step",
    )
    total = float(ending["step"].sum())
    return charts.waterfall(
        frame,
        label="name",
        value="step",
        currency=currency,
        net="All of them",
        title=f"What ends within twelve months changes a month by {say.signed_money(total, currency)}",
        subtitle=f"Change of monthly cost in {currency} as commitments end and nothing is bought",
        source="commitment_usage",
    )


def screen_table(found: Sequence[Screened], currency: str) -> Element:
    """Show the classic screen, which knows no price: a look, no proposal."""
    rows = [
        {
            "pool": f"{one.pool} ({one.provider})",
            "steady": one.steady,
            "mean": one.mean,
            "grain": one.grain,
            "passes": "yes" if one.passes else "no",
        }
        for one in found
    ]
    columns = {
        "pool": Column("Usage"),
        "steady": Column("Reached in 80 % of the hours, an hour", "money", style="cent"),
        "mean": Column("On average, an hour", "money", style="cent"),
        "grain": Column("Known by"),
        "passes": Column("Passes the screen"),
    }
    schema: dict[str, Any] = {
        **dict.fromkeys(("pool", "grain", "passes"), pl.String()),
        "steady": pl.Float64(),
        "mean": pl.Float64(),
    }
    passing = f"{sum(row['passes'] == 'yes' for row in rows)} of {len(rows)}"
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=f"{passing} of {len(rows)} pass the classic screen of 80 % in 90 days, which knows no price"
        if rows
        else "",
        source=SOURCE,
        currency=currency,
        empty="No usage is old enough for the classic screen.",
    )
