"""Elements of a page: the answer, headline figures, status strip, sentences, callouts, actions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from finops_lib.reports import markup
from finops_lib.reports.format import Number, plural
from finops_lib.reports.marks import sparkline, status_html, status_name, status_text
from finops_lib.reports.markup import Showable

__all__ = [
    "Action",
    "Beside",
    "Element",
    "Figure",
    "Showable",
    "actions",
    "answer",
    "beside",
    "callout",
    "facts",
    "figures",
    "sentence",
    "strip",
]

MOST_ACTIONS = 3
# Kinds of a strip that say more than the usual word of their colour.
SPOKEN = {"stale": "STALE", "incomplete": "incomplete", "warning": "warning", "error": "error"}


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of the page: escaped HTML, and the same in plain words for a terminal.

    Args:
        part: `kind` and what it says, unescaped, as JSON knows it: what a mail is made of. Empty = no mail shows it.
    """

    body: str
    words: str
    part: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def html(self) -> str:
        return self.body

    def still(self) -> str:
        """Give the HTML for surroundings that run no script of ours."""
        return self.body

    def text(self) -> str:
        return self.words

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return markup.bundle(self, self.part)


@dataclass(frozen=True, slots=True)
class Beside(Element):
    """Elements side by side."""

    elements: tuple[Showable, ...]

    def still(self) -> str:
        """Give the HTML for surroundings that run no script of ours."""
        return _cells(element.still() for element in self.elements)


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline figure.

    Args:
        value: formatted, with its unit.
        note: what it is compared with, or until when it counts.
        trend: the course behind it, oldest first; None where not known.
        status: a colour or its everyday name; empty shows none.
        word: the word beside the status' shape.
    """

    label: str
    value: str
    note: str = ""
    trend: Sequence[Number] = ()
    status: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """Something to do, with what it is worth, who does it and until when."""

    text: str
    money: str = ""
    owner: str = ""
    due: str = ""


def answer(
    question: str, answer: str, status: str = "", word: str = "", *, headline: str = "", changed: str = ""
) -> Element:
    """Show the page's question with its computed answer; the question becomes the title of the report.

    Args:
        headline: the answer in a dozen words and numbers, for the subject of a mail; "" = the answer's first sentence.
        changed: the one sentence of what changed, for the mail; "" = the answer.
    """
    part = {"kind": "answer", "question": question, "answer": answer, "headline": headline, "changed": changed}
    mark = f"<p>{status_html(status, word)}</p>" if status else ""
    lines = [question, answer, *([status_text(status, word)] if status else [])]
    return Element(
        f'<div class="fw-answer"><p class="fw-question">{markup.text(question, None)}</p>'
        f'<p class="fw-said">{markup.text(answer, None)}</p>{mark}</div>',
        _lines(lines),
        part={**part, "status": status_name(status) if status else "", "word": word},
    )


def figures(items: Sequence[Figure]) -> Element:
    """Show three to five headline figures in a row."""
    cells = [
        f'<div class="fw-figure"><dt>{markup.text(item.label)}</dt>'
        f'<dd class="fw-value">{markup.text(item.value)}</dd>'
        + (f'<dd class="fw-trend">{drawing}</dd>' if (drawing := sparkline(item.trend)) else "")
        + (f'<dd class="fw-note">{markup.text(item.note, None)}</dd>' if item.note else "")
        + (f"<dd>{status_html(item.status, item.word)}</dd>" if item.status else "")
        + "</div>"
        for item in items
    ]
    lines = [
        f"{item.label}: {item.value}"
        + (f" ({item.note})" if item.note else "")
        + (f" {status_text(item.status, item.word)}" if item.status else "")
        for item in items
    ]
    shown = [
        {
            "label": item.label,
            "value": item.value,
            "note": item.note,
            "status": status_name(item.status) if item.status else "",
            "word": item.word,
        }
        for item in items
    ]
    return Element(
        f'<dl class="fw-figures">{"".join(cells)}</dl>', _lines(lines), part={"kind": "figures", "items": shown}
    )


def strip(kind: str, text: str) -> Element:
    """Show a status strip above the numbers: what is stale, incomplete or unreconciled, in words.

    Args:
        kind: a colour or its everyday name: ok, info, stale, incomplete, warning, error.
    """
    word = SPOKEN.get(kind, "note" if status_name(kind) == "grey" else "")
    return Element(
        f'<div class="fw-strip fw-edge-{status_name(kind)}" role="note">{status_html(kind, word)} '
        f"<span>{markup.text(text, None)}</span></div>",
        _lines([f"{status_text(kind, word)}: {text}"]),
        part={"kind": "strip", "status": status_name(kind), "word": word, "text": text},
    )


def sentence(text: str) -> Element:
    """Show one computed sentence."""
    return Element(
        f'<p class="fw-sentence">{markup.text(text, None)}</p>', _lines([text]), part={"kind": "sentence", "text": text}
    )


def callout(title: str, text: str, kind: str = "info") -> Element:
    """Show a boxed remark that belongs to the numbers around it."""
    return Element(
        f'<div class="fw-callout fw-edge-{status_name(kind)}"><strong>{markup.text(title)}</strong>'
        f"<p>{markup.text(text, None)}</p></div>",
        _lines([f"{title}: {text}"]),
        part={"kind": "callout", "status": status_name(kind), "title": title, "text": text},
    )


def actions(items: Sequence[Action], nothing: str = "Nothing needs to be done.", *, title: str = "") -> Element:
    """Show what to do: at most three actions, the most valuable first as given; further ones are only counted.

    Args:
        title: the heading above them in a mail, where nothing else stands above; "" = what to do.
    """
    if not items:
        part = {"kind": "actions", "title": title, "items": [], "nothing": nothing}
        return Element(f'<p class="fw-sentence">{markup.text(nothing, None)}</p>', _lines([nothing]), part=part)
    rows, lines = [], []
    for place, item in enumerate(items[:MOST_ACTIONS], start=1):
        facts = [fact for fact in (item.owner, f"by {item.due}" if item.due else "") if fact]
        rows.append(
            f'<li><span class="fw-do">{markup.text(item.text, None)}</span>'
            + (f'<span class="fw-worth">{markup.text(item.money)}</span>' if item.money else "")
            + (f'<span class="fw-who">{", ".join(markup.name(fact) for fact in facts)}</span>' if facts else "")
            + "</li>"
        )
        lines.append(f"{place}. {item.text}" + "".join(f"; {fact}" for fact in (item.money, *facts) if fact))
    rest = len(items) - MOST_ACTIONS
    more = f"{plural(rest, 'further action')} in the tables above." if rest > 0 else ""
    html = f'<ol class="fw-actions">{"".join(rows)}</ol>' + (f'<p class="fw-note">{more}</p>' if more else "")
    listed = [asdict(item) for item in items[:MOST_ACTIONS]]
    return Element(
        f'<div class="fw-todo">{html}</div>',
        _lines([*lines, more] if more else lines),
        part={"kind": "actions", "title": title, "items": listed, "nothing": nothing},
    )


def facts(items: Mapping[str, object], title: str = "") -> Element:
    """Show named facts, one a line."""
    rows = "".join(f"<dt>{markup.text(label)}</dt><dd>{markup.name(value)}</dd>" for label, value in items.items())
    heading = f"<strong>{markup.text(title)}</strong>" if title else ""
    lines = [*([title] if title else []), *(f"{label}: {value}" for label, value in items.items())]
    return Element(f'<div class="fw-facts">{heading}<dl>{rows}</dl></div>', _lines(lines))


def beside(*elements: Showable) -> Beside:
    """Show elements that are to be compared side by side; one below the other on a phone."""
    words = "\n\n".join(element.text() for element in elements)
    return Beside(_cells(element.html() for element in elements), words, elements)


def _lines(lines: Iterable[str]) -> str:
    """Give plain words, each entry on a line of its own whatever the names in it bring."""
    return "\n".join(markup.clean(line) for line in lines)


def _cells(bodies: Iterable[str]) -> str:
    cells = "".join(f'<div class="fw-cell">{body}</div>' for body in bodies)
    return f'<div class="fw-beside">{cells}</div>'
