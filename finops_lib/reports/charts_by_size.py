"""Charts that answer "how much, and which": ranked bars, movers as a waterfall, parts of a whole, a heat map."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.reports import chart_parts as parts
from finops_lib.reports import format as say
from finops_lib.reports.chart import Chart, finish, plain_name, plain_number
from finops_lib.reports.page import Element, sentence
from finops_lib.reports.theme import DEFAULT, FALL, GREY, PALETTE, REST, RISE

Row = dict[str, Any]

MOST_BARS = 10
BAR_STEP = 28
NOTHING = "Nothing to compare."


def ranked(
    frame: pl.DataFrame,
    *,
    label: str,
    value: str,
    before: str | None = None,
    color: str | None = None,
    id: str | None = None,
    currency: str = "",
    top: int = MOST_BARS,
    rest: str = REST,
    title: str,
    subtitle: str,
    source: str,
    alt: str = "",
    empty: str = NOTHING,
) -> Chart | Element:
    """Draw bars in order of size, each with its amount and its change beside it.

    Args:
        frame: one row a bar; those beyond the `top` largest are added up in a last grey bar.
        before: the column of the same amount in the time before: a mark on the bar, and the change in words.
        color: the column of a provider or category; grey-blue without.
        id: the column of the identifier that the pointer shows.
    """
    if frame.is_empty():
        return sentence(empty)
    rows = _bars(frame, label, value, before, color, id, top, rest)
    tips = [parts.tip("name", "Name"), parts.tip("value", _in(currency, "Amount"), parts.EXACT)]
    tips.append(parts.tip("share", "Share of all", parts.SHARE))
    tips += [parts.tip("before", _in(currency, "Before"), parts.EXACT)] if before else []
    tips += [parts.tip("id", "Identifier")] if id else []
    series = list(dict.fromkeys(row["series"] for row in rows if "series" in row))
    with parts.fast():
        place, money = parts.name_axis("key"), parts.bar_axis("value", rows)
        bars = parts.rows().mark_bar(height={"band": 0.62}, cornerRadiusEnd=2)
        strength = parts.opacity(1) if len(series) > 1 else parts.one_opacity(1)
        painted = parts.painted("paint")
        layers: list[Any] = [bars.encode(y=place, x=money, color=painted, opacity=strength, tooltip=tips)]
        if before:
            mark = parts.rows().mark_tick(thickness=2, size=20, style="fw-ink", opacity=0.75)
            layers.append(mark.encode(y=place, x=parts.bar_axis("before", rows), tooltip=tips))
        layers += _words(place, rows)
        return finish(
            parts.layer(layers, height=_height(rows)),
            rows,
            title=title,
            subtitle=subtitle,
            source=source,
            alt=alt,
            legend=[(name, PALETTE.colour(name)) for name in series] if len(series) > 1 else (),
            note="The upright mark is the time before. " if before else "",
        )


def waterfall(
    frame: pl.DataFrame,
    *,
    label: str,
    value: str,
    before: Decimal | float | None = None,
    currency: str = "",
    top: int = MOST_BARS,
    net: str = "Change in all",
    title: str,
    subtitle: str,
    source: str,
    alt: str = "",
    empty: str = "Nothing changed.",
) -> Chart | Element:
    """Draw what moved a total, the largest movers first, each starting where the last one ended.

    Args:
        frame: one row a mover, `value` its change with sign; those beyond `top` are added up.
        before: the total before; drawn as first bar, and the last bar is then the total after.
    """
    if frame.is_empty():
        return sentence(empty)
    steps = _movers(frame, label, value, top)
    level = say.exact(before) or Decimal(0)
    rows: list[Row] = []
    if before is not None:
        rows.append(_step("Before", Decimal(0), level, GREY, say.money(level)))
    for name, amount in steps:
        paint = RISE if amount > 0 else FALL
        rows.append(_step(name, level, level + amount, paint, say.signed_money(amount)))
        level += amount
    last = say.signed_money(level) if before is None else say.money(level)
    rows.append(_step(net if before is None else "After", Decimal(0), level, GREY, last))
    for key, row in enumerate(rows):
        row["key"] = f"{key:03d}"
    tips = [parts.tip("name", "Name"), parts.tip("amount", _in(currency, "Change"), parts.EXACT)]
    with parts.fast():
        place = parts.name_axis("key")
        bars = (
            parts.rows()
            .mark_bar(height={"band": 0.62})
            .encode(
                y=place,
                x=parts.bar_axis("from", rows),
                x2=parts.x_end("to"),
                color=parts.painted("paint"),
                tooltip=tips,
            )
        )
        return finish(
            parts.layer([bars, *_words(place, rows)], height=_height(rows)),
            rows,
            title=title,
            subtitle=subtitle,
            source=source,
            alt=alt,
            note="Rises to the right, falls to the left.",
        )


def share_bars(
    frame: pl.DataFrame,
    *,
    label: str,
    part: str,
    whole: str,
    currency: str = "",
    target: float | None = None,
    title: str,
    subtitle: str,
    source: str,
    alt: str = "",
    empty: str = NOTHING,
) -> Chart | Element:
    """Draw how much of each whole is covered, from 0 to 100 %, with the base in words.

    Args:
        frame: one row a bar, in the order shown.
        target: a fraction to reach, drawn as a mark.
    """
    if frame.is_empty():
        return sentence(empty)
    rows: list[Row] = []
    for key, row in enumerate(frame.to_dicts()):
        top, bottom = say.exact(row[part]), say.exact(row[whole])
        share = None if top is None or not bottom else float(round(top / bottom, 4))
        name = plain_name(row[label], label)
        amounts = {"part": plain_number(top), "whole": plain_number(bottom)}
        words = say.percent(top, bottom, currency)
        rows.append({"key": f"{key:03d}", "name": name, "value": share, "text": words, "end": 1, **amounts})
        rows[-1] |= {"goal": target} if target is not None else {}
    tips = [parts.tip("name", "Name"), parts.tip("value", "Covered", parts.SHARE)]
    tips += [
        parts.tip("part", _in(currency, "Covered"), parts.EXACT),
        parts.tip("whole", _in(currency, "of"), parts.EXACT),
    ]
    with parts.fast():
        place, share_axis = parts.name_axis("key"), parts.share_axis
        bars = parts.rows().mark_bar(height={"band": 0.5})
        layers: list[Any] = [
            bars.encode(
                y=place,
                x=share_axis("end"),
                color=parts.one_colour(GREY),
                opacity=parts.one_opacity(0.22),
                tooltip=tips,
            ),
            bars.encode(y=place, x=share_axis("value"), color=parts.one_colour(DEFAULT), tooltip=tips),
        ]
        if target is not None:
            mark = parts.rows().mark_tick(thickness=2, size=22, style="fw-ink")
            layers.append(mark.encode(y=place, x=share_axis("goal")))
        words_mark = parts.rows().mark_text(align="left", dx=6, style="fw-label")
        layers.append(words_mark.encode(y=place, x=share_axis("end"), text=parts.words_in("text")))
        return finish(
            parts.layer(layers, height=_height(rows)),
            rows,
            title=title,
            subtitle=subtitle,
            source=source,
            alt=alt,
            note=f"The upright mark is the goal, {say.ratio(target)}. " if target is not None else "",
        )


def heat(
    frame: pl.DataFrame,
    *,
    x: str,
    y: str,
    value: str,
    currency: str = "",
    title: str,
    subtitle: str,
    source: str,
    alt: str = "",
    empty: str = NOTHING,
) -> Chart | Element:
    """Draw amounts over two categories, or a category and days; the stronger the colour, the larger the amount."""
    if frame.is_empty():
        return sentence(empty)
    cells: list[Row] = []
    for row in frame.to_dicts():
        amount = plain_number(row[value])
        cells.append(
            {"across": _said(row[x], x), "down": _said(row[y], y), "value": amount, "size": abs(amount or 0.0)}
        )
    across = list(dict.fromkeys(_said(item, x) for item in sorted(set(frame[x].to_list()), key=_sorting)))
    down = list(dict.fromkeys(_said(item, y) for item in frame[y].to_list()))
    tips = [
        parts.tip("down", "Row"),
        parts.tip("across", "Column"),
        parts.tip("value", _in(currency, "Amount"), parts.EXACT),
    ]
    with parts.fast():
        squares = (
            parts.rows()
            .mark_rect(cornerRadius=1)
            .encode(
                x=parts.category_across("across", across),
                y=parts.category_down("down", down),
                color=parts.one_colour(DEFAULT),
                opacity=parts.strength("size"),
                tooltip=tips,
            )
        )
        return finish(
            parts.layer([squares], height=max(60, 24 * len(down))),
            cells,
            title=title,
            subtitle=subtitle,
            source=source,
            alt=alt,
            note=f"Strongest colour: {say.money(max(cell['size'] for cell in cells), currency)}. ",
        )


def _bars(
    frame: pl.DataFrame,
    label: str,
    value: str,
    before: str | None,
    color: str | None,
    id: str | None,
    top: int,
    rest: str,
) -> list[Row]:
    amounts = [(row, say.exact(row[value]) or Decimal(0)) for row in frame.to_dicts()]
    whole = sum((amount for _, amount in amounts), Decimal(0))
    amounts.sort(key=lambda item: (-item[1], plain_name(item[0][label], label)))
    rows: list[Row] = []
    for row, amount in amounts[:top]:
        former = say.exact(row[before]) if before else None
        bar = {"name": plain_name(row[label], label), "value": plain_number(amount), "paint": DEFAULT}
        if color:
            series = plain_name(row[color], color)
            bar |= {"series": series, "paint": PALETTE.colour(series)}
        if id:
            bar["id"] = plain_name(row[id])
        rows.append(bar | _compared(amount, former, before))
    if left := amounts[top:]:
        amount = sum((amount for _, amount in left), Decimal(0))
        former = sum((say.exact(row[before]) or Decimal(0) for row, _ in left), Decimal(0)) if before else None
        name = f"{rest} ({say.number(len(left))})"
        rows.append({"name": name, "value": plain_number(amount), "paint": GREY} | _compared(amount, former, before))
    for key, bar in enumerate(rows):
        # Two bars may have one name; their place is what tells them apart.
        bar["key"] = f"{key:03d}"
        bar["share"] = float(round(Decimal(str(bar["value"] or 0)) / whole, 4)) if whole > 0 else None
    return rows


def _compared(amount: Decimal, former: Decimal | None, before: str | None) -> Row:
    side: Row = {"left": 1} if amount < 0 else {}
    words = say.money(amount)
    if before is None:
        return {"text": words, "at": plain_number(amount), **side}
    change = "new" if not former else say.signed_money(amount - former)
    # Beyond whichever is longer, the bar or the mark on it.
    further = (min if side else max)(amount, former or Decimal(0))
    return {"text": f"{words}  ({change})", "before": plain_number(former), "at": plain_number(further), **side}


def _movers(frame: pl.DataFrame, label: str, value: str, top: int) -> list[tuple[str, Decimal]]:
    moves = [(plain_name(row[label], label), say.exact(row[value]) or Decimal(0)) for row in frame.to_dicts()]
    moves.sort(key=lambda move: (-abs(move[1]), move[0]))
    if left := moves[top:]:
        return [*moves[:top], (f"{REST} ({say.number(len(left))})", sum((amount for _, amount in left), Decimal(0)))]
    return moves


def _step(name: str, start: Decimal, end: Decimal, paint: str, words: str) -> Row:
    ends = {"from": plain_number(start), "to": plain_number(end), "at": plain_number(max(start, end))}
    return {"name": name, **ends, "amount": plain_number(end - start), "paint": paint, "text": words}


def _words(place: Any, rows: Sequence[Row]) -> list[Any]:
    """Write each bar's words beside its end; left of it where it points to the left."""
    encoded = {"y": place, "x": parts.bar_axis("at", rows), "text": parts.words_in("text")}
    right = parts.rows().transform_filter("datum.left != 1").mark_text(align="left", dx=6, style="fw-label")
    left = parts.rows().transform_filter("datum.left == 1").mark_text(align="right", dx=-6, style="fw-label")
    is_needed = any("left" in row for row in rows), any("left" not in row for row in rows)
    return [mark.encode(**encoded) for mark, needed in zip((left, right), is_needed, strict=True) if needed]


def _height(rows: Sequence[Row]) -> int:
    return BAR_STEP * len(rows)


def _in(currency: str, words: str) -> str:
    return f"{words} ({currency})" if currency else words


def _said(item: Any, column: str) -> str:
    return say.day(item) if isinstance(item, dt.date) else plain_name(item, column)


def _sorting(item: Any) -> tuple[int, str]:
    return (0, item.isoformat()) if isinstance(item, dt.date) else (1, str(item))
