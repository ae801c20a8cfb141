"""Colours that mean the same on every page, and how a chart looks outside the report's own page.

Mid-tones near Okabe and Ito's set: told apart by the common kinds of colour blindness, readable on white and on black.
"""

from typing import Any

from finops_lib.reports.format import PROVIDER_NAMES

PROVIDERS = {"aws": "#d9861a", "azure": "#3b82c9", "gcp": "#239b80", "oracle": "#b85c93", "other": "#8b929c"}
# Apart from the providers' hues, so that a service never looks like a provider.
CATEGORIES = ("#7b74c9", "#a1872f", "#45a3b8", "#c4696f", "#7f9a45", "#9a6fb0", "#5f86b3", "#b07a5a")
# What has no category: grey with a touch of blue, so that it is not taken for what is missing.
DEFAULT = "#66788f"
GREY = "#8b929c"
REST = "Other"
RISE = "#c96a4f"
FALL = "#5b9bb0"
STATUS = {"green": "#1f8a5f", "yellow": "#c59a0b", "orange": "#d9731a", "red": "#cc3d33", "grey": GREY}
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_CODES = {spoken: code for code, spoken in PROVIDER_NAMES.items()}


class Palette:
    """Give each category its colour at first sight, and the same one for the rest of the report."""

    def __init__(self) -> None:
        self._given: dict[str, str] = {}

    def colour(self, name: str) -> str:
        """Give the colour of a provider or category; what is summed up as other is grey."""
        provider = PROVIDERS.get(_CODES.get(name, name.lower()))
        if provider:
            return provider
        if name not in self._given:
            self._given[name] = CATEGORIES[len(self._given) % len(CATEGORIES)]
        return self._given[name]


# One kernel runs one report, so this lives exactly as long as a category has to keep its colour.
PALETTE = Palette()


def config(ink: str = "#6b7280", muted: str = "#858c97", grid: str = "#9aa1ab40") -> dict[str, Any]:
    """Give Vega's config; the defaults are mid-tones for surroundings whose background is not ours.

    The report's page sets its own ink at load and whenever the reader's colour scheme changes (page.js).
    """
    return {
        "background": "transparent",
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "labelColor": muted,
            "titleColor": muted,
            "gridColor": grid,
            "domain": False,
            "ticks": False,
            "labelFontSize": 12,
            "labelPadding": 6,
        },
        "header": {"labelColor": ink, "labelFontSize": 12, "labelFontWeight": 600, "labelAnchor": "start"},
        "legend": {"labelColor": ink, "titleColor": muted, "labelFontSize": 12, "symbolType": "square"},
        "title": {"color": ink, "subtitleColor": muted, "anchor": "start", "fontSize": 15, "subtitleFontSize": 12},
        "text": {"color": ink, "fontSize": 12},
        "style": {
            "fw-ink": {"fill": ink, "stroke": ink, "color": ink},
            "fw-label": {"fill": ink},
            "fw-muted": {"fill": muted},
            "fw-rule": {"stroke": muted, "color": muted},
        },
    }
