"""The ingestion page's word on months already reported: what changed in them, and when a day is whole."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.ingestion import is_late
from finops_lib.reports.page import Element, Showable
from finops_lib.reports.tables import Column, table

NOTHING_RESTATED = "No month that was already reported has changed."
# In the order of the table; the last two only where there is money in them.
PARTS = {
    "late usage": "Late usage",
    "re-rated": "Re-rated",
    "credit or refund": "Credits, refunds",
    "tax and fees": "Tax, fees",
    "removed": "Removed",
    "our mapping": "Our mapping",
    "not told apart": "Not told apart",
}
ALWAYS = tuple(PARTS)[:5]
MOST_CHARTS = 4
_MONTH = ["x_BillingMonth", "x_Provider", "x_SourceId", "BillingCurrency"]


def restated_words(changes: pl.DataFrame) -> Element:
    """Say of each restated month what it cost first, what it costs now, and why.

    Args:
        changes: the rows of `ingestion_changes`.
    """
    return page.sentence(" ".join(_sentence(rows) for rows in _months(changes)) or NOTHING_RESTATED)


def restated_charts(changes: pl.DataFrame) -> Showable:
    """Draw what moved each restated month, the newest months first.

    Args:
        changes: the rows of `ingestion_changes`.
    """
    moved = [rows for rows in _months(changes) if rows[0]["month_billed_change"]]
    drawn = [_chart(rows) for rows in moved[:MOST_CHARTS]]
    if not drawn:
        return page.sentence("" if changes.is_empty() else "The sums of the restated months stayed what they were.")
    return page.beside(*drawn) if len(drawn) > 1 else drawn[0]


def restated_table(changes: pl.DataFrame) -> Element:
    """Show the parts of each restated month's change, which add up to it.

    Args:
        changes: the rows of `ingestion_changes`.
    """
    rows = [_row(parts) for parts in _months(changes)]
    shown = [part for part in PARTS if part in ALWAYS or any(row[part] for row in rows)]
    columns = {
        "month": Column("Billing month", "month"),
        "source": Column("Source"),
        "first": Column("First reported", "money", "cent", currency_from="currency"),
        **{part: Column(PARTS[part], "change", "cent") for part in shown},
        "sum": Column("Change", "change", "cent"),
        "now": Column("Now", "money", "cent", currency_from="currency"),
        "moved": Column("Under other tags", "money", "cent"),
        "effective": Column("Effective change", "change", "cent"),
        "loaded_at": Column("Last loaded", "moment"),
    }
    amounts = dict.fromkeys(("first", *PARTS, "sum", "now", "moved", "effective"), pl.Decimal(38, 12))
    texts = dict.fromkeys(("source", "currency"), pl.String)
    frame = pl.DataFrame(rows, schema={"month": pl.Date, **texts, **amounts, "loaded_at": pl.Datetime("us")})
    return table(
        frame,
        columns,
        title=f"{say.plural(len(rows), 'reported month')} changed since; the parts add up to the change",
        source="monthly_restatements, billed cost unless said otherwise, in the currency of the row; money under other "
        "tags changes no sum; a month counts as reported from its first delivery three days after its end on",
        empty=NOTHING_RESTATED,
    )


def completeness_table(curve: pl.DataFrame, sources: pl.DataFrame) -> Element:
    """Show how much of a day has arrived so many days later, and up to which day each source is whole by it.

    Args:
        curve: the rows of `ingestion_completeness`.
        sources: the rows of `ingestion_sources`.
    """
    lags = sorted({int(lag) for lag in curve["lag_days"]})
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for point in curve.to_dicts():
        key = (point["x_Provider"], point["ServiceName"])
        row = rows.setdefault(key, {"provider": point["x_Provider"], "service": point["ServiceName"], "days": 0})
        row[f"lag {point['lag_days']}"] = float(point["completeness"])
        row["days"] = max(row["days"], point["days"])
    columns = {"service": Column("Service"), "provider": Column("Provider", "provider")}
    columns |= {f"lag {lag}": Column(f"+{lag} d", "percent") for lag in lags}
    columns["days"] = Column("Days observed", "number")
    schema: dict[str, Any] = {"provider": pl.String, "service": pl.String, "days": pl.Int64}
    schema |= {f"lag {lag}": pl.Float64 for lag in lags}
    return table(
        pl.DataFrame(list(rows.values()), schema=schema),
        columns,
        title=_through(sources),
        source="completeness_curve: share of a usage day's settled effective cost that had arrived so many days after "
        "it, median of the last 30 settled days; services above 5 % of their provider's last 30 days",
        empty=f"{_through(sources)} No service's days were delivered early and again 10 days later yet, so the usual "
        "2 or 3 days count."
        if not sources.is_empty()
        else "No day has been delivered yet.",
    )


def restated_result(changes: pl.DataFrame) -> list[dict[str, object]]:
    """Give the restated months for `result.json`: every part of every month, in billed and effective cost."""
    return [{name: value for name, value in row.items() if name != "loaded_at"} for row in changes.to_dicts()]


def _months(changes: pl.DataFrame) -> Iterator[list[dict[str, Any]]]:
    for month in changes.partition_by(_MONTH, maintain_order=True) if not changes.is_empty() else ():
        yield month.to_dicts()


def _sentence(parts: list[dict[str, Any]]) -> str:
    first = parts[0]
    currency = first["BillingCurrency"]
    named = f"{say.month(first['x_BillingMonth'])} of {first['x_SourceId']}"
    change = first["month_billed_change"]
    if change:
        head = (
            f"{named} was first reported with {say.money(first['first_billed_cost'], currency, 'cent')} and is now "
            f"{say.money(first['billed_cost'], currency, 'cent')}, {say.signed_money(change, currency, 'cent')}: "
        )
    else:
        head = f"{named} still sums up to {say.money(first['billed_cost'], currency, 'cent')} billed: "
    return head + "; ".join(filter(None, (_reason(part) for part in _in_order(parts)))) + "."


def _reason(part: dict[str, Any]) -> str:
    service = f" ({part['main_service']})" if part["main_service"] else ""
    said = []
    if part["billed_change"]:
        said.append(f"{part['part']} {say.signed_money(part['billed_change'], '', 'cent')}{service}")
    elif part["effective_change"]:
        said.append(f"{part['part']} {say.signed_money(part['effective_change'], '', 'cent')} effective{service}")
    if part["billed_moved"] or part["effective_moved"]:
        kind, moved = ("", part["billed_moved"]) if part["billed_moved"] else (" effective", part["effective_moved"])
        said.append(f"{say.money(moved, '', 'cent')}{kind} is under other tags now{service}")
    return "; ".join(said)


def _in_order(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    order = [*PARTS, "tags moved"]
    return sorted(parts, key=lambda part: order.index(part["part"]))


def _row(parts: list[dict[str, Any]]) -> dict[str, Any]:
    first = parts[0]
    changes = {part["part"]: part["billed_change"] for part in parts}
    return {
        "month": first["x_BillingMonth"],
        "source": first["x_SourceId"],
        "currency": first["BillingCurrency"],
        "first": first["first_billed_cost"],
        **{part: changes.get(part, Decimal(0)) for part in PARTS},
        "sum": first["month_billed_change"],
        "now": first["billed_cost"],
        "moved": sum((part["billed_moved"] for part in parts), Decimal(0)),
        "effective": first["month_effective_change"],
        "loaded_at": first["loaded_at"],
    }


def _chart(parts: list[dict[str, Any]]) -> Showable:
    first = parts[0]
    currency = first["BillingCurrency"]
    moved = [part for part in _in_order(parts) if part["billed_change"]]
    largest = max(moved, key=lambda part: abs(part["billed_change"]))
    change = say.signed_money(first["month_billed_change"], currency)
    return charts.waterfall(
        pl.DataFrame(
            [{"part": PARTS.get(part["part"], part["part"]), "billed_change": part["billed_change"]} for part in moved],
            schema={"part": pl.String, "billed_change": pl.Decimal(38, 12)},
        ),
        label="part",
        value="billed_change",
        currency=currency,
        title=f"{say.month(first['x_BillingMonth'])} of {first['x_SourceId']}: {change}, mostly {largest['part']}",
        subtitle=f"Change of billed cost in {currency} since first reported",
        source="monthly_restatements",
    )


def _through(sources: pl.DataFrame) -> str:
    live = [row for row in sources.to_dicts() if not is_late(row) and row["complete_through"]]
    said = [
        f"{row['x_SourceId']} through {say.day(row['complete_through'])} "
        f"({'learned' if row['lag_is_learned'] else 'usual'}: {say.plural(row['lag_days'], 'day')} after a day's end)"
        for row in live
    ]
    return f"Whole: {'; '.join(said)}." if said else "No source has a whole day yet."
