"""A chart as an element of the page: its finding, its measure, and a Vega-Lite spec that holds its own few rows."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from finops_lib.reports import markup
from finops_lib.reports.chart_parts import ROWS, Spec
from finops_lib.reports.format import Number, exact, provider
from finops_lib.reports.theme import config

# The newest that JupyterLab 4.6 draws without a network; our specs use nothing that Vega-Lite 6 added.
LAB_MIME = "application/vnd.vegalite.v5+json"
LAB_SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
LAB_WIDTH = 760
STILL_WIDTH = 440
STILL_VERSION = "5.20"
LONGEST_NAME = 80
NAMELESS = "(none)"


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Args:
        title: the finding, a sentence.
        subtitle: measure, currency, period, cost kind.
        source: the mart.
        alt: the finding for those who do not see the chart; the title if empty.
        legend: name and colour of each series, in reading order; a click on one brings it to the front.
        note: what the drawing does not say by itself.
        spec: Vega-Lite without title and config; the page adds its own.
    """

    title: str
    subtitle: str
    source: str
    alt: str
    legend: tuple[tuple[str, str], ...]
    note: str
    spec: dict[str, Any]

    def html(self) -> str:
        """Give the figure; the page's script draws the spec that rests in it."""
        return self._figure(self._keys(), self._plot())

    def still(self) -> str:
        """Give the figure with a picture in it, for where no script draws; it takes a second the first time."""
        import vl_convert

        bare = self.vega_lite(STILL_WIDTH) | {"title": ""}
        svg = vl_convert.vegalite_to_svg(bare, vl_version=STILL_VERSION)
        source = base64.b64encode(svg.encode()).decode("ascii")
        alt = markup.text(self.alt or self.title, None)
        return self._figure("", f'<img class="fw-picture" alt="{alt}" src="data:image/svg+xml;base64,{source}">')

    def _plot(self) -> str:
        payload = json.dumps(self.spec, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
        # Nothing in a name may end the script element or open a comment in it.
        payload = payload.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
        return (
            f'<div class="fw-plot" role="img" aria-label="{markup.text(self.alt or self.title, None)}"></div>'
            f'<script type="application/json" class="fw-spec">{payload}</script>'
        )

    def _keys(self) -> str:
        keys = "".join(
            f'<button type="button" class="fw-key" aria-pressed="false" data-name="{markup.text(name, None)}">'
            f'<i style="background:{colour}"></i>{markup.name(name, 40)}</button>'
            for name, colour in self.legend
        )
        return f'<div class="fw-keys">{keys}</div>' if keys else ""

    def _figure(self, keys: str, plot: str) -> str:
        identity = f"fw-{hashlib.sha256(plot.encode()).hexdigest()[:10]}"
        notes = " ".join(note for note in (self.note, f"Source: {self.source}" if self.source else "") if note)
        return (
            f'<figure class="fw-chart" id="{identity}"><figcaption><strong>{markup.text(self.title, None)}</strong>'
            + (f"<span>{markup.text(self.subtitle, None)}</span>" if self.subtitle else "")
            + "</figcaption>"
            + keys
            + plot
            + (f'<p class="fw-source">{markup.text(notes, None)}</p>' if notes else "")
            + "</figure>"
        )

    def text(self) -> str:
        """Say the finding in plain words."""
        alt = "" if self.alt == self.title else self.alt
        return "\n".join(markup.clean(line) for line in (self.title, self.subtitle, alt, self.note) if line)

    def vega_lite(self, width: int = LAB_WIDTH) -> dict[str, Any]:
        """Give the whole spec, with title, legend and mid-tone colours, for JupyterLab and for pictures in a mail."""
        title = {"text": markup.clean(self.title), "subtitle": markup.clean(self.subtitle)}
        return {**whole(self.spec, width), "title": title}

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        if markup.is_report():
            said = {"title": self.title, "subtitle": self.subtitle, "alt": self.alt or self.title, "note": self.note}
            return markup.bundle(self, {"kind": "chart", **said})
        return {LAB_MIME: self.vega_lite(), "text/plain": self.text()}


def whole(bare: Spec, width: int) -> dict[str, Any]:
    """Give a spec as the page holds it with what the page adds to it: width, legend and mid-tone colours."""
    spec = json.loads(json.dumps(bare))
    if "facet" in spec:
        spec["spec"]["width"] = width // spec.get("columns", 3) - 60
    else:
        spec["width"] = width
    _show_legends(spec)
    return {"$schema": LAB_SCHEMA, "config": config(), **spec}


def finish(
    spec: Spec,
    rows: Sequence[dict[str, Any]],
    *,
    title: str,
    subtitle: str,
    source: str,
    alt: str,
    legend: Iterable[tuple[str, str]] = (),
    note: str = "",
) -> Chart:
    """Turn a drawing over named rows into a Chart that holds them."""
    filled = {**spec, "data": {"name": ROWS, "values": list(rows)}}
    return Chart(title, subtitle, source, alt, tuple(legend), note, filled)


def plain_number(value: Number) -> float | None:
    """Give a number as a chart holds it: null where not known, and no digits beyond what a tooltip shows."""
    known = exact(value)
    if known is None:
        return None
    return float(round(known, 2)) if abs(known) >= 1 else float(f"{known:.6g}")


def plain_name(value: object, column: str = "") -> str:
    """Give a name as a chart holds it: one line, not too long; a provider as people say it."""
    name = markup.clean("" if value is None else value, LONGEST_NAME).strip()
    return (provider(name) if "provider" in column.lower() else name) or NAMELESS


def _show_legends(node: Any) -> None:
    """Give colours a legend of their own where no HTML stands beside the chart."""
    if isinstance(node, list):
        for item in node:
            _show_legends(item)
    elif isinstance(node, dict):
        encoding = node.get("encoding")
        colour = encoding.get("color") if isinstance(encoding, dict) else None
        if isinstance(colour, dict) and colour.get("field") == "series":
            colour["legend"] = {"orient": "top", "title": None}
        for key, item in node.items():
            if key not in ("data", "datasets"):
                _show_legends(item)
