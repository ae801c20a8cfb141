"""What do the cells tagged `email` of an executed notebook say?"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from finops_lib.errors import ConfigError
from finops_lib.reports import markup
from finops_lib.reports.render import SPEC

MOST_CHARTS, MOST_ROWS = 4, 15
SHOWN = ("figures", "sentence", "callout", "chart", "table", "actions")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
Part = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShownChart:
    """A chart of the mail: its words, and the spec as the page holds it."""

    title: str
    subtitle: str
    alt: str
    note: str
    spec: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class LetterContent:
    """What a mail says, unescaped.

    Args:
        name: the report's name in the subject.
        headline: the answer in a dozen words and numbers.
        colour: of the status; "" = none.
        strips: what a reader must know before any number, the scope of the page included.
        body: the rest in the order of the notebook: charts, one table, and the parts of everything else.
    """

    name: str
    question: str
    headline: str
    changed: str
    colour: str
    word: str
    strips: tuple[Part, ...]
    body: tuple[ShownChart | Part, ...]

    @property
    def charts(self) -> tuple[ShownChart, ...]:
        return tuple(one for one in self.body if isinstance(one, ShownChart))


def read_letter(notebook: Mapping[str, Any], *, name: str) -> LetterContent:
    """Read an executed notebook.

    Raises:
        ConfigError: it has no answer that a mail could begin with.
    """
    parts = list(_parts(notebook, "email"))
    answer = next((part for part, _ in parts if part["kind"] == "answer"), None)
    if answer is None:
        raise ConfigError(
            f"{name} has no answer among its cells tagged email, so no mail can be made of it",
            next_step=f"run it again: finops run {name}",
            notebook=name,
        )
    strips = [item for part, _ in _parts(notebook, "setup") for item in part.get("items", ())]
    strips += [part for part, _ in parts if part["kind"] == "strip"]
    return LetterContent(
        name=name.capitalize(),
        question=answer["question"],
        headline=answer["headline"] or first_sentence(answer["answer"]),
        changed=answer["changed"] or answer["answer"],
        colour=answer["status"] if answer["status"] != "grey" else "",
        word=answer["word"],
        strips=tuple(strips),
        body=tuple(_body(parts)),
    )


def _body(parts: Iterable[tuple[Part, str]]) -> Iterator[ShownChart | Part]:
    left = {"chart": MOST_CHARTS, "table": 1}
    for part, page in parts:
        kind = part["kind"]
        if kind not in SHOWN or left.get(kind, 1) < 1:
            continue
        if kind in left:
            left[kind] -= 1
        yield _chart(part, page) if kind == "chart" else part


def first_sentence(text: str) -> str:
    """Give a text's first sentence without its full stop."""
    return _SENTENCE_END.split(text, maxsplit=1)[0].rstrip(".")


def _parts(notebook: Mapping[str, Any], tag: str) -> Iterator[tuple[Part, str]]:
    """Give what the elements of tagged cells say, with their HTML."""
    for cell in notebook["cells"]:
        if tag not in cell.get("metadata", {}).get("tags", ()):
            continue
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if isinstance(part := data.get(markup.PART_MIME), Mapping) and "kind" in part:
                yield part, _joined(data.get("text/html", ""))


def _chart(part: Part, page: str) -> ShownChart:
    found = SPEC.search(page)
    spec = json.loads(found[1]) if found else {}
    return ShownChart(part["title"], part["subtitle"], part["alt"], part["note"], spec)


def _joined(text: str | Sequence[str]) -> str:
    return text if isinstance(text, str) else "".join(text)
