"""What changes on a bill when planted waste is acted on? Its lines end or shrink, and what replaces them begins.

Everything else stays to the last digit: sizes, tags and noise were drawn before anybody acted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np
import polars as pl

from finops_lib.sample.catalogue import priced
from finops_lib.sample.curves import Calendar
from finops_lib.sample.lines import MICRO, Bill, Line, line_texts, prices_of
from finops_lib.sample.records import Becomes, Fleet, Sku


@dataclass(frozen=True, slots=True)
class Acted:
    """One line of planted waste that somebody acted on.

    Args:
        saved: per day of the calendar, in the account's currency; negative never, 0 before the day.
    """

    line: Line
    resource_id: str
    on: date
    saved: np.ndarray


def price_after(fleet: Fleet, sku: Sku) -> tuple[Sku, float]:
    """Give the price item that remains of a line of planted waste, and its unit price; what goes has none.

    Args:
        sku: the item that the line is charged by today.
    """
    left = fleet.becomes
    if left is None:
        return sku, 0.0
    after = priced(fleet, left.sku, left.units) if left.sku else sku
    return after, prices_of(fleet, after).effective / MICRO


def share_left(fleet: Fleet, sku: Sku) -> float:
    """Say which share of the cost of a line remains."""
    _, price = price_after(fleet, sku)
    return price * (fleet.becomes.share if fleet.becomes else 0.0) / (prices_of(fleet, sku).effective / MICRO)


def act(bill: Bill, implemented: Mapping[str, date], calendar: Calendar) -> tuple[Bill, tuple[Acted, ...]]:
    """Carry out what was planted as the remedy of some resources, each from its day on.

    Args:
        implemented: ResourceId as in the bill, in any letter case -> the first day on which it holds.
    """
    days = {resource.lower(): day for resource, day in implemented.items()}
    positions = {name: n for n, name in enumerate(dict.fromkeys(line.fleet.name for line in bill.lines))}
    left = np.ones((len(bill.lines), calendar.last + 1))
    acted: list[Acted] = []
    lines, texts, prices, skus = list(bill.lines), [bill.texts], list(bill.prices), list(bill.skus)
    rows: list[np.ndarray] = []
    for number, line in enumerate(bill.lines):
        resource = str(bill.resources["ResourceId"][line.first_resource])
        on = days.get(resource.lower())
        if not line.fleet.waste or on is None:
            continue
        money = bill.money[positions[line.fleet.name]] * line.weight
        after = _after(line.fleet.becomes, calendar, on)
        first = max((on - calendar.first).days, 0)
        left[number, first:] = 0.0
        sku = bill.skus[number]
        after_sku, price = price_after(line.fleet, sku)
        becomes = money * after * price / (bill.prices[number].effective / MICRO)
        acted.append(Acted(line, resource, on, np.where(np.arange(len(money)) >= first, money - becomes, 0.0)))
        if becomes.any():
            fleet = replace(line.fleet, name=f"{line.fleet.name}-{line.slot}-after", waste="", becomes=None)
            replacing = replace(line, fleet=fleet, weight=1.0)
            lines.append(replacing)
            texts.append(line_texts(bill.provider, [(replacing, after_sku)]))
            prices.append(prices_of(fleet, after_sku))
            skus.append(after_sku)
            rows.append(becomes)
    if not acted:
        return bill, ()
    left = np.vstack([left, np.ones((len(rows), left.shape[1]))])
    nothing = np.zeros((len(rows), left.shape[1]))
    return (
        replace(
            bill,
            lines=tuple(lines),
            texts=pl.concat(texts, how="vertical_relaxed"),
            prices=tuple(prices),
            skus=tuple(skus),
            money=np.vstack([bill.money, *rows]),
            extra=np.vstack([bill.extra, nothing]) if rows else bill.extra,
            left=left,
        ),
        tuple(acted),
    )


def _after(becomes: Becomes | None, calendar: Calendar, on: date) -> np.ndarray:
    """Give the share of the quantity that remains on each day, 0 before the day of the action."""
    share = np.zeros(calendar.last + 1)
    if becomes is None:
        return share
    for position, day in enumerate(calendar.days):
        if day < on:
            continue
        share[position] = becomes.share
        if becomes.office_hours:
            # Five of seven days, of which each has its part of the week's hours.
            share[position] = becomes.share * 7 / 5 if day.weekday() < 5 else 0.0
    return share


def days_saved(acted: Acted, calendar: Calendar, until: date) -> dict[str, str]:
    """Give what was saved on each day from the action through `until`, as text."""
    return {
        str(calendar.first + timedelta(days=n)): f"{acted.saved[n]:.6f}"
        for n in range((acted.on - calendar.first).days, (until - calendar.first).days + 1)
        if n >= 0
    }
