"""Budgets beside each other: what is used up, where each is expected to end, and where it may."""

from __future__ import annotations

from typing import Any

import polars as pl

from finops_lib.reports import chart_parts as parts
from finops_lib.reports import format as say
from finops_lib.reports.chart import Chart, finish, plain_name, plain_number
from finops_lib.reports.page import Element, sentence
from finops_lib.reports.theme import DEFAULT, GREY

Row = dict[str, Any]

BAR_STEP = 30
# Twice the amount is far enough to be seen as far too much; what goes beyond says so in words.
FARTHEST = 2.0


def used_up(
    frame: pl.DataFrame,
    *,
    title: str,
    subtitle: str,
    source: str,
    alt: str = "",
    empty: str = "No budget has an amount to be held against.",
) -> Chart | Element:
    """Draw budgets as shares of their own amounts, so that currencies and sizes can stand side by side.

    Args:
        frame: name, currency, amount, actual, expected, low, high; one row a bar, in the order shown; null = not known.
    """
    if frame.is_empty():
        return sentence(empty)
    rows = [_row(key, row) for key, row in enumerate(frame.iter_rows(named=True))]
    tips = [parts.tip("name", "Budget"), parts.tip("currency", "Currency")]
    tips += [
        parts.tip("amount", "Amount", parts.EXACT),
        parts.tip("actual", "Spent", parts.EXACT),
        parts.tip("expected", "Expected", parts.EXACT),
    ]
    with parts.fast():
        place, axis = parts.name_axis("key"), parts.share_to("used", FARTHEST)
        bar = parts.rows()
        layers: list[Any] = [
            bar.mark_bar(height={"band": 0.5}).encode(
                y=place,
                x=parts.share_to("ends", FARTHEST),
                color=parts.one_colour(DEFAULT),
                opacity=parts.one_opacity(parts.PALE),
                tooltip=tips,
            ),
            bar.mark_bar(height={"band": 0.5}).encode(y=place, x=axis, color=parts.one_colour(DEFAULT), tooltip=tips),
            bar.mark_rule(style="fw-ink").encode(
                y=place, x=parts.share_to("low", FARTHEST), x2=parts.x_end("high"), tooltip=tips
            ),
            bar.mark_tick(thickness=2, size=24, color=GREY).encode(y=place, x=parts.share_to("whole", FARTHEST)),
            bar.mark_text(align="left", dx=8, style="fw-label").encode(
                y=place, x=parts.share_to("farthest", FARTHEST), text=parts.words_in("text")
            ),
        ]
        return finish(
            parts.layer(layers, height=BAR_STEP * len(rows)),
            rows,
            title=title,
            subtitle=subtitle,
            source=source,
            alt=alt,
            note="Full: spent. Pale: expected by the end of the period. Line: where 80 % of the futures end. "
            "Upright: the amount. ",
        )


def _row(key: int, row: dict[str, Any]) -> Row:
    amounts = {name: say.exact(row[name]) for name in ("amount", "actual", "expected", "low", "high")}
    whole = amounts["amount"]

    def share(name: str) -> float | None:
        part = amounts[name]
        return None if part is None or not whole else min(max(float(part / whole), 0.0), FARTHEST)

    shares = {"used": share("actual"), "ends": share("expected"), "low": share("low"), "high": share("high")}
    known = [value for value in (*shares.values(), 1.0) if value is not None]
    expected = amounts["expected"]
    words = say.percent(expected if expected is not None else amounts["actual"], whole, row["currency"])
    return {
        "key": f"{key:03d}",
        "name": plain_name(row["name"], "name"),
        "currency": row["currency"],
        **{name: plain_number(amount) for name, amount in amounts.items() if name in ("amount", "actual", "expected")},
        **shares,
        "whole": 1.0,
        "farthest": max(known),
        "text": words,
    }
