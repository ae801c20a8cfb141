"""What charts are made of: axes in the reader's words, colours by category, tooltips, a shade over incomplete days."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from finops_lib.reports.theme import GREY, PALETTE

Spec = dict[str, Any]

ROWS = "rows"
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
    return alt.Chart(alt.NamedData(name=ROWS))


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
        scale=_day_scale(first, last),
        axis=alt.Axis(
            title=None,
            grid=False,
            values=[milliseconds(d) for d in marks[::step]],
            labelExpr=label,
            labelOverlap=True,
            labelFlush=False,
        ),
    )


def _day_scale(first: dt.date, last: dt.date) -> alt.Scale:
    return alt.Scale(type="utc", domain=[milliseconds(first) - HALF_DAY, milliseconds(last) + HALF_DAY], nice=False)


def _days(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def money_axis(field: str, *, stack: str | None = None, ticks: int = 5) -> alt.Y:
    """Lay money along y, from zero."""
    axis = alt.Axis(title=None, labelExpr=MONEY_LABEL, tickCount=ticks)
    # The axis ends at a tick, so that small charts beside each other begin at the same height.
    return alt.Y(field, type="quantitative", stack=stack, axis=axis, scale=alt.Scale(nice=ticks))  # type: ignore[arg-type]


def rate_axis(field: str, title: str) -> alt.X:
    """Lay an amount per hour along x, from nothing."""
    axis = alt.Axis(title=title, grid=False, tickCount=6, labelOverlap=True)
    return alt.X(field, type="quantitative", axis=axis, scale=alt.Scale(zero=True, nice=False))


def cost_axis(field: str) -> alt.Y:
    """Lay money along y, as near as the curve is: its shape is what is looked at, not its height."""
    axis = alt.Axis(title=None, labelExpr=MONEY_LABEL, tickCount=5)
    return alt.Y(field, type="quantitative", axis=axis, scale=alt.Scale(zero=False, nice=5))


def bar_axis(field: str, rows: Sequence[Mapping[str, Any]]) -> alt.X:
    """Lay money along x, from zero, with room for words beside the bars and without an axis: the words say it."""
    known = [row[key] for row in rows for key in ("value", "from", "to", "before") if row.get(key) is not None]
    low, high = min([0.0, *known]), max([0.0, *known])
    left, right = (
        max((12 + 7 * len(row["text"]) for row in rows if ("left" in row) == on_left), default=0)
        for on_left in (True, False)
    )
    # On a phone the words of both sides may not fit: then the bars keep a third, and words reach into them.
    span = [expression(f"min({left}, width * 0.35)"), expression(f"max(width - {right}, width * 0.65)")]
    if not left:
        span = [expression("0"), expression(f"max(width - {right}, width * 0.3)")]
    scale = alt.Scale(domain=[low, high or 1.0], range=span, nice=False, zero=True)
    return alt.X(field, type="quantitative", scale=scale, axis=None)


def share_axis(field: str) -> alt.X:
    """Lay a share along x, from nothing to the whole, with room for words at its end."""
    scale = alt.Scale(domain=[0, 1], range=[0, expression("max(width - 140, width * 0.3)")], nice=False)
    return alt.X(field, type="quantitative", scale=scale, axis=None)


def share_to(field: str, most: float) -> alt.X:
    """Lay a share along x, from nothing to `most` wholes, with room for words at its end."""
    scale = alt.Scale(domain=[0, most], range=[0, expression("max(width - 150, width * 0.4)")], nice=False)
    return alt.X(field, type="quantitative", scale=scale, axis=None)


def name_axis(field: str) -> alt.Y:
    """Lay rows from top to bottom, each with its name; the field holds the row's place, so equal names stay apart."""
    # Looked up in the data: a name never becomes a part of an expression.
    axis = alt.Axis(title=None, labelExpr="data('rows')[toNumber(datum.value)].name", labelLimit=240, style="fw-names")
    return alt.Y(field, type="ordinal", sort=None, axis=axis)


def category_across(field: str, order: Sequence[str]) -> alt.X:
    """Lay categories from left to right."""
    axis = alt.Axis(title=None, labelAngle=0, labelOverlap=True, labelLimit=90)
    return alt.X(field, type="nominal", sort=list(order), axis=axis)


def category_down(field: str, order: Sequence[str]) -> alt.Y:
    """Lay categories from top to bottom."""
    return alt.Y(field, type="nominal", sort=list(order), axis=alt.Axis(title=None, labelLimit=200, style="fw-names"))


def painted(field: str) -> alt.Color:
    """Take each row's own colour."""
    return alt.Color(field, type="nominal", scale=None, legend=None)


def strength(field: str) -> alt.Opacity:
    """Draw a larger amount stronger."""
    return alt.Opacity(field, type="quantitative", scale=alt.Scale(range=[0.06, 1], zero=True), legend=None)


def x_end(field: str) -> alt.X2:
    """Give the other end of a bar or a shade."""
    return alt.X2(field)


def end_of(field: str) -> alt.Y2:
    """Give the other end of an area."""
    return alt.Y2(field)


def colour(series: Sequence[str]) -> alt.Color:
    """Colour by category, each with the colour it has all through the report."""
    scale = alt.Scale(domain=list(series), range=[PALETTE.colour(name) for name in series])
    return alt.Color("series", type="nominal", scale=scale, legend=None)


def one_colour(value: str) -> alt.ColorValue:
    """Paint everything alike."""
    return alt.ColorValue(value)


def one_opacity(value: float) -> alt.OpacityValue:
    """Let everything through alike."""
    return alt.OpacityValue(value)


def opacity(value: float) -> alt.OpacityValue:
    """Fade what is not in front."""
    return alt.OpacityValue(value * 0.15, condition={"test": IS_FRONT, "value": value})


def expression(code: str) -> Any:
    """Give a mark's property that follows from the chart's size."""
    return alt.ExprRef(code)


def tip(field: str, title: str, form: str = "") -> alt.Tooltip:
    """Say one thing to the pointer."""
    if form:
        return alt.Tooltip(field, type="quantitative", title=title, format=form)
    return alt.Tooltip(field, type="nominal", title=title)


def words_in(field: str) -> alt.Text:
    """Write the words of a field."""
    return alt.Text(field, type="nominal")


def shade(first: dt.date, last: dt.date, since: dt.date | None) -> list[alt.Chart]:
    """Lay a veil over the days that are not complete yet, and say so."""
    if since is None or since > last:
        return []
    start = max(milliseconds(since), milliseconds(first)) - HALF_DAY
    veil = own_rows([{"from": start, "to": milliseconds(last) + HALF_DAY}])
    x = alt.X("from", type="temporal", scale=alt.Scale(type="utc"), title=None)
    return [veil.mark_rect(color=GREY, opacity=0.12).encode(x=x, x2=x_end("to"))]


def layer(layers: Sequence[alt.Chart], *, height: int) -> Spec:
    """Lay drawings over each other at the width of the page."""
    front = {"name": "front", "value": None}
    return {**_layered(layers), "width": "container", "height": height, "params": [front]}


def panels(layers: Sequence[alt.Chart], *, names: Sequence[str], height: int, axis: str) -> Spec:
    """Repeat a drawing for each name; the page sets how many stand in a row."""
    header = alt.Header(title=None, labelLimit=220)
    facet = alt.Facet("panel", type="nominal", sort=list(names), header=header)
    layered = _layered(layers)
    return {
        "datasets": layered.pop("datasets"),
        "facet": facet.to_dict(validate=False),
        "spec": {**layered, "width": 220, "height": height},
        "columns": 3,
        # Flush: the panels' frames line up, whatever stands beside them.
        "bounds": "flush",
        "spacing": {"column": 60, "row": 64},
        "resolve": {"axis": {"x": "independent"}} | ({"scale": {"y": "independent"}} if axis == "own" else {}),
    }


def _layered(layers: Sequence[alt.Chart]) -> Spec:
    # Each layer by itself: altair's own layering copies every layer several times over, half of a chart's cost.
    datasets: Spec = {}
    drawn = [item.to_dict(validate=False, context={"top_level": False, "datasets": datasets}) for item in layers]
    for item in drawn:
        # The rows stand once at the top: a layer that names them again would look for rows of its own.
        if item.get("data") == {"name": ROWS}:
            del item["data"]
    return {"layer": drawn, "transform": [{"calculate": DAY_WORDS, "as": "words"}], "datasets": datasets}


def rank() -> alt.Order:
    """Stack the largest category at the bottom, where it can be read from the axis."""
    return alt.Order("rank", type="quantitative")
