"""How a message looks as mail: an HTML page that fits a phone, and text that can be read alone.

Styles are on the elements themselves, for many mail programs drop everything else; layout is one column, for they also
drop most of what lays out columns.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from finops_lib.delivery.plain import clean, web_link

SUBJECT_LIMIT = 200
_TEXT_LIMIT = 600
_ITEMS_SHOWN = 50
_SHORT_LABEL = 16
_FONT = "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
_BREAK = "overflow-wrap:anywhere;word-break:break-word"
# White text on each has a contrast of at least 4.5; the word beside it says the same without colour.
_COLOURS = {"red": "#b42318", "orange": "#b54708", "yellow": "#8a6100", "green": "#1a7f37", "grey": "#57606a"}


def subject_of(payload: Mapping[str, Any]) -> str:
    """Give the subject, one line."""
    return clean(payload.get("subject_line") or payload.get("title", ""), SUBJECT_LIMIT)


def text_of(payload: Mapping[str, Any]) -> str:
    """Give the message as plain text."""
    return "\n".join(_text(payload)).strip() + "\n"


def html_of(payload: Mapping[str, Any]) -> str:
    """Give the message as an HTML page."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light">'
        f"<title>{_shown(subject_of(payload), SUBJECT_LIMIT)}</title></head>"
        '<body style="margin:0;padding:0;background:#f3f4f6">'
        f'<div style="max-width:600px;margin:0 auto;padding:16px 12px;{_FONT};color:#1f2328">'
        f'<div style="background:#ffffff;border:1px solid #d0d7de;border-radius:8px;padding:20px;{_BREAK}">'
        + "".join(_page(payload))
        + "</div></div></body></html>\n"
    )


def _text(payload: Mapping[str, Any]) -> Iterator[str]:
    yield _badge(payload)
    yield clean(payload.get("title", ""), _TEXT_LIMIT)
    yield ""
    if payload.get("sentence"):
        yield clean(payload["sentence"], _TEXT_LIMIT)
        yield ""
    figures = [(clean(label), clean(value)) for label, value in payload.get("figures", ())]
    width = max((len(label) for label, _ in figures), default=0)
    yield from (f"{label:<{width}}  {value}" for label, value in figures)
    if payload.get("drivers"):
        yield from ("", "What moves it most, with the change")
        for place, (label, value) in enumerate(payload["drivers"], start=1):
            yield f"{place}. {clean(label)}: {clean(value)}"
    items = payload.get("items", ())
    for item in items[:_ITEMS_SHOWN]:
        yield from ("", f"{_badge(item)}  {clean(item.get('title', ''), _TEXT_LIMIT)}")
        yield from (f"  {clean(item[name], _TEXT_LIMIT)}" for name in ("sentence", "acknowledge") if item.get(name))
    if len(items) > _ITEMS_SHOWN:
        yield f"and {len(items) - _ITEMS_SHOWN} more"
    yield ""
    yield from (clean(note, _TEXT_LIMIT) for note in payload.get("notes", ()))
    if link := web_link(payload.get("link", "")):
        yield f"Report: {link}"
    if payload.get("acknowledge"):
        yield f"Take note of it: {clean(payload['acknowledge'])}"


def _page(payload: Mapping[str, Any]) -> Iterator[str]:
    yield _pill(payload)
    title = _shown(payload.get("title", ""), _TEXT_LIMIT)
    yield f'<h1 style="margin:12px 0 8px;font-size:22px;line-height:1.3;font-weight:600">{title}</h1>'
    if payload.get("sentence"):
        yield _paragraph(payload["sentence"], "margin:0 0 16px;font-size:16px;line-height:1.5")
    if payload.get("figures"):
        yield _table(payload["figures"])
    if payload.get("drivers"):
        yield '<h2 style="margin:20px 0 6px;font-size:16px;font-weight:600">What moves it most, with the change</h2>'
        yield _table([(f"{place}. {label}", value) for place, (label, value) in enumerate(payload["drivers"], start=1)])
    items = payload.get("items", ())
    for item in items[:_ITEMS_SHOWN]:
        yield '<div style="border-top:1px solid #d0d7de;padding:14px 0">'
        yield _pill(item)
        yield _paragraph(item.get("title", ""), "margin:8px 0 4px;font-size:16px;font-weight:600")
        if item.get("sentence"):
            yield _paragraph(item["sentence"], "margin:0;font-size:14px;line-height:1.5")
        if item.get("acknowledge"):
            yield _code(item["acknowledge"])
        yield "</div>"
    if len(items) > _ITEMS_SHOWN:
        yield _paragraph(f"and {len(items) - _ITEMS_SHOWN} more", "margin:0;font-size:14px")
    if link := web_link(payload.get("link", "")):
        yield (
            f'<p style="margin:20px 0 0"><a href="{html.escape(link)}" style="display:inline-block;background:#0a58ca;'
            'color:#ffffff;text-decoration:none;font-size:16px;padding:10px 18px;border-radius:6px">'
            "Open the report</a></p>"
        )
    if payload.get("acknowledge"):
        yield _paragraph("Take note of it:", "margin:20px 0 0;font-size:14px;color:#57606a")
        yield _code(payload["acknowledge"])
    for note in payload.get("notes", ()):
        yield _paragraph(note, "margin:12px 0 0;font-size:13px;line-height:1.5;color:#57606a")


def _table(rows: Sequence[Sequence[str]]) -> str:
    cell = "padding:7px 0;border-bottom:1px solid #eaeef2;font-size:15px;line-height:1.4;vertical-align:top"
    lines = "".join(
        f'<tr><td style="{cell};padding-right:16px;color:#57606a;{_wrap(label)}">{_shown(label)}</td>'
        f'<td style="{cell};text-align:right;font-variant-numeric:tabular-nums">{_shown(value)}</td></tr>'
        for label, value in rows
    )
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" width="100%" '
        f'style="border-collapse:collapse;width:100%">{lines}</table>'
    )


def _wrap(label: str) -> str:
    # A short label stays on its line beside a long value; a long one must not push the value off the screen.
    return "white-space:nowrap" if len(label) <= _SHORT_LABEL else _BREAK


def _pill(payload: Mapping[str, Any]) -> str:
    colour = _COLOURS.get(str(payload.get("colour", "")), _COLOURS["grey"])
    return (
        f'<span style="display:inline-block;background:{colour};color:#ffffff;font-size:13px;font-weight:600;'
        f'letter-spacing:.02em;padding:3px 10px;border-radius:12px">{_shown(_badge(payload))}</span>'
    )


def _paragraph(text: object, style: str) -> str:
    return f'<p style="{style}">{_shown(text, _TEXT_LIMIT)}</p>'


def _code(command: object) -> str:
    style = (
        "display:inline-block;background:#f3f4f6;border-radius:4px;padding:4px 8px;font-size:13px;"
        f"font-family:ui-monospace,Menlo,Consolas,monospace;{_BREAK}"
    )
    return f'<p style="margin:6px 0 0"><code style="{style}">{_shown(command)}</code></p>'


def _badge(payload: Mapping[str, Any]) -> str:
    return clean(payload.get("badge") or payload.get("colour", ""), 40).upper() or "ALERT"


def _shown(text: object, limit: int = 300) -> str:
    return html.escape(clean(text, limit))
