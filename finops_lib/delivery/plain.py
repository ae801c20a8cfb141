"""Text that came from outside (names, tags, reasons), as one harmless line."""

from __future__ import annotations

import re
import unicodedata

ELLIPSIS = "\u2026"
_NO_BREAK_SPACE = "\u00a0"


def clean(text: object, limit: int = 300) -> str:
    """Give text as one line of characters that can be seen, cut at `limit`.

    Line breaks become blanks. Control characters, bidirectional overrides and zero-width characters go: they hide what
    a name really is, or begin a header of their own.
    """
    # Ten thousand characters are not looked at one by one to keep three hundred.
    raw = str(text)[: 8 * limit]
    kept = "".join(_kept(character) for character in raw)
    line = re.sub(" +", " ", kept).strip()
    return line if len(line) <= limit and len(str(text)) <= 8 * limit else line[: limit - 1].rstrip() + ELLIPSIS


def web_link(text: object) -> str:
    """Give an address that a reader may click on; "" for everything else."""
    address = str(text)
    return address if re.fullmatch(r"https?://[!-~]{1,2000}", address) and not re.search(r'[<>"|]', address) else ""


def _kept(character: str) -> str:
    if character == _NO_BREAK_SPACE:
        return character
    category = unicodedata.category(character)
    if character.isspace() or category in ("Cc", "Zl", "Zp"):
        return " "
    return "" if category.startswith("C") else character
