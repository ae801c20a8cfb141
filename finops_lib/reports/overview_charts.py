"""The overview's charts and tables, each under its finding: the trend, who costs what, who owns it, what moved."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import polars as pl

from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.overview import NOTHING, Totals
from finops_lib.reports.page import Element, Showable
from finops_lib.reports.tables import Column, table

SOURCE = "daily_cost"
NOBODY = "not allocated"
TOP = 10
# Up to here outliers are named, beyond it counted.
MOST_NAMED = 5
# What leaders in the field reach (domain.md 7.5).
COVERAGE_GOAL = 0.9
DIMENSION_WORDS = {
    "organization": "Organization",
    "project": "Project",
    "team": "Team",
    "environment": "Environment",
    "cost_center": "Cost centre",
}


def trend(daily: pl.DataFrame, totals: Totals | None) -> Showable:
    """Draw the usage of the last 30 days by provider, with what the same weekdays before led to expect.

    Args:
        daily: the rows of `overview_daily`.
    """
    if totals is None:
        return page.sentence(NOTHING)
    has_band = not daily.is_empty() and daily["expected_low"].null_count() == 0
    other = f". Not drawn: {say.money(totals.last_30_other, totals.currency)} of purchases, fees, taxes and credits"
    return charts.daily(
        daily.with_columns(pl.col("x_Provider").replace(say.PROVIDER_NAMES)),
        by="x_Provider",
        kind="bar",
        band=("expected_low", "expected_high") if has_band else None,
        incomplete_from=totals.incomplete_from,
        currency=totals.currency,
        title=_trend_finding(daily, totals, has_band=has_band),
        subtitle=f"Effective cost of usage a day in {totals.currency}, {totals.last_30_days}, by provider"
        + ("; the band is what the same weekdays of the 4 weeks before led to expect" if has_band else ""),
        source=f"{SOURCE}{other if totals.last_30_other else ''}",
        empty=f"Nothing was used in {totals.last_30_days}.",
    )


def services(frame: pl.DataFrame, totals: Totals | None) -> Showable:
    """Rank the services of the last 30 days against the 30 days before.

    Args:
        frame: the rows of `overview_services`.
    """
    if totals is None:
        return page.sentence(NOTHING)
    shown = _charged(frame)
    top = _sum(shown.head(TOP)["effective_cost"].to_list())
    count = min(TOP, shown.height)
    verb = "makes" if count == 1 else "make"
    lead = f"{say.plural(count, 'service')} {verb} {say.percent(top, totals.last_30, totals.currency)}"
    return _ranked(
        shown, totals, "ServiceName", title=f"{lead}{_fastest(frame, totals, 'ServiceName')}", by_provider=True
    )


def providers(frame: pl.DataFrame, totals: Totals | None) -> Showable:
    """Rank the providers.

    Args:
        frame: the rows of `overview_owners` for the dimension provider.
    """
    if totals is None:
        return page.sentence(NOTHING)
    named = frame.with_columns(
        pl.col("owner").replace(say.PROVIDER_NAMES).alias("owner"), pl.col("owner").alias("x_Provider")
    )
    return _ranked(named, totals, "owner", title=_largest(named, totals), by_provider=True)


def owners(frame: pl.DataFrame, totals: Totals | None, dimension: str) -> Showable:
    """Rank the owners of one allocation dimension.

    Args:
        frame: the rows of `overview_owners` for that dimension.
    """
    if totals is None:
        return page.sentence(NOTHING)
    nobody = _sum(frame.filter(pl.col("owner").is_null())["effective_cost"].to_list())
    named = frame.filter(pl.col("owner").is_not_null())
    word = DIMENSION_WORDS[dimension].lower()
    if named.is_empty():
        return page.sentence(f"No charge of {totals.last_30_days} names its {word}; nothing to rank.")
    gap = f"; {say.money(nobody, totals.currency)} name no {word}" if nobody else ""
    shown = frame.with_columns(pl.col("owner").fill_null(NOBODY))
    return _ranked(shown, totals, "owner", title=f"{DIMENSION_WORDS[dimension]} {_largest(named, totals)}{gap}")


def accounts(frame: pl.DataFrame, totals: Totals | None) -> Element:
    """Show every account with its change and its cost that no team answers for.

    Args:
        frame: the rows of `overview_accounts`.
    """
    if totals is None:
        return page.sentence(NOTHING)
    has_before = totals.former_30 is not None
    rows = frame.with_columns(
        pl.col("x_Provider").replace(say.PROVIDER_NAMES),
        (pl.col("effective_cost") - pl.col("former_cost")).alias("change"),
    ).filter((pl.col("effective_cost") != 0) | (pl.col("former_cost") != 0))
    columns = {
        "account_name": Column("Account"),
        "x_Provider": Column("Provider"),
        "effective_cost": Column("Last 30 days", "money", _style(totals)),
        "change": Column("Against the 30 days before", "change", _style(totals)),
        "teamless_cost": Column("Without a team", "money", _style(totals)),
        "account_id": Column("Identifier"),
    }
    if not has_before:
        del columns["change"]
    return table(
        rows,
        columns,
        title=f"{say.plural(rows.height, 'account')}; {_largest(rows, totals, 'account_name')}",
        source=f"{SOURCE}, effective cost, {totals.last_30_days}",
        currency=totals.currency,
        total="All accounts",
        empty=f"No account was charged in {totals.last_30_days}.",
    )


def coverage(frame: pl.DataFrame, totals: Totals | None) -> Showable:
    """Draw how much of the month's cost has an owner in each dimension.

    Args:
        frame: the rows of `overview_coverage`.
    """
    if totals is None:
        return page.sentence(NOTHING)
    if frame.is_empty():
        return page.sentence(f"Nothing to allocate in {say.month(totals.as_of)}.")
    order = {name: place for place, name in enumerate(DIMENSION_WORDS)}
    shown = frame.with_columns(pl.col("dimension").replace_strict(order, return_dtype=pl.Int64).alias("place")).sort(
        "place"
    )
    short = [
        DIMENSION_WORDS[row["dimension"]].lower()
        for row in shown.to_dicts()
        if row["allocated_effective_cost"] < row["effective_cost"] * Decimal(str(COVERAGE_GOAL))
    ]
    goal = f"the goal of {COVERAGE_GOAL:.0%}"
    finding = f"{say.names(short).capitalize()}: below {goal}" if short else f"Every dimension reaches {goal}"
    return charts.share_bars(
        shown.with_columns(pl.col("dimension").replace(DIMENSION_WORDS)),
        label="dimension",
        part="allocated_effective_cost",
        whole="effective_cost",
        currency=totals.currency,
        target=COVERAGE_GOAL,
        title=finding,
        subtitle=f"Share of effective cost with an owner, {totals.currency}, "
        f"{say.days(totals.period.start, totals.as_of)}, without tax and credits",
        source=SOURCE,
    )


def movers(frame: pl.DataFrame, totals: Totals | None) -> Showable:
    """Draw what moved the month to date against the same days of the month before.

    Args:
        frame: the rows of `overview_movers`.
    """
    if totals is None:
        return page.sentence(NOTHING)
    if totals.month_change is None:
        return page.sentence(
            f"The lake holds nothing before {say.day(totals.first_day, 'full')}, so nothing can have moved."
        )
    moved = [
        f"{row['ServiceName']} {say.signed_money(row['change'])} in {row['main_account']}"
        for row in frame.head(2).to_dicts()
    ]
    change = say.signed_money(totals.month_change, totals.currency)
    return charts.waterfall(
        frame,
        label="ServiceName",
        value="change",
        currency=totals.currency,
        title=f"{change} against {totals.former_days}: {say.names(moved)}",
        subtitle=f"Change of effective cost in {totals.currency}, {say.days(totals.period.start, totals.as_of)} "
        f"against {totals.former_days}, all charges",
        source=SOURCE,
        empty=f"Every service cost the same as on {totals.former_days}.",
    )


def _ranked(frame: pl.DataFrame, totals: Totals, label: str, *, title: str, by_provider: bool = False) -> Showable:
    before = "former_cost" if totals.former_30 is not None else None
    against = ", the mark is the 30 days before" if before else ""
    return charts.ranked(
        _charged(frame),
        label=label,
        value="effective_cost",
        before=before,
        color="x_Provider" if by_provider else None,
        currency=totals.currency,
        top=TOP,
        title=title,
        subtitle=f"Effective cost in {totals.currency}, {totals.last_30_days}, all charges{against}",
        source=SOURCE,
        empty=f"Nothing was charged in {totals.last_30_days}.",
    )


def _trend_finding(daily: pl.DataFrame, totals: Totals, *, has_band: bool) -> str:
    by_day = daily.group_by("day").agg(
        pl.col("effective_cost").sum(), pl.col("expected_low").first(), pl.col("expected_high").first()
    )
    days = by_day.sort("day").to_dicts()
    if not days:
        return "No usage"
    if has_band:
        high = [row["day"] for row in days if row["effective_cost"] > row["expected_high"]]
        low = [row["day"] for row in days if row["effective_cost"] < row["expected_low"]]
        outside = [*(_outside(high, "above")), *(_outside(low, "below"))]
        if not outside:
            return f"Each of the last {say.plural(len(days), 'day')} stayed in its expected range"
        return f"{' and '.join(outside)} the expected range, of {say.plural(len(days), 'day')}"
    top = max(days, key=lambda row: row["effective_cost"])
    return (
        f"The dearest day was {say.day(top['day'], 'weekday')} with {say.money(top['effective_cost'], totals.currency)}"
    )


def _outside(days: Sequence[date], where: str) -> list[str]:
    if not days:
        return []
    named = f" ({say.names([say.day(day) for day in days], limit=MOST_NAMED)})" if len(days) <= MOST_NAMED else ""
    return [f"{say.plural(len(days), 'day')}{named} {where}"]


def _fastest(frame: pl.DataFrame, totals: Totals, label: str, largest: str = "") -> str:
    """Say who grew most against the 30 days before; nothing where the lake does not reach back."""
    if totals.former_30 is None:
        return ""
    grown = frame.with_columns((pl.col("effective_cost") - pl.col("former_cost")).alias("change")).sort(
        "change", label, descending=[True, False]
    )
    if grown.is_empty() or grown["change"][0] <= 0:
        return ""
    change = say.signed_money(grown["change"][0], totals.currency)
    who = grown[label][0]
    return f" and grew most ({change})" if who == largest else f"; {who} grew most ({change})"


def _largest(frame: pl.DataFrame, totals: Totals, label: str = "owner") -> str:
    if frame.is_empty():
        return "nobody was charged"
    top = frame.sort("effective_cost", label, descending=[True, False]).row(0, named=True)
    share = say.percent(top["effective_cost"], totals.last_30, totals.currency)
    return f"{top[label]} makes {share}{_fastest(frame, totals, label, largest=top[label])}"


def _charged(frame: pl.DataFrame) -> pl.DataFrame:
    """Leave out what cost nothing now; a refund is something."""
    return frame.filter(pl.col("effective_cost") != 0).sort("effective_cost", descending=True)


def _style(totals: Totals) -> say.MoneyStyle:
    # A bill of a few units is read to the cent.
    return "unit" if abs(totals.last_30) >= 1000 else "cent"


def _sum(amounts: Sequence[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
