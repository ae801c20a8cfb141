"""What charts are made of: axes in the reader's words, colours by category, tooltips, the shade over incomplete days."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from finops_lib.reports.theme import GREY, PALETTE

Drawing = alt.Chart | alt.LayerChart | alt.FacetChart
Layer = alt.Chart | alt.LayerChart

HALF_DAY = 12 * 3600 * 1000
PALE = 0.35
UNSEEN = 0.001
# Prefixes of money: 12.4k, 3.1M, 2B; below one unit plain digits instead of SI's milli.
MONEY_LABEL = "abs(datum.value) < 1 ? format(datum.value, '~g') : replace(format(datum.value, '~s'), 'G', 'B')"
DAY_LABEL = "utcFormat(datum.value, '%-d %b')"
MONTH_LABEL = "utcFormat(datum.value, utcmonth(datum.value) == 0 ? '%b %Y' : '%b')"
DAY_WORDS = "utcFormat(toDate(datum.day), '%a %-d %b %Y')"
EXACT = ",.2f"
SHARE = ".1%"
# A name clicked beside the chart comes to the front; the page's script sets the signal.
IS_FRONT = "front == null || datum.series == front"


def fast() -> Any:
    """Build altair objects without checking each against the schema: a third of the time; tests check the result."""
    return debug_mode(False)


def rows() -> alt.Chart:
    """Start a chart over the rows that `finish` adds."""
    return alt.Chart(alt.NamedData(name="rows"))


def own_rows(values: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """Start a layer over a few rows of its own."""
    return alt.Chart(alt.InlineData(values=list(values)))


def milliseconds(day: dt.date) -> int:
    """Give a day's UTC start as Vega counts time."""
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp() * 1000)


def day_axis(first: dt.date, last: dt.date, field: str = "day", ticks: int = 8) -> alt.X:
    """Lay days along x in UTC, with room for whole bars at both ends: days, Mondays or months, whatever is readable."""
    span = (last - first).days + 1
    if span > 92:
        marks = [d for d in _days(first, last) if d.day == 1]
        label = MONTH_LABEL
    else:
        marks = list(_days(first, last)) if span <= 10 else [d for d in _days(first, last) if d.weekday() == 0]
        label = DAY_LABEL
    step = -(-len(marks) // ticks) if marks else 1
    return alt.X(
        field,
        type="temporal",
        scale=alt.Scale(type="utc", domain=[milliseconds(first) - HALF_DAY, milliseconds(last) + HALF_DAY], nice=False),
        axis=alt.Axis(
            title=None,
            grid=False,
            values=[milliseconds(d) for d in marks[::step]],
            labelExpr=label,
            labelOverlap=True,
            labelFlush=False,
        ),
    )


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def money_axis(field: str, *, stack: str | None = None, ticks: int = 5) -> alt.Y:
    """Lay money along y, from zero."""
    axis = alt.Axis(title=None, labelExpr=MONEY_LABEL, tickCount=ticks)
    return alt.Y(field, type="quantitative", stack=stack, axis=axis)  # type: ignore[arg-type]


def end_of(field: str) -> alt.Y2:
    """Give the other end of an area."""
    return alt.Y2(field)


def colour(series: Sequence[str]) -> alt.Color:
    """Colour by category, each with the colour it has all through the report."""
    scale = alt.Scale(domain=list(series), range=[PALETTE.colour(name) for name in series])
    return alt.Color("series", type="nominal", scale=scale, legend=None)


def always(value: object) -> Any:
    """Give an encoding of one value."""
    return alt.value(value)


def opacity(value: float) -> Any:
    """Fade what is not in front."""
    return alt.condition(IS_FRONT, alt.value(value), alt.value(value * 0.15))


def expression(code: str) -> Any:
    """Give a mark's property that follows from the chart's size."""
    return alt.ExprRef(code)


def tip(field: str, title: str, form: str = "") -> alt.Tooltip:
    """Say one thing to the pointer."""
    if form:
        return alt.Tooltip(field, type="quantitative", title=title, format=form)
    return alt.Tooltip(field, type="nominal", title=title)


def shade(first: dt.date, last: dt.date, since: dt.date | None) -> list[Layer]:
    """Lay a veil over the days that are not complete yet, and say so."""
    if since is None or since > last:
        return []
    start = max(milliseconds(since), milliseconds(first)) - HALF_DAY
    veil = own_rows([{"from": start, "to": milliseconds(last) + HALF_DAY}])
    x = alt.X("from", type="temporal", scale=day_axis(first, last).scale)  # type: ignore[attr-defined]
    return [veil.mark_rect(color=GREY, opacity=0.12).encode(x=x, x2=alt.X2("to"))]


def layer(layers: Sequence[Layer], *, height: int, with_front: bool = False) -> alt.LayerChart:
    """Lay drawings over each other at the width of the page."""
    whole = alt.layer(*layers).properties(width="container", height=height).transform_calculate(words=DAY_WORDS)
    return whole.add_params(alt.param(name="front", value=None)) if with_front else whole
