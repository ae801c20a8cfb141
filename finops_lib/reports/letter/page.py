"""A mail as HTML: one column of at most 640 px, tables where mail programs need them, nothing fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape

from finops_lib.messages import Picture
from finops_lib.reports import markup
from finops_lib.reports.letter.content import LetterContent, Part, ShownChart
from finops_lib.reports.letter.pictures import WIDTH
from finops_lib.reports.marks import SHAPES

_NAME, _SENTENCE = 80, 600
_TABLE = '<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%"'


def page_of(
    content: LetterContent, pictures: Sequence[Picture], *, subject: str, rows: int, link: str, footer: str
) -> str:
    """Give the HTML with every style on its element; `rows` = so many of the table."""
    import css_inline

    inliner = css_inline.CSSInliner(keep_style_tags=False, keep_link_tags=False, load_remote_stylesheets=False)
    body = "".join(_body(content, pictures, rows, link, footer))
    page = inliner.inline(
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
        f"<title>{_text(subject, 200)}</title><style>{markup.asset('letter/letter.css')}</style></head>"
        # Outlook knows no max-width, so it is told a width; phones shrink the table to theirs.
        f'<body>{_TABLE} class="ground"><tr><td align="center">'
        f'<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="640" class="sheet">'
        f'<tr><td class="inside">{body}</td></tr></table></td></tr></table></body></html>'
    )
    # Where a mail program reads it, a phone and the dark get their own; where not, nothing is missing.
    return page.replace("</head>", f"<style>{markup.asset('letter/places.css')}</style></head>", 1)


def _body(content: LetterContent, pictures: Sequence[Picture], rows: int, link: str, footer: str) -> Iterator[str]:
    if content.colour:
        yield f'<p class="line">{_pill(content.colour, content.word)}</p>'
    yield f'<p class="question">{_text(content.question)}</p><h1>{_text(content.headline)}</h1>'
    yield from (f'<p class="strip {strip["status"]}">{_text(strip["text"])}</p>' for strip in content.strips)
    yield f'<p class="lead">{_text(content.changed)}</p>'
    drawn = iter(pictures)
    for part in content.body:
        if isinstance(part, ShownChart):
            yield from _chart(part, next(drawn) if part.spec else None)
        else:
            yield from _part(part, rows)
    if link:
        yield f'<p class="line"><a class="button" href="{escape(link)}">Open the report</a></p>'
    yield f'<p class="foot">{_text(footer)}</p>'


def _part(part: Part, rows: int) -> Iterator[str]:
    match part["kind"]:
        case "figures":
            yield f'{_TABLE} class="figures">{"".join(map(_figure, part["items"]))}</table>'
        case "callout":
            title, text = _text(part["title"]), _text(part["text"])
            yield f'<p class="strip {part["status"]}"><strong>{title}</strong><br>{text}</p>'
        case "sentence":
            yield f'<p class="lead">{_text(part["text"])}</p>'
        case "actions":
            yield from _actions(part)
        case "table" if rows:
            yield from _table(part, rows)


def _chart(chart: ShownChart, picture: Picture | None) -> Iterator[str]:
    yield f'<h2>{_text(chart.title)}</h2><p class="note">{_text(chart.subtitle)}</p>'
    if picture is not None:
        yield f'<img class="chart" src="cid:{picture.name}" width="{WIDTH}" alt="{escape(picture.alt)}">'


def _figure(item: Part) -> str:
    mark = f" {_pill(item['status'], item['word'])}" if item["status"] else ""
    note = f'<br><span class="note">{_text(item["note"], 200)}</span>' if item["note"] else ""
    return (
        f'<tr><td class="label">{_text(item["label"], _NAME)}{note}</td>'
        f'<td class="value">{_text(item["value"], _NAME)}{mark}</td></tr>'
    )


def _table(table: Part, rows: int) -> Iterator[str]:
    if table["title"]:
        yield f"<h2>{_text(table['title'])}</h2>"
    head = "".join(
        f'<th class="{_side(right)}">{_text(label, _NAME)}</th>'
        for label, right in zip(table["labels"], table["right"], strict=True)
    )
    lines = [_row(row, table["right"], "") for row in table["rows"][:rows]]
    if table["total"]:
        lines.append(_row(table["total"], table["right"], " total"))
    # A table of numbers, so it keeps its role, unlike those that only lay out.
    yield (
        '<table class="numbers" cellpadding="0" cellspacing="0" border="0" width="100%">'
        f"<tr>{head}</tr>{''.join(lines)}</table>"
    )
    if (left := table["of"] - min(rows, len(table["rows"]))) > 0:
        yield f'<p class="note">and {left} more in the report</p>'


def _row(words: Sequence[str], right: Sequence[bool], kind: str) -> str:
    cells = "".join(
        f'<td class="{_side(is_right)}{kind}">{_breakable(word)}</td>'
        for word, is_right in zip(words, right, strict=True)
    )
    return f"<tr>{cells}</tr>"


def _actions(actions: Part) -> Iterator[str]:
    yield f"<h2>{_text(actions['title'] or 'What to do')}</h2>"
    if not actions["items"]:
        yield f'<p class="lead">{_text(actions["nothing"])}</p>'
    for number, item in enumerate(actions["items"], start=1):
        facts = [item["owner"], f"by {item['due']}" if item["due"] else ""]
        who = ", ".join(_text(fact, _NAME) for fact in facts if fact)
        worth = f'<span class="worth">{_text(item["money"], _NAME)}</span>' if item["money"] else ""
        between = " &middot; " if worth and who else ""
        facts_shown = f'{worth}{between}<span class="note">{who}</span>'
        yield f'<p class="action">{number}. {_text(item["text"])}<br>{facts_shown}</p>'


def _pill(colour: str, word: str) -> str:
    return f'<span class="pill {colour}">{_text(word or SHAPES[colour][1], 40)}</span>'


def _side(right: bool) -> str:
    return "right" if right else "left"


def _breakable(name: str) -> str:
    """Give a name of a table that a narrow screen may break, but not at every letter."""
    words = re.split(r"(\S{16})(?=\S)", markup.clean(name, _NAME))
    return "<wbr>".join(escape(word) for word in words if word)


def _text(value: object, limit: int = _SENTENCE) -> str:
    # Without the title that a page has: nobody hovers in a mail, and it would fill it.
    return escape(markup.clean(value, limit))
