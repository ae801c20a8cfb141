"""Names as somebody hostile would write them on a bill, and how to see that they have changed nothing.

A test shows the same thing twice, once of a name from NAMES and once of HARMLESS, reads both back, and compares.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from html.parser import HTMLParser

HARMLESS = "shop"
NAMES: Mapping[str, str] = {
    "markup": "</script></td></p><img src=x onerror=\"window.hit=1\"><script>window.hit=1</script><b class='injected'>",
    "attribute": "\" onmouseover=\"window.hit=1\" style='position:fixed' href=javascript:window.hit=1 x='",
    "formula": '=HYPERLINK("http://evil.example","x")|\'/C calc\'!A0',
    "tabbed formula": "\t=1+1",
    "long": "<i class=injected>" + "x" * 10_000,
    "right to left": "safe\u202egnp.exe\u2066\u200f",
    "lines": "first\r\nBcc: x@evil.example\r\n\r\n# heading\u2028| a | b |\x0b\x85",
    "terminal": "\x1b]0;owned\x07\x1b[31mred\x1b[2J\x9b2J\x08\x00",
    "mention": "<!channel> <@U1> @everyone *b* `c` <http://evil.example|click>",
    "template": "[/b] {{ 7*7 }} {{script}} ${7*7} $$\\href{javascript:window.hit=1}{x}$$ [x](javascript:window.hit=1)",
}
# What a page adds around any text that is too long for its place.
_CUT = {("span", "title"), ("wbr", "")}
# Line ends and tabs included: a caller that has lines of its own looks at them one by one.
_STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class _Elements(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[str, str]] = Counter()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.update((tag, name) for name in ("", *(name for name, _ in attrs)))
        kept = [value or "" for name, value in attrs if name in ("href", "src", "action", "class")]
        # Of a picture's own bytes only that they are one.
        self.addresses += [re.sub("^(data:image/[a-z+]+;base64,).*", r"\1", value) for value in kept]


def elements_of(html: str) -> tuple[Counter[tuple[str, str]], list[str]]:
    """Give how often each element and each attribute stands in HTML, and where its links and pictures lead.

    What marks a long text as cut is left out: a `title` on a span, a break within a word.
    """
    parser = _Elements()
    parser.feed(html)
    parser.close()
    cut = parser.found[("span", "title")]
    counted = Counter({part: count for part, count in parser.found.items() if part not in _CUT})
    counted[("span", "")] -= cut
    return +counted, parser.addresses


def steering(text: str) -> set[str]:
    """Give the characters that move a terminal's cursor, end a line, or turn the words around them."""
    return set(_STEERING.findall(text))
