"""The ingestion page's word on months already reported: what changed in them, and when a day is whole."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.page import Element, Showable
from finops_lib.reports.tables import Column, table

NOTHING_RESTATED = "No month that was already reported has changed."
# In the order of the table, which leaves out what nothing happened in.
PARTS = {
    "late usage": "Late usage",
    "re-rated": "Re-rated",
    "credit or refund": "Credits, refunds",
    "tax and fees": "Tax, fees",
    "removed": "Removed",
    "our mapping": "Our mapping",
    "repaired": "Repaired",
    "not told apart": "Not told apart",
}
MOST_CHARTS = 4
_MONTH = ["x_BillingMonth", "x_Provider", "x_SourceId", "BillingCurrency"]


def restated_words(changes: pl.DataFrame) -> Element:
    """Say of each restated month what it cost first, what it costs now, and why.

    Args:
        changes: the rows of `ingestion_changes`.
    """
    said = [page.sentence(_sentence(rows)) for rows in _months(changes)] or [page.sentence(NOTHING_RESTATED)]
    return Element("".join(each.html() for each in said), "\n".join(each.text() for each in said))


def restated_charts(changes: pl.DataFrame) -> Showable:
    """Draw what moved each month that was restated for several reasons, the newest months first.

    Args:
        changes: the rows of `ingestion_changes`.
    """
    mixed = [rows for rows in _months(changes) if sum(row["billed_change"] != 0 for row in rows) > 1]
    if not mixed:
        return page.sentence("No month was restated for more than one reason.")
    drawn = [_chart(rows) for rows in mixed[:MOST_CHARTS]]
    return page.beside(*drawn) if len(drawn) > 1 else drawn[0]


def restated_table(changes: pl.DataFrame) -> Element:
    """Show the parts of each restated month's change, which add up to it.

    Args:
        changes: the rows of `ingestion_changes`.
    """
    rows = [_row(parts) for parts in _months(changes)]
    shown = [part for part in PARTS if any(row[part] for row in rows)]
    columns = {
        "month": Column("Month", "month"),
        "source": Column("Source"),
        **{part: Column(PARTS[part], "change", "cent") for part in shown},
        "moved": Column("Tags moved", "money", "cent"),
        "sum": Column("Sum", "change", "cent", currency_from="currency"),
        "first": Column("First reported", "money", "cent"),
        "now": Column("Now", "money", "cent"),
    }
    if any(row["effective"] != row["sum"] for row in rows):
        columns["effective"] = Column("Effective cost", "change", "cent")
    amounts = dict.fromkeys(("first", *PARTS, "sum", "now", "moved", "effective"), pl.Decimal(38, 12))
    texts = dict.fromkeys(("source", "currency"), pl.String)
    frame = pl.DataFrame(rows, schema={"month": pl.Date, **texts, **amounts})
    return table(
        frame,
        columns,
        title=f"{say.plural(changes['x_BillingMonth'].n_unique(), 'reported month')} changed since; the parts add up",
        source="monthly_restatements, billed cost in the currency of the row's sum; what moved to other tags changes "
        "no sum; a month counts as reported from its first delivery three days after its end on",
        empty=NOTHING_RESTATED,
    )


def completeness_table(curve: pl.DataFrame) -> Element:
    """Show how much of a day has arrived so many days after it, by service.

    Args:
        curve: the rows of `ingestion_completeness`.
    """
    lags = sorted({int(lag) for lag in curve["lag_days"]})
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for point in curve.to_dicts():
        key = (point["x_Provider"], point["ServiceName"])
        row = rows.setdefault(key, {"provider": key[0], "service": key[1], "days": 0})
        row[f"lag {point['lag_days']}"] = float(point["completeness"])
        row["days"] = max(row["days"], point["days"])
    columns = {"service": Column("Service"), "provider": Column("Provider", "provider")}
    columns |= {f"lag {lag}": Column(f"+{lag} d", "percent") for lag in lags}
    columns["days"] = Column("Days seen", "number")
    schema: dict[str, Any] = {"provider": pl.String, "service": pl.String, "days": pl.Int64}
    schema |= {f"lag {lag}": pl.Float64 for lag in lags}
    return table(
        pl.DataFrame(list(rows.values()), schema=schema),
        columns,
        title=f"How full a day is so many days after it, learned for {say.plural(len(rows), 'service')}",
        source="completeness_curve: share of a usage day's settled effective cost, median of the last 30 settled days, "
        "at least 7 of them; services above 5 % of their provider's last 30 days",
        empty="Nothing is learned yet: no service has a week of days that were delivered early and again ten days "
        "later. Until then the usual 2 or 3 days count.",
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
