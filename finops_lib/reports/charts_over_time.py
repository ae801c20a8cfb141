"""Charts that answer "when": days by category, an expected band, a forecast's fan, a budget used up, small multiples."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from finops_lib.reports import chart_parts as parts
from finops_lib.reports import format as say
from finops_lib.reports.chart import Chart, finish, plain_name, plain_number
from finops_lib.reports.page import Element, sentence
from finops_lib.reports.theme import CATEGORIES, GREY, PALETTE, REST

Kind = Literal["line", "area", "bar"]
Row = dict[str, Any]

MOST_SERIES = 5
FEW_DAYS = 15
IS_COMPLETE = "datum.open != 1"
IS_OPEN = "datum.open == 1"
NO_CHARGES = "No charges in this period."


def daily(
    frame: pl.DataFrame,
    *,
    x: str = "day",
    y: str = "effective_cost",
    by: str | None = None,
    incomplete_from: dt.date | None = None,
    band: tuple[str, str] | None = None,
    expected: str | None = None,
    kind: Kind = "line",
    currency: str = "",
    top: int = MOST_SERIES,
    height: int = 260,
    title: str,
    subtitle: str,
    source: str,
    alt: str = "",
    empty: str = NO_CHARGES,
) -> Chart | Element:
    """Draw money by day.

    Args:
        frame: one row a day, or a day and category.
        by: the column of categories; those beyond the `top` largest are drawn together as Other.
        incomplete_from: this day and all later ones are not complete yet: pale, and never joined to complete ones.
        band: columns of the lower and upper end of what is expected, or of a forecast; days ahead have no `y`.
        expected: the column of the expected value, drawn dashed.
        kind: line; area and bar stack the categories.
    """
    if frame.is_empty():
        return sentence(empty)
    rows, series = _daily_rows(frame, x, y, by, top, incomplete_from, fill=kind != "line")
    first, last = _ends(frame[x])
    _add_columns(rows, frame, x, {"low": band[0], "high": band[1]} if band else {})
    _add_columns(rows, frame, x, {"expected": expected} if expected else {})
    tips = [parts.tip("words", "Day"), *([parts.tip("series", _label(by))] if by else [])]
    tips.append(parts.tip("value", _measure(y, currency), parts.EXACT))
    tips += [parts.tip("share", "Share of the day", parts.SHARE)] if by else []
    tips += [parts.tip("expected", "Expected", parts.EXACT)] if expected else []
    if band:
        tips += [parts.tip("low", "From", parts.EXACT), parts.tip("high", "To", parts.EXACT)]
    with parts.fast():
        day = parts.day_axis(first, last)
        layers = parts.shade(first, last, incomplete_from)
        if band:
            area = parts.rows().mark_area(opacity=0.2, color=GREY, clip=True)
            layers.append(area.encode(x=day, y=parts.money_axis("low"), y2=parts.end_of("high")))
        if expected:
            dashes = parts.rows().mark_line(strokeDash=[5, 4], strokeWidth=1.5, color=GREY)
            layers.append(dashes.encode(x=day, y=parts.money_axis("expected")))
        colour = parts.colour(series) if by else parts.always(CATEGORIES[0])
        draw = _lines if kind == "line" else _stacks
        layers += draw(kind, day, colour, tips, (last - first).days + 1)
        return finish(
            parts.layer(layers, height=height, with_front=by is not None),
            rows,
            title=title,
            subtitle=subtitle,
            source=source,
            alt=alt,
            legend=[(name, PALETTE.colour(name)) for name in series] if by else (),
            note=_open_note(incomplete_from, last) + ("Grey band: the expected range. " if band else ""),
        )


def _lines(_: Kind, day: Any, colour: Any, tips: Sequence[Any], days: int) -> list[Any]:
    money = parts.money_axis("value")
    dots = {"size": 30} if days <= FEW_DAYS else False
    line = parts.rows().transform_filter(IS_COMPLETE).mark_line(strokeWidth=2, strokeJoin="round", point=dots)
    ring = parts.rows().transform_filter(IS_OPEN).mark_point(size=36, strokeWidth=1.5)
    # What the pointer meets: a line by itself has no days.
    touch = parts.rows().mark_point(size=200, filled=True, opacity=parts.UNSEEN)
    return [
        line.encode(x=day, y=money, color=colour, opacity=parts.opacity(1)) if "front" in str(colour) else
        line.encode(x=day, y=money, color=colour),
        ring.encode(x=day, y=money, color=colour),
        touch.encode(x=day, y=money, tooltip=list(tips)),
    ]
