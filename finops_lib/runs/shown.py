"""What does the run itself show in the notebook? The strips above the numbers, and the result, folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from finops_lib.reports import markup
from finops_lib.reports.page import strip
from finops_lib.runs.context import Context


@dataclass(frozen=True, slots=True)
class ResultShown:
    """The result of a run, folded away: the numbers that scripts and mails read."""

    text: str

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        body = markup.block(self.text)
        fold = f'<details class="fw-fold"><summary>The result as data</summary><pre>{body}</pre></details>'
        page = f'<div class="fw-result">{fold}</div>'
        return {"text/html": markup.shown(page), "text/plain": markup.lines(self.text)}


def context_strips(context: Context, *, snapshot: int | None) -> dict[str, Any]:
    """Say what the page covers, then everything a reader must know before the first number."""
    strips = [strip(notice.kind, notice.text) for notice in context.notices]
    if not context.is_empty:
        strips.insert(0, strip("info", _coverage(context, snapshot)))
    body = "".join(element.html() for element in strips)
    words = "\n".join(element.text() for element in strips)
    part = {"kind": "strips", "items": [dict(element.part) for element in strips]} if markup.is_report() else {}
    return {"text/html": markup.shown(body), "text/plain": words, **({markup.PART_MIME: part} if part else {})}


def _coverage(context: Context, snapshot: int | None) -> str:
    whose = context.provider or "all providers"
    day = f"{context.as_of.day} {context.as_of:%b %Y}"
    return f"Charges in {context.currency} of {whose} through {day}, read from lake snapshot {snapshot}."
