"""Draw what is smaller than a chart: the shape of a status, and the line beside a number."""

import math
from collections.abc import Iterable, Sequence

from finops_lib.errors import ConfigError
from finops_lib.reports import markup
from finops_lib.reports.format import Number, exact

# A status is never colour alone: each has its own shape, and a word beside it.
SHAPES = {
    "green": ("\u25cf", "good", '<circle cx="6" cy="6" r="5"/>'),
    "yellow": ("\u25b2", "watch", '<path d="M6 .8 11.6 11H.4Z"/>'),
    "orange": ("\u25c6", "at risk", '<path d="M6 0 12 6 6 12 0 6Z"/>'),
    "red": ("\u25a0", "act now", '<path d="M1 1h10v10H1Z"/>'),
    "grey": ("\u25cb", "not known", '<circle cx="6" cy="6" r="4" fill="none" stroke-width="2"/>'),
}
ALIASES = {
    "ok": "green",
    "good": "green",
    "info": "grey",
    "unknown": "grey",
    "warn": "yellow",
    "warning": "yellow",
    "stale": "grey",
    "incomplete": "yellow",
    "error": "red",
    "bad": "red",
}


def status_name(status: str) -> str:
    """Give the one of five colours that a status or its everyday name means."""
    found = ALIASES.get(status.lower(), status.lower())
    if found not in SHAPES:
        raise ConfigError.unknown("status", status, [*SHAPES, *ALIASES])
    return found


def status_html(status: str, word: str = "") -> str:
    """Draw a status as shape and word."""
    colour = status_name(status)
    _, usual_word, path = SHAPES[colour]
    shape = f'<svg class="fw-shape" viewBox="0 0 12 12" aria-hidden="true">{path}</svg>'
    return f'<span class="fw-status fw-{colour}">{shape}{markup.text(word or usual_word, 40)}</span>'


def status_text(status: str, word: str = "") -> str:
    """Say a status in plain text."""
    shape, usual_word, _ = SHAPES[status_name(status)]
    return f"{shape} {word or usual_word}"


def sparkline(values: Iterable[Number], *, width: int = 96, height: int = 24) -> str:
    """Draw the course of a number without axes: a line with a dot on its newest value, gaps where nothing is known."""
    known = [float(v) if (v := exact(value)) is not None else math.nan for value in values]
    present = [v for v in known if not math.isnan(v)]
    if len(present) < 2:
        return ""
    low, high = min(present), max(present)
    # A steady course is a line in the middle, not at the bottom: nothing is wrong with it.
    spread = high - low
    step = (width - 6) / (len(known) - 1)

    def y(value: float) -> float:
        return height / 2 if spread == 0 else 3 + (height - 6) * (high - value) / spread

    points = [None if math.isnan(v) else (3 + i * step, y(v)) for i, v in enumerate(known)]
    end_x, end_y = [point for point in points if point][-1]
    return (
        f'<svg class="fw-spark" viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">'
        f'<path d="{_path(points)}"/><circle cx="{end_x:.1f}" cy="{end_y:.1f}" r="2.2"/></svg>'
    )


def _path(points: Sequence[tuple[float, float] | None]) -> str:
    pen, steps = "M", []
    for point in points:
        if point is None:
            pen = "M"
            continue
        steps.append(f"{pen}{point[0]:.1f} {point[1]:.1f}")
        pen = "L"
    return "".join(steps)
