"""A mail as plain text, to be read alone."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from finops_lib.reports.letter.content import LetterContent, Part, ShownChart
from finops_lib.reports.markup import clean

_WIDTH = 76
_LONGEST = 600
_CELL = 28


def text_of(content: LetterContent, *, rows: int, link: str, footer: str) -> str:
    """Give the text; `rows` = so many of the table."""
    return "\n".join(_lines(content, rows, link, footer)).strip() + "\n"


def _lines(content: LetterContent, rows: int, link: str, footer: str) -> Iterator[str]:
    if content.colour:
        yield f"{content.colour.upper()}{f': {clean(content.word, 40)}' if content.word else ''}"
    yield from _wrapped(content.question)
    yield from _wrapped(content.headline)
    yield ""
    for strip in content.strips:
        yield from _wrapped(f"! {strip['text']}")
    if content.strips:
        yield ""
    yield from _wrapped(content.changed)
    yield ""
    for part in content.body:
        yield from _chart(part) if isinstance(part, ShownChart) else _part(part, rows)
    yield from (f"Report: {link}" if link else "The whole report is attached.", "")
    yield from _wrapped(footer)


def _part(part: Part, rows: int) -> Iterator[str]:
    match part["kind"]:
        case "figures":
            for item in part["items"]:
                note = f" ({item['note']})" if item["note"] else ""
                yield from _wrapped(f"{item['label']}: {item['value']}{note}")
        case "callout":
            yield from _wrapped(f"{part['title']}: {part['text']}")
        case "sentence":
            yield from _wrapped(part["text"])
        case "actions":
            yield part["title"] or "What to do"
            yield from _actions(part)
        case "table" if rows:
            yield from _table(part, rows)
        case _:
            return
    yield ""


def _chart(chart: ShownChart) -> Iterator[str]:
    yield from _wrapped(chart.alt if chart.alt.startswith(chart.title) else f"{chart.title}. {chart.alt}")
    yield ""


def _actions(actions: Part) -> Iterator[str]:
    for number, item in enumerate(actions["items"], start=1):
        facts = [item["money"], item["owner"], f"by {item['due']}" if item["due"] else ""]
        yield from _wrapped(f"{number}. {'; '.join(filter(None, [item['text'], *facts]))}")
    if not actions["items"]:
        yield from _wrapped(actions["nothing"])


def _table(table: Part, rows: int) -> Iterator[str]:
    if table["title"]:
        yield from _wrapped(table["title"])
    lines = [table["labels"], *table["rows"][:rows], *([table["total"]] if table["total"] else [])]
    cut = [[clean(word, _CELL) for word in line] for line in lines]
    widths = [max(len(line[place]) for line in cut) for place in range(len(cut[0]))]
    for line in cut:
        aligned = [
            word.rjust(width) if right else word.ljust(width)
            for word, width, right in zip(line, widths, table["right"], strict=True)
        ]
        yield "  ".join(aligned).rstrip()
    if (left := table["of"] - min(rows, len(table["rows"]))) > 0:
        yield f"and {left} more in the report"


def _wrapped(text: object) -> list[str]:
    return textwrap.wrap(clean(text, _LONGEST), _WIDTH, break_on_hyphens=False) or [""]
