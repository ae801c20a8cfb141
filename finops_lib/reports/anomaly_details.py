"""The investigation of single episodes: what they are made of, where they happened, and what else happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.findings import Anomaly
from finops_lib.reports import charts, page
from finops_lib.reports import format as say
from finops_lib.reports.anomaly_headlines import what_of
from finops_lib.reports.investigated import Details
from finops_lib.reports.page import Element, Showable
from finops_lib.reports.tables import Column, table

_MONEY = pl.Decimal(38, 14)
_QUANTITY = pl.Float64
# What is left after these many is in the charges.
_MOST_ITEMS, _MOST_RESOURCES = 12, 20
WORTH_A_ROW = Decimal("0.005")
NOTHING = "There is no episode to look into."
SOURCE = (
    "cost, effective cost of all charges; before = the same weekdays of the four weeks before, fees by day of the month"
)
EFFECTS = {
    "quantity": "Quantity",
    "mix": "Mix of price items",
    "list_price": "List price",
    "negotiated_price": "Negotiated price",
    "commitment": "Commitment coverage",
    "currency": "Currency rate",
    "rate": "Price",
    "new": "New, or not charged before",
    "gone": "Gone, or not charged now",
    "unquantified": "Usage without a quantity",
    "unused_commitment": "Unused commitment",
    "credit": "Credits",
    "refund": "Refunds",
    "fee": "Fees and purchases",
    "tax": "Tax",
    "correction": "Corrections",
    "adjustment": "Adjustments",
}
_LEVELS = {"account": "Account", "service": "Service", "region": "Region", "sku": "Price item", "resource": "Resource"}


def episode_name(anomaly: Anomaly) -> str:
    """Say an episode in a few words: Amazon Athena, 11 Oct 2026."""
    return f"{what_of(anomaly)}, {say.days(anomaly.start, anomaly.end)}"


def anomaly_decompositions(details: Sequence[Details]) -> Element:
    """Draw what each episode is made of, from the cost before to the cost during."""
    if not details:
        return page.sentence(NOTHING)
    return page.beside(*(_waterfall(one) for one in details))


def anomaly_proof(details: Sequence[Details]) -> Element:
    """Say that nothing is left over, and how the charges differ from what the detector saw."""
    rows = [
        {
            "episode": episode_name(one.anomaly),
            "expected": say.exact(one.anomaly.expected),
            "unexpected": one.unexpected,
            "before": one.decomposition.before,
            "effects": sum((effect.amount for effect in one.decomposition.effects), Decimal(0)),
            "residual": one.decomposition.residual,
            "actual": one.decomposition.actual,
            "beside": one.restated,
        }
        for one in details
    ]
    columns = {
        "episode": Column("Episode"),
        "expected": Column("Expected by the detector", "money", "cent"),
        "unexpected": Column("Compared days beyond it", "change", "cent"),
        "before": Column("Cost before", "money", "cent"),
        "effects": Column("Effects, added up", "change", "cent"),
        "residual": Column("Residual", "money", "cent"),
        "actual": Column("Cost during", "money", "cent"),
        "beside": Column("of it not judged", "change", "cent"),
    }
    money = [name for name in columns if name != "episode"]
    exact = sum(one.decomposition.residual == 0 for one in details)
    return table(
        _frame(rows, ("episode",), money),
        _shown(columns, details),
        title=f"The effects add up to the change in {exact} of {say.plural(len(details), 'episode')}",
        source=SOURCE,
        currency=_currency(details),
        empty=NOTHING,
    )


def anomaly_steps(details: Sequence[Details]) -> Element:
    """Show the walk from the node down: which few names explain most, and what moved the other way."""
    rows = [row for one in details for row in (*_steps(one), *_tag(one))]
    columns = {
        "episode": Column("Episode"),
        "level": Column("Level"),
        "names": Column("What explains most"),
        "of": Column("of values", "number"),
        "moved": Column("Moved", "change"),
        "share": Column("of the change", "percent"),
        "against": Column("The other way"),
        "hidden": Column("Moved back", "change"),
    }
    schema_money = ("moved", "hidden", "share")
    frame = _frame(rows, ("episode", "level", "names", "against"), schema_money).with_columns(
        pl.Series("of", [row["of"] for row in rows], dtype=pl.Int64)
    )
    return table(
        frame,
        _shown(columns, details),
        title="From the whole to the smallest set that explains four fifths",
        source=SOURCE,
        currency=_currency(details),
        empty=NOTHING,
    )


def anomaly_items(details: Sequence[Details]) -> Element:
    """Show the price items that moved, before and during, and whether by amount or by price."""
    rows = [
        {
            "episode": episode_name(one.anomaly),
            "name": item.name or EFFECTS.get(item.kind, item.kind),
            "region": item.region,
            "unit": item.unit,
            "quantity_before": float(item.quantity_before),
            "quantity_during": float(item.quantity_actual),
            "before": item.before,
            "during": item.actual,
            "change": item.change,
            "by_quantity": item.quantity,
            "by_price": item.rate,
        }
        for one in details
        for item in one.decomposition.items[:_MOST_ITEMS]
        if _is_worth_a_row(one, item.change)
    ]
    columns = {
        "episode": Column("Episode"),
        "name": Column("Price item"),
        "region": Column("Region"),
        "quantity_before": Column("Quantity before", "number"),
        "quantity_during": Column("Quantity during", "number"),
        "unit": Column("Unit"),
        "before": Column("Cost before", "money", "cent"),
        "during": Column("Cost during", "money", "cent"),
        "change": Column("Change", "change", "cent"),
        "by_quantity": Column("by quantity", "change", "cent"),
        "by_price": Column("by price", "change", "cent"),
    }
    money = ("before", "during", "change", "by_quantity", "by_price")
    texts, numbers = ("episode", "name", "region", "unit"), ("quantity_before", "quantity_during")
    frame, empty = _frame(rows, texts, money, numbers), "No price item cost another amount."
    shown, title = _shown(columns, details), "Before and after, by price item"
    return table(frame, shown, title=title, source=SOURCE, currency=_currency(details), empty=empty)


def anomaly_resources(details: Sequence[Details]) -> Element:
    """Show the resources that moved, new and gone ones by name."""
    rows = [
        {
            "episode": episode_name(one.anomaly),
            "name": mover.name,
            "state": "new" if mover.is_new else "gone" if mover.is_gone else "up" if mover.change > 0 else "down",
            "before": mover.before,
            "during": mover.actual,
            "change": mover.change,
            "share": one.walk.share(mover.change),
        }
        for one in details
        for mover in one.resources[:_MOST_RESOURCES]
        if _is_worth_a_row(one, mover.change)
    ]
    columns = {
        "episode": Column("Episode"),
        "name": Column("Resource"),
        "state": Column("State"),
        "before": Column("Cost before", "money", "cent"),
        "during": Column("Cost during", "money", "cent"),
        "change": Column("Change", "change", "cent"),
        "share": Column("of the change", "percent"),
    }
    frame = _frame(rows, ("episode", "name", "state"), ("before", "during", "change", "share"))
    shown, title = _shown(columns, details), _new_and_gone(details)
    empty = "The charges of these days name no resource that moved."
    return table(frame, shown, title=title, source=SOURCE, currency=_currency(details), empty=empty)


def anomaly_charges(charges: pl.DataFrame, details: Sequence[Details]) -> Element:
    """Show the charges themselves, those of what moved first.

    Args:
        charges: figure query `anomaly_largest_charges`.
    """
    if not details:
        return page.sentence(NOTHING)
    columns = {
        "day": Column("Day", "day"),
        "sku_name": Column("Price item"),
        "resource_name": Column("Resource"),
        "account_name": Column("Account"),
        "RegionId": Column("Region"),
        "ChargeCategory": Column("Category"),
        "quantity": Column("Quantity", "number"),
        "unit": Column("Unit"),
        "x_Team": Column("Team"),
        "effective_cost": Column("Effective cost", "money", "cent"),
    }
    episode = details[0].anomaly
    return table(
        charges,
        columns,
        title=f"{say.plural(charges.height, 'charge')} of {episode_name(episode)}, those of what moved first",
        source="cost",
        currency=episode.currency,
        empty="No charge was found for these days: the bill may have been restated.",
    )


def anomaly_related(found: Sequence[tuple[Anomaly, str]]) -> Element:
    """Show the other episodes that share account, service or first day (`analyses.anomalies.related`)."""
    rows = [
        {
            "episode": episode_name(other),
            "currency": other.currency,
            "account": other.account,
            "shared": shared,
            "impact": say.exact(round(other.impact, 2)),
            "anomaly_id": other.anomaly_id,
        }
        for other, shared in found
    ]
    columns = {
        "episode": Column("Episode"),
        "account": Column("Account"),
        "shared": Column("What they share"),
        "impact": Column("Against the usual", "change", currency_from="currency"),
        "anomaly_id": Column("Id"),
    }
    frame = _frame(rows, ("episode", "currency", "account", "shared", "anomaly_id"), ("impact",))
    empty = "No other episode shares its account, its service or its first day."
    return table(frame, columns, title="Episodes that may belong together", source="daily_cost", empty=empty)


def anomaly_same_day(events: pl.DataFrame, details: Sequence[Details]) -> Element:
    """Show what else came or went in the account on the episode's first day.

    Args:
        events: figure query `anomaly_same_day`.
    """
    if not details:
        return page.sentence(NOTHING)
    columns = {
        "event": Column("Came or went"),
        "resource_name": Column("Resource"),
        "ServiceName": Column("Service"),
        "RegionId": Column("Region"),
        "team": Column("Team"),
        "effective_cost": Column("Cost around that day", "money"),
    }
    episode = details[0].anomaly
    when = say.day(episode.start, "full")
    where = "in the account" if episode.account else f"at {episode.provider}"
    came = events.filter(pl.col("event") == "came").height
    title = f"{say.plural(came, 'resource')} came and {events.height - came} went {where} on {when}"
    empty = f"No resource {where} was charged for the first or the last time on {when}."
    return table(events, columns, title=title, source="daily_resource_cost", currency=episode.currency, empty=empty)


def _waterfall(one: Details) -> Showable:
    found, currency = one.decomposition, one.anomaly.currency
    # Rounded to cents here, with the sum kept: bars of a chart are read by people.
    amounts = say.round_parts([effect.amount for effect in found.effects], "0.01")
    frame = pl.DataFrame(
        {"effect": [EFFECTS[effect.kind] for effect in found.effects], "change": amounts},
        schema={"effect": pl.String, "change": pl.Decimal(38, 2)},
    )
    largest = max(found.effects, key=lambda effect: abs(effect.amount), default=None)
    name = EFFECTS[largest.kind].lower() if largest else "nothing"
    return charts.waterfall(
        frame,
        label="effect",
        value="change",
        before=found.before,
        currency=currency,
        title=f"{say.signed_money(found.change, currency)}, most of it {name}: {episode_name(one.anomaly)}",
        subtitle=f"Effective cost in {currency}, same weekdays of the four weeks before against the episode",
        source="cost",
        empty=f"{episode_name(one.anomaly)}: the charges did not change.",
    )


def _is_worth_a_row(one: Details, change: Decimal) -> bool:
    return change != 0 and abs(change) >= WORTH_A_ROW * abs(one.walk.change)


def _shown(columns: Mapping[str, Column], details: Sequence[Details]) -> dict[str, Column]:
    """Leave the name of the episode out where there is only one."""
    return {name: column for name, column in columns.items() if name != "episode" or len(details) > 1}


def _currency(details: Sequence[Details]) -> str:
    """Give the currency of the page, which all of its episodes are in."""
    return details[0].anomaly.currency if details else ""


def _steps(one: Details) -> Iterator[dict[str, Any]]:
    for step in one.walk.steps:
        # Where there is one way only, there is nothing to tell, unless it is the end of it.
        if step.values > 1 or step.against or step is one.walk.steps[-1]:
            yield {
                "episode": episode_name(one.anomaly),
                "level": _LEVELS.get(step.level, step.level),
                "names": say.names(mover.name or "not named" for mover in step.movers),
                "of": step.values,
                "moved": step.moved,
                "share": one.walk.share(step.moved),
                "against": say.names(mover.name or "not named" for mover in step.against) if step.against else "",
                "hidden": sum((m.change for m in step.against), Decimal(0)) if step.against else None,
            }


def _tag(one: Details) -> Iterator[dict[str, Any]]:
    if one.tag is not None:
        yield {
            "episode": episode_name(one.anomaly),
            "level": "Tag",
            "names": f"{one.tag.key} = {one.tag.value}",
            "of": None,
            "moved": one.tag.change,
            "share": one.walk.share(one.tag.change),
            "against": "",
            "hidden": None,
        }


def _new_and_gone(details: Sequence[Details]) -> str:
    new = sum(mover.is_new for one in details for mover in one.resources)
    gone = sum(mover.is_gone for one in details for mover in one.resources)
    return f"Before and after, by resource: {say.number(new)} new, {say.number(gone)} gone"


def _frame(
    rows: Sequence[Mapping[str, Any]], texts: Sequence[str], money: Sequence[str], numbers: Sequence[str] = ()
) -> pl.DataFrame:
    kinds: dict[str, Any] = dict.fromkeys(texts, pl.String)
    kinds |= dict.fromkeys(money, _MONEY) | dict.fromkeys(numbers, _QUANTITY)
    data = {name: [_kept(row.get(name), name in money) for row in rows] for name in kinds}
    return pl.DataFrame(data, schema=kinds)


def _kept(value: Any, is_money: bool) -> Any:
    # A share is a quotient with as many digits as the context has: more than a column holds.
    return round(value, 14) if is_money and isinstance(value, Decimal) else value
