"""What a month costs at each level of a commitment: the curve falls to the best level and rises behind it."""

from collections.abc import Sequence
from typing import Any

from finops_lib.reports import chart_parts as parts
from finops_lib.reports import format as say
from finops_lib.reports.chart import Chart, finish, plain_number
from finops_lib.reports.page import Element, sentence
from finops_lib.reports.theme import DEFAULT, GREY, RISE

Row = dict[str, Any]


def cost_curve(
    points: Sequence[tuple[float, float]],
    *,
    optimum: float,
    proposed: float,
    currency: str = "",
    height: int = 240,
    title: str,
    subtitle: str,
    source: str,
    alt: str = "",
    empty: str = "No level can be compared.",
) -> Chart | Element:
    """Draw the monthly cost over the hourly commitment, with the level of least cost and the one that is proposed.

    Args:
        points: (commitment per hour, cost of the month), by level.
        optimum, proposed: levels per hour; the proposed one is at most the optimum, where a policy holds it back.
    """
    if len(points) < 2:
        return sentence(empty)
    rows: list[Row] = [
        {"level": plain_number(level), "value": plain_number(cost), "words": f"{say.number(level, 2)} an hour"}
        for level, cost in points
    ]
    marks = [_mark(points, optimum, "least cost", GREY)]
    if abs(proposed - optimum) > 0.005 * max(optimum, proposed):
        marks.append(_mark(points, proposed, "proposed", RISE))
    else:
        marks[0]["text"] = "least cost, proposed"
    unit = f"{currency} an hour" if currency else "per hour"
    tips = [parts.tip("words", "Commitment"), parts.tip("value", f"Cost of the month ({currency})", parts.EXACT)]
    with parts.fast():
        level, money = parts.rate_axis("level", f"Commitment, {unit}"), parts.cost_axis("value")
        line = parts.rows().mark_line(color=DEFAULT, strokeWidth=2).encode(x=level, y=money, tooltip=tips)
        dots = parts.own_rows(marks)
        layers = [
            line,
            dots.mark_point(filled=True, size=70, opacity=1).encode(
                x=level, y=money, color=parts.painted("paint"), tooltip=tips
            ),
            # Below the curve, where nothing is drawn; the second one lower, for the two may be near each other.
            *(
                parts.own_rows([mark])
                .mark_text(dy=14 + 15 * place, style="fw-label")
                .encode(x=level, y=money, text=parts.words_in("text"))
                for place, mark in enumerate(marks)
            ),
        ]
        return finish(parts.layer(layers, height=height), rows, title=title, subtitle=subtitle, source=source, alt=alt)


def _mark(points: Sequence[tuple[float, float]], level: float, text: str, paint: str) -> Row:
    cost = _cost_at(points, level)
    return {
        "level": plain_number(level),
        "value": plain_number(cost),
        "text": text,
        "words": f"{say.number(level, 2)} an hour",
        "paint": paint,
    }


def _cost_at(points: Sequence[tuple[float, float]], level: float) -> float:
    """Read the curve between two of its points; it is straight there."""
    before = max((point for point in points if point[0] <= level), default=points[0])
    after = min((point for point in points if point[0] >= level), default=points[-1])
    if after[0] == before[0]:
        return before[1]
    return before[1] + (after[1] - before[1]) * (level - before[0]) / (after[0] - before[0])
