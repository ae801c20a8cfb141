"""What commitments cover, waste and save, when they end, and what to buy next, with the curve behind it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

import polars as pl

from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.page import Element, Figure
from finops_lib.reports.tables import Column, table

SOURCE = "hourly_committable_usage, commitment_usage"
_MONEY = pl.Decimal(38, 12)
# As many curves as are looked at one by one.
MOST_CURVES = 3


class Measures(Protocol):
    """What `analyses.commitments.measured` gives."""

    @property
    def currency(self) -> str: ...
    @property
    def utilisation(self) -> float | None: ...
    @property
    def coverage(self) -> float | None: ...
    @property
    def waste_share(self) -> float | None: ...
    @property
    def savings_rate(self) -> float | None: ...
    @property
    def savings_rate_at_list(self) -> float | None: ...
    @property
    def committed_cost(self) -> Decimal: ...
    @property
    def unused_effective_cost(self) -> Decimal: ...
    @property
    def net_saving(self) -> Decimal: ...


class Point(Protocol):
    @property
    def level(self) -> float: ...
    @property
    def monthly_cost(self) -> float: ...


class Proposal(Protocol):
    """What `analyses.commitments.propose` gives of each purchase."""

    @property
    def provider(self) -> str: ...
    @property
    def pool(self) -> str: ...
    @property
    def instrument(self) -> str: ...
    @property
    def term_months(self) -> int: ...
    @property
    def payment(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def hourly_commitment(self) -> Decimal: ...
    @property
    def units(self) -> int | None: ...
    @property
    def optimum(self) -> Decimal: ...
    @property
    def utilisation(self) -> float: ...
    @property
    def coverage_before(self) -> float: ...
    @property
    def coverage_after(self) -> float: ...
    @property
    def saving_net(self) -> Decimal: ...
    @property
    def saving_p10(self) -> Decimal: ...
    @property
    def saving_down_30(self) -> Decimal: ...
    @property
    def break_even_utilisation(self) -> float: ...
    @property
    def payback_months(self) -> float | None: ...
    @property
    def next_tranche(self) -> Decimal: ...
    @property
    def alternative(self) -> str: ...
    @property
    def is_preferred(self) -> bool: ...
    @property
    def rate_source(self) -> str: ...
    @property
    def curve(self) -> Sequence[Point]: ...


class Withheld(Protocol):
    @property
    def provider(self) -> str: ...
    @property
    def pool(self) -> str: ...
    @property
    def on_demand_per_month(self) -> Decimal: ...
    @property
    def saving_at_most(self) -> Decimal | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def currency(self) -> str: ...


def commitment_figures(measures: Measures) -> Element:
    """Show the rates: the outcome first, then what explains it."""
    if not measures.committed_cost and measures.coverage is None:
        return page.sentence("The bill shows no commitment, and no usage that one could pay for.")
    at_list = f"{_share(measures.savings_rate_at_list)} against list prices"
    saved = f"{say.money(measures.net_saving, measures.currency)} saved after what was left unused"
    wasted = f"{say.money(measures.unused_effective_cost, measures.currency)} paid for and not used"
    return page.figures(
        [
            Figure("Effective savings rate", _share(measures.savings_rate), at_list),
            Figure("Coverage", _share(measures.coverage), "of eligible usage at contracted on-demand cost"),
            Figure("Utilisation", _share(measures.utilisation), saved),
            Figure("Waste rate", _share(measures.waste_share), wasted),
        ]
    )


def coverage_table(by_month: Mapping[date, Measures]) -> Element:
    """Show the rates month by month; the newest month is as long as its data."""
    rows = [
        {
            "month": month,
            "rate": one.savings_rate,
            "coverage": one.coverage,
            "utilisation": one.utilisation,
            "unused": one.unused_effective_cost,
            "saved": one.net_saving,
        }
        for month, one in by_month.items()
    ]
    currency = next((one.currency for one in by_month.values()), "")
    floats = dict.fromkeys(("rate", "coverage", "utilisation"), pl.Float64())
    schema: dict[str, Any] = {"month": pl.Date(), **floats, "unused": _MONEY, "saved": _MONEY}
    columns = {
        "month": Column("Month", "month"),
        "rate": Column("Effective savings rate", "percent"),
        "coverage": Column("Coverage of eligible usage", "percent"),
        "utilisation": Column("Utilisation", "percent"),
        "unused": Column("Paid, not used", "money"),
        "saved": Column("Saved after that", "change"),
    }
    title, courses = "", list(by_month.values())
    if len(courses) > 1:
        title = f"Coverage went from {_share(courses[0].coverage)} to {_share(courses[-1].coverage)}"
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=title,
        source=SOURCE,
        currency=currency,
        empty="No month has a commitment or usage that one could pay for.",
    )


def cost_curves(proposals: Sequence[Proposal]) -> page.Showable:
    """Draw the cost curve of each purchase that is proposed, the largest saving first."""
    shown = sorted((one for one in proposals if one.is_preferred), key=lambda one: -one.saving_net)[:MOST_CURVES]
    drawn = [_curve(one) for one in shown]
    if not drawn:
        return page.sentence("No purchase is proposed, so there is no curve to draw.")
    return page.beside(*drawn) if len(drawn) > 1 else drawn[0]


def _curve(one: Proposal) -> page.Showable:
    saved = say.money(one.saving_net, one.currency)
    return charts.cost_curve(
        [(point.level, point.monthly_cost) for point in one.curve],
        optimum=float(one.optimum),
        proposed=float(one.hourly_commitment),
        currency=one.currency,
        title=f"{one.pool}: {say.number(one.hourly_commitment, 2)} an hour saves {saved} a month",
        subtitle=f"Cost of a month of usage not covered yet, over the hourly commitment, {one.instrument}, "
        f"{one.term_months} months",
        source=SOURCE,
    )


def proposals_table(proposals: Sequence[Proposal]) -> Element:
    """Show what to buy, with what speaks against it; alternatives for the same usage are named as such."""
    rows = [
        {
            "pool": f"{one.pool} ({one.provider})",
            "what": f"{one.instrument}, {one.term_months} months, {one.payment}",
            "hourly": one.hourly_commitment,
            "tranche": one.next_tranche,
            "saving": one.saving_net,
            "p10": one.saving_p10,
            "down": one.saving_down_30,
            "utilisation": one.utilisation,
            "break_even": one.break_even_utilisation,
            "after": one.coverage_after,
            "payback": "at once" if one.payback_months == 0 else _months(one.payback_months),
            "role": "proposed" if one.is_preferred else f"alternative ({one.alternative})",
            "price": one.rate_source,
        }
        for one in sorted(proposals, key=lambda one: (not one.is_preferred, -one.saving_net))
    ]
    schema: dict[str, Any] = {
        **dict.fromkeys(("pool", "what", "payback", "role", "price"), pl.String()),
        **dict.fromkeys(("hourly", "tranche", "saving", "p10", "down"), _MONEY),
        **dict.fromkeys(("utilisation", "break_even", "after"), pl.Float64()),
    }
    columns = {
        "role": Column("Role"),
        "pool": Column("Usage"),
        "what": Column("Commitment"),
        "hourly": Column("Per hour", "money", style="cent"),
        "tranche": Column("of it now", "money", style="cent"),
        "saving": Column("Saves a month", "money"),
        "p10": Column("nine of ten weeks reach", "money"),
        "down": Column("if usage falls by 30 %", "change"),
        "utilisation": Column("Utilisation", "percent"),
        "break_even": Column("pays from", "percent"),
        "after": Column("Coverage after", "percent"),
        "payback": Column("Pays back"),
        "price": Column("Price from"),
    }
    bought = [one for one in proposals if one.is_preferred]
    currency = bought[0].currency if bought else ""
    saved = say.money(sum((one.saving_net for one in bought), Decimal(0)), currency)
    title = f"{say.plural(len(bought), 'purchase')} would save {saved} a month; two people have to approve each"
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=title if bought else "",
        source=SOURCE,
        currency=currency,
        empty="No purchase is proposed. The table below says of which usage, and why.",
    )


def withheld_table(withheld: Sequence[Withheld]) -> Element:
    """Show usage for which nothing is proposed, and why; upper bounds are in no sum."""
    rows = [
        {
            "pool": f"{one.pool} ({one.provider})",
            "cost": one.on_demand_per_month,
            "most": one.saving_at_most,
            "reason": one.reason,
        }
        for one in sorted(withheld, key=lambda one: -one.on_demand_per_month)
    ]
    columns = {
        "pool": Column("Usage on demand"),
        "cost": Column("Costs a month", "money"),
        "most": Column("Upper bound of a saving", "money"),
        "reason": Column("Why nothing is proposed", "sentence"),
    }
    schema: dict[str, Any] = {"pool": pl.String(), "cost": _MONEY, "most": _MONEY, "reason": pl.String()}
    return table(
        pl.DataFrame(rows, schema=schema),
        columns,
        title=f"Nothing is proposed for {say.plural(len(rows), 'kind')} of usage" if rows else "",
        source=SOURCE,
        currency=next((one.currency for one in withheld), ""),
        empty="Every kind of usage that a commitment could pay for has a proposal, or is covered.",
    )


def _share(value: float | None) -> str:
    return "not known" if value is None else say.ratio(value)


def _months(value: float | None) -> str:
    return "not within its term" if value is None else f"after {say.number(value, 1)} months"
