"""The charts of a mail as pictures: on white, in twice the pixels that they are shown in."""

from __future__ import annotations

from collections.abc import Sequence

from finops_lib.messages import Picture
from finops_lib.reports import markup
from finops_lib.reports.chart import STILL_VERSION, whole
from finops_lib.reports.letter.content import ShownChart
from finops_lib.reports.theme import config

WIDTH = 560
_SCALE = 2.0
_INK, _MUTED = "#1f2328", "#57606a"


def pictures_of(charts: Sequence[ShownChart]) -> list[Picture]:
    """Draw each chart that has something to draw."""
    return [
        Picture(f"chart-{number}", markup.clean(chart.alt, 400), _png(chart))
        for number, chart in enumerate(charts, start=1)
        if chart.spec
    ]


def _png(chart: ShownChart) -> bytes:
    import vl_convert

    # Dark mode of a mail program leaves pictures as they are, so they bring their own ground.
    spec = whole(dict(chart.spec), WIDTH) | {"background": "#ffffff", "padding": 8, "title": ""}
    spec["config"] = config(_INK, _MUTED) | {"background": "#ffffff"}
    return bytes(vl_convert.vegalite_to_png(spec, vl_version=STILL_VERSION, scale=_SCALE))
