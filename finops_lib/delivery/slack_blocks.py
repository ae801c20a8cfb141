"""How a message looks in Slack: Block Kit, within its limits.

Whatever came from outside stands in plain_text objects, which know no markup, and is escaped all the same: a name
`<!channel>` wakes nobody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from finops_lib.delivery import REPEAT
from finops_lib.delivery.plain import ELLIPSIS, clean, web_link

# Of the Block Kit reference.
HEADER_LIMIT, SECTION_LIMIT, FIELD_LIMIT, FIELDS_LIMIT, BLOCKS_LIMIT = 150, 3000, 2000, 10, 50
# A context line that is longer is not read by anybody; Slack itself would take 3,000.
_CONTEXT_LIMIT = 1000
# So many alerts of a digest are shown, and the others counted: two blocks each would not fit.
_ITEMS_SHOWN = 40
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# Marks that bold, italic, struck and code text are made of; looked-alike characters mean nothing to Slack.
_MARKS = str.maketrans({"*": "\u2217", "_": "\uff3f", "~": "\u223c", "`": "\u02cb"})
_SIGNS = {
    "red": "\U0001f534",
    "orange": "\U0001f7e0",
    "yellow": "\U0001f7e1",
    "green": "\U0001f7e2",
    "grey": "\u26aa",
}


def body_of(payload: Mapping[str, Any], *, may_repeat: bool) -> dict[str, Any]:
    """Give the JSON that an incoming webhook takes: the blocks, and `text` for notifications and screen readers."""
    blocks = list(_blocks(payload, may_repeat))
    return {"text": escaped(_title(payload), SECTION_LIMIT), "blocks": blocks[:BLOCKS_LIMIT]}


def escaped(text: object, limit: int) -> str:
    """Clean and escape text so that the result is no longer than `limit` and no escape is cut in two."""
    parts: list[str] = []
    length = 0
    for character in clean(text, limit):
        part = _ESCAPES.get(character, character)
        if length + len(part) > limit - 1:
            return "".join(parts) + ELLIPSIS
        parts.append(part)
        length += len(part)
    return "".join(parts)


def _blocks(payload: Mapping[str, Any], may_repeat: bool) -> Iterator[dict[str, Any]]:
    yield {"type": "header", "text": _plain(_title(payload), HEADER_LIMIT)}
    if payload.get("sentence"):
        yield {"type": "section", "text": _plain(payload["sentence"], SECTION_LIMIT)}
    figures: Sequence[Sequence[str]] = payload.get("figures", ())
    if figures:
        yield {"type": "section", "fields": [_field(label, value) for label, value in figures[:FIELDS_LIMIT]]}
    if payload.get("drivers"):
        lines = [f"{place}. {label}: {value}" for place, (label, value) in enumerate(payload["drivers"], start=1)]
        yield {"type": "section", "text": _lines(["What moves it most, with the change", *lines])}
    yield from _items(payload.get("items", ()))
    notes = [*payload.get("notes", ()), *([REPEAT] if may_repeat else [])]
    elements = [_plain(note, _CONTEXT_LIMIT) for note in notes[:8]]
    if link := web_link(payload.get("link", "")):
        elements.append({"type": "mrkdwn", "text": f"<{link.replace('&', '&amp;')}|Open the report>"})
    if payload.get("acknowledge"):
        command = escaped(payload["acknowledge"], _CONTEXT_LIMIT).translate(_MARKS)
        elements.append({"type": "mrkdwn", "text": f"Take note of it: `{command}`"})
    if elements:
        yield {"type": "context", "elements": elements}


def _items(items: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items[:_ITEMS_SHOWN]:
        lines = [_title(item), str(item.get("sentence", "")), str(item.get("acknowledge", ""))]
        yield {"type": "section", "text": _lines([line for line in lines if line])}
    if len(items) > _ITEMS_SHOWN:
        yield {"type": "section", "text": _plain(f"and {len(items) - _ITEMS_SHOWN} more", SECTION_LIMIT)}


def _title(payload: Mapping[str, Any]) -> str:
    sign = _SIGNS.get(str(payload.get("colour", "")), "")
    return f"{sign} {payload.get('title', '')}".strip()


def _plain(text: object, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": escaped(text, limit), "emoji": False}


def _lines(lines: Sequence[str]) -> dict[str, Any]:
    # The only line breaks are ours; each line is cut so that all of them fit.
    room = SECTION_LIMIT // len(lines) - 1
    return {"type": "plain_text", "text": "\n".join(escaped(line, room) for line in lines), "emoji": False}


def _field(label: str, value: str) -> dict[str, Any]:
    room = FIELD_LIMIT // 4
    shown = [escaped(text, room).translate(_MARKS) for text in (label, value)]
    return {"type": "mrkdwn", "text": f"*{shown[0]}*\n{shown[1]}"}
