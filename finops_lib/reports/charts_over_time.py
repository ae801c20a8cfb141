"""Charts that answer "when": days by category, an expected band, a forecast's fan, a budget, small multiples."""

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
from finops_lib.reports.theme import DEFAULT, GREY, PALETTE, REST

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
    frame = frame.with_columns(pl.col(x).cast(pl.Date)).drop_nulls(x)
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
        colour = parts.colour(series) if by else parts.one_colour(DEFAULT)
        if kind == "line":
            layers += _lines(rows, day, colour, tips, strength=parts.opacity(1))
        else:
            layers += _stacks(rows, kind, day, colour, tips)
        return finish(
            parts.layer(layers, height=height),
            rows,
            title=title,
            subtitle=subtitle,
            source=source,
            alt=alt,
            legend=[(name, PALETTE.colour(name)) for name in series] if by else (),
            note=_open_note(incomplete_from, last, "Rings" if kind == "line" else "Pale")
            + ("Grey band: the expected range. " if band else ""),
        )


def multiples(
    frame: pl.DataFrame,
    *,
    x: str = "day",
    y: str = "effective_cost",
    facet: str,
    incomplete_from: dt.date | None = None,
    axis: Literal["shared", "own"] = "own",
    currency: str = "",
    top: int = 9,
    height: int = 110,
    title: str,
    subtitle: str,
    source: str,
    alt: str = "",
    empty: str = NO_CHARGES,
) -> Chart | Element:
    """Draw money by day in a small chart per category, the `top` largest first.

    Args:
        axis: `own` shows each one's course, `shared` compares their sizes.
    """
    frame = frame.with_columns(pl.col(x).cast(pl.Date)).drop_nulls(x)
    if frame.is_empty():
        return sentence(empty)
    rows, series = _daily_rows(frame, x, y, facet, top, incomplete_from, fill=False)
    named = [name for name in series if name != REST]
    kept = [{**row, "panel": row["series"]} for row in rows if row["series"] in named]
    first, last = _ends(frame[x])
    tips = [parts.tip("words", "Day"), parts.tip("series", _label(facet))]
    tips.append(parts.tip("value", _measure(y, currency), parts.EXACT))
    with parts.fast():
        day, full = parts.day_axis(first, last, ticks=3), parts.one_opacity(1)
        layers = _lines(kept, day, parts.one_colour(DEFAULT), tips, strength=full, ticks=3)
        return finish(
            parts.panels(layers, names=named, height=height, axis=axis),
            kept,
            title=title,
            subtitle=subtitle,
            source=source,
            alt=alt,
            note=("Each with an axis of its own. " if axis == "own" else "")
            + _open_note(incomplete_from, last, "Rings"),
        )


def burn_down(
    frame: pl.DataFrame,
    *,
    x: str = "day",
    y: str = "effective_cost",
    amount: Decimal | float,
    start: dt.date,
    end: dt.date,
    incomplete_from: dt.date | None = None,
    forecast: pl.DataFrame | None = None,
    currency: str = "",
    height: int = 260,
    title: str,
    subtitle: str,
    source: str,
    alt: str = "",
    empty: str = "Nothing was charged in this budget's period yet.",
) -> Chart | Element:
    """Draw how a budget is used up: spent so far, the even pace, the budget's end, and where the forecast leads.

    Args:
        frame: daily money, one row a day; added up here.
        amount: the budget of the whole period.
        start: the first day of the period; `end` the day after its last.
        forecast: money spent by the end of each coming day: columns day, low, expected, high (80 %).
    """
    frame = frame.with_columns(pl.col(x).cast(pl.Date)).drop_nulls(x)
    if frame.is_empty():
        return sentence(empty)
    last = end - dt.timedelta(days=1)
    rows = _spent(frame, x, y, start, incomplete_from)
    ahead = [] if forecast is None else _ahead(forecast, rows, incomplete_from)
    budget = plain_number(amount) or 0.0
    # Points stand for the end of their day, so the first day has already used its part.
    first_part = budget / (end - start).days
    pace = [{"day": start.isoformat(), "value": first_part}, {"day": last.isoformat(), "value": budget}]
    limit = [{**pace[0], "value": budget}, pace[1]]
    tips = [parts.tip("words", "By the end of"), parts.tip("value", f"Spent{_of(currency)}", parts.EXACT)]
    tips.append(parts.tip("share", f"of {say.money(amount, currency)}", parts.SHARE))
    for row in rows:
        row["share"] = round(row["value"] / budget, 4) if budget else None
    with parts.fast():
        day, money = parts.day_axis(start, last), parts.money_axis("value")
        layers: list[Any] = []
        if ahead:
            fan = parts.own_rows(ahead)
            low, expected = parts.money_axis("low"), parts.money_axis("expected")
            layers.append(fan.mark_area(opacity=0.2, color=DEFAULT).encode(x=day, y=low, y2=parts.end_of("high")))
            dashes = fan.mark_line(strokeDash=[5, 4], strokeWidth=2, color=DEFAULT)
            layers.append(dashes.encode(x=day, y=expected))
        layers.append(parts.own_rows(pace).mark_line(strokeDash=[2, 4], color=GREY).encode(x=day, y=money))
        layers.append(parts.own_rows(limit).mark_line(strokeWidth=2, style="fw-rule").encode(x=day, y=money))
        # At the left, where what is spent is still far below it.
        words = [{**limit[0], "text": f"budget {say.money(amount, currency)}"}]
        label = parts.own_rows(words).mark_text(align="left", dy=-8, style="fw-label")
        layers.append(label.encode(x=day, y=money, text=parts.words_in("text")))
        layers += _lines(rows, day, parts.one_colour(DEFAULT), tips, strength=parts.one_opacity(1))
        return finish(
            parts.layer(layers, height=height),
            rows,
            title=title,
            subtitle=subtitle,
            source=source,
            alt=alt,
            note="Dotted: an even pace. "
            + ("Dashed: the forecast with its 80 % range. " if ahead else "")
            + _open_note(incomplete_from, _ends(frame[x])[1], "Rings"),
        )


def _lines(
    rows: Sequence[Row], day: Any, colour: Any, tips: Sequence[Any], *, strength: Any, ticks: int = 5
) -> list[Any]:
    """Draw complete days as lines, and the others as rings that no line reaches."""
    money = parts.money_axis("value", ticks=ticks)
    dots = {"size": 30} if _days(rows) <= FEW_DAYS else False
    line = parts.rows().transform_filter(IS_COMPLETE).mark_line(strokeWidth=2, strokeJoin="round", point=dots)
    # What the pointer meets: a line by itself has no days.
    touch = parts.rows().mark_point(size=200, filled=True, opacity=parts.UNSEEN)
    layers = [line.encode(x=day, y=money, color=colour, opacity=strength)]
    if _has_open(rows):
        ring = parts.rows().transform_filter(IS_OPEN).mark_point(size=30, strokeWidth=1.5)
        layers.append(ring.encode(x=day, y=money, color=colour, opacity=strength))
    return [*layers, touch.encode(x=day, y=money, tooltip=list(tips))]


def _stacks(rows: Sequence[Row], kind: Kind, day: Any, colour: Any, tips: Sequence[Any]) -> list[Any]:
    """Draw each day's categories on top of each other, days that are not complete in pale."""
    encoded = {"x": day, "y": parts.money_axis("value", stack="zero"), "color": colour, "order": parts.rank()}
    bars = parts.rows().mark_bar(width=parts.expression(f"max(1.5, min(56, 0.78 * width / {_days(rows)}))"))
    whole, pale = bars.transform_filter(IS_COMPLETE), bars.transform_filter(IS_OPEN)
    layers: list[Any] = []
    if kind == "area":
        area = parts.rows().transform_filter(IS_COMPLETE).mark_area()
        layers.append(area.encode(**encoded, opacity=parts.opacity(0.9)))
    # Over an area the bars are only what the pointer meets: an area by itself has no days.
    seen = parts.opacity(1) if kind == "bar" else parts.one_opacity(parts.UNSEEN)
    layers.append(whole.encode(**encoded, opacity=seen, tooltip=list(tips)))
    if _has_open(rows):
        layers.append(pale.encode(**encoded, opacity=parts.opacity(parts.PALE), tooltip=list(tips)))
    return layers


def _days(rows: Sequence[Row]) -> int:
    return len({row["day"] for row in rows})


def _has_open(rows: Sequence[Row]) -> bool:
    return any("open" in row for row in rows)


def _daily_rows(
    frame: pl.DataFrame, x: str, y: str, by: str | None, top: int, incomplete_from: dt.date | None, *, fill: bool
) -> tuple[list[Row], list[str]]:
    """Give one row for each day and series, with the series in order of size and the rest summed up as Other."""
    amounts: dict[tuple[str, dt.date], Decimal | None] = {}
    sizes: dict[str, Decimal] = defaultdict(Decimal)
    names = frame[by].to_list() if by else [""] * frame.height
    for value, day, amount in zip(names, frame[x].to_list(), frame[y].to_list(), strict=True):
        name = plain_name(value, by or "")
        known = say.exact(amount)
        sizes[name] += abs(known or Decimal(0))
        amounts[name, day] = _plus(amounts.get((name, day)), known)
    # A category that calls itself Other goes in with the rest, or there would be two.
    ranked = sorted((name for name in sizes if name != REST), key=lambda name: (-sizes[name], name))
    rest = {*ranked[top:], *([REST] if REST in sizes else [])} if len(ranked) > top else set()
    series = [*(name for name in ranked if name not in rest), *([REST] if rest or REST in sizes else [])]
    summed: dict[tuple[str, dt.date], Decimal | None] = {}
    totals: dict[dt.date, Decimal] = defaultdict(Decimal)
    for (name, day), amount in amounts.items():
        key = (REST if name in rest else name, day)
        summed[key] = _plus(summed.get(key), amount)
        totals[day] += amount or Decimal(0)
    first, last = _ends(frame[x])
    rows = []
    for rank, name in enumerate(series):
        for offset in range((last - first).days + 1):
            day = first + dt.timedelta(days=offset)
            # A day with charges on which this category has none is nothing; a day without any is a gap.
            amount = summed.get((name, day), Decimal(0) if fill and day in totals else None)
            row: Row = {"day": day.isoformat(), "value": plain_number(amount)}
            if by:
                row |= {"series": name, "rank": rank}
                if amount is not None and totals.get(day):
                    row["share"] = float(round(amount / totals[day], 4))
            if incomplete_from and day >= incomplete_from:
                row["open"] = 1
            rows.append(row)
    return rows, series


def _add_columns(rows: Iterable[Row], frame: pl.DataFrame, x: str, columns: dict[str, str]) -> None:
    for field, column in columns.items():
        found = {day.isoformat(): plain_number(v) for day, v in zip(frame[x], frame[column], strict=True)}
        for row in rows:
            row[field] = found.get(row["day"])


def _spent(frame: pl.DataFrame, x: str, y: str, start: dt.date, incomplete_from: dt.date | None) -> list[Row]:
    """Give what was spent from the period's start to the end of each day."""
    by_day: dict[dt.date, Decimal] = defaultdict(Decimal)
    for day, amount in zip(frame[x].to_list(), frame[y].to_list(), strict=True):
        by_day[day] += say.exact(amount) or Decimal(0)
    rows, spent = [], Decimal(0)
    for offset in range((max(by_day) - start).days + 1):
        day = start + dt.timedelta(days=offset)
        spent += by_day.get(day, Decimal(0))
        is_open = incomplete_from is not None and day >= incomplete_from
        rows.append({"day": day.isoformat(), "value": plain_number(spent), **({"open": 1} if is_open else {})})
    return rows


def _ahead(forecast: pl.DataFrame, spent: Sequence[Row], incomplete_from: dt.date | None) -> list[Row]:
    """Give the forecast's fan, opening at the last complete day."""
    known = [row for row in spent if "open" not in row]
    start = (
        [{"day": known[-1]["day"], **dict.fromkeys(("low", "expected", "high"), known[-1]["value"])}] if known else []
    )
    return start + [
        {"day": row["day"].isoformat(), **{field: plain_number(row[field]) for field in ("low", "expected", "high")}}
        for row in forecast.sort("day").to_dicts()
    ]


def _plus(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    return b if a is None else a if b is None else a + b


def _ends(days: pl.Series) -> tuple[dt.date, dt.date]:
    known = days.to_list()
    return min(known), max(known)


def _label(column: str | None) -> str:
    words = (column or "").removeprefix("x_")
    spaced = "".join(f" {c.lower()}" if c.isupper() and i else c for i, c in enumerate(words)).replace("_", " ")
    return spaced.removesuffix(" name").strip().capitalize()


def _of(currency: str) -> str:
    return f" ({currency})" if currency else ""


def _measure(column: str, currency: str) -> str:
    return f"{_label(column)}{_of(currency)}"


def _open_note(since: dt.date | None, last: dt.date, mark: str) -> str:
    if since is None or since > last:
        return ""
    if since == last:
        return f"{mark}: {say.day(since)} is not complete yet. "
    return f"{mark}: the days from {say.day(since)} on are not complete yet. "
