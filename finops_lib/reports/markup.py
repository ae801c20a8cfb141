"""Let foreign text into HTML safely. Names and tags of a bill are hostile until they went through here."""

import os
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from importlib import resources
from typing import Any, Protocol

LONGEST = 160
# Beside an element's HTML: the same as plain words and numbers, by name.
PART_MIME = "application/vnd.finops.part+json"
# Control characters, direction overrides (they let a name rewrite the words around it) and halves of characters.
_UNSEEN = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def clean(value: object, limit: int | None = None) -> str:
    """Give one line of plain text: line ends become spaces, unseen characters a visible sign, the rest an ellipsis."""
    line = re.sub(r"[\t\r\n\u2028\u2029]+", " ", str(value))
    line = _UNSEEN.sub("\ufffd", line)
    return line if limit is None or len(line) <= limit else line[: limit - 1].rstrip() + "\u2026"


def text(value: object, limit: int | None = LONGEST) -> str:
    """Give escaped one-line HTML text, cut to `limit` with the whole text in its title."""
    whole = clean(value)
    if limit is None or len(whole) <= limit:
        return escape(whole)
    # 10,000 characters in a tooltip help nobody, and a table of them would outgrow the page.
    return f'<span title="{escape(clean(whole, 2000))}">{escape(clean(whole, limit))}</span>'


def name(value: object, limit: int = LONGEST) -> str:
    """Give escaped HTML of a name from a bill; its writing direction stays inside it."""
    return f"<bdi>{text(value, limit)}</bdi>"


def lines(value: object) -> str:
    """Give plain text of several lines: terminal colours gone, unseen characters a visible sign, line ends kept."""
    found = _ANSI.sub("", str(value)).replace("\r\n", "\n").replace("\t", "    ").split("\n")
    return "\n".join(_UNSEEN.sub("\ufffd", line) for line in found)


def block(value: object) -> str:
    """Give escaped HTML of several lines, for `<pre>`."""
    return escape(lines(value))


def slug(value: object) -> str:
    """Give an anchor made of a heading's own words."""
    return re.sub(r"[^a-z0-9]+", "-", clean(value).lower()).strip("-")[:60] or "section"


@cache
def asset(file: str) -> str:
    """Read one of the package's own page files."""
    return resources.files(__package__).joinpath(file).read_text(encoding="utf-8")


class Showable(Protocol):
    """What a cell can show: an element of the page, a table, a chart."""

    def html(self) -> str:
        """Give HTML for the report's page."""

    def still(self) -> str:
        """Give HTML for surroundings that run no script of ours, such as JupyterLab."""

    def text(self) -> str:
        """Say the same in plain words."""


def bundle(item: Showable, part: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Give what a cell shows of an element.

    Args:
        part: what it says, for a mail that is made of the executed notebook; kept by the runner alone.
    """
    html = item.html() if is_report() else shown(item.still())
    return {"text/html": html, "text/plain": item.text(), **({PART_MIME: part} if part and is_report() else {})}


def is_report() -> bool:
    """Tell whether the runner executes this notebook for a report, or a person in JupyterLab."""
    return bool(os.environ.get("FINOPS_RUN_DIR"))


def shown(html: str) -> str:
    """Give an element's HTML as its surroundings need it: bare for the report, with its style sheet in JupyterLab."""
    if is_report():
        return html
    return f'<div class="fw-lab"><style>{asset("elements.css")}</style>{html}</div>'
