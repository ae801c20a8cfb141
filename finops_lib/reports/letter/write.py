"""Write a mail within its limits: what does not fit is left out of the table first, and is in the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from finops_lib.errors import QualityError
from finops_lib.messages import Letter
from finops_lib.reports.letter.content import MOST_ROWS, LetterContent
from finops_lib.reports.letter.page import page_of
from finops_lib.reports.letter.pictures import pictures_of
from finops_lib.reports.letter.words import text_of
from finops_lib.reports.markup import clean

# Mail programs cut what is longer than about 100 kB of HTML, whatever the pictures weigh.
HTML_LIMIT = 90_000
_SUBJECT_LIMIT = 160


def write_letter(content: LetterContent, *, link: str = "", footer: str = "") -> Letter:
    """Write the mail.

    Args:
        link: where the report can be opened; "" = it is attached only.
        footer: why its reader gets it, and how to get no more of them.
    Raises:
        QualityError: it does not fit into a mail, whatever is left out.
    """
    subject = subject_of(content)
    pictures = pictures_of(content.charts)
    for shorter, rows in _shorter(content):
        html = page_of(shorter, pictures, subject=subject, rows=rows, link=link, footer=footer)
        if len(html.encode()) <= HTML_LIMIT:
            words = text_of(shorter, rows=rows, link=link, footer=footer)
            shown = tuple(pictures[: len(shorter.charts)])
            headline, changed = clean(content.headline, 300), clean(content.changed, 600)
            return Letter(subject, content.colour, headline, changed, html, words, shown)
    raise QualityError(
        f"{content.name} does not fit into a mail of {HTML_LIMIT // 1000} kB",
        next_step="tag fewer cells of the notebook with email",
    )


def subject_of(content: LetterContent) -> str:
    """Say colour, report and headline in one line: [RED] Overview: 412k month to date, 596k expected against 600k."""
    colour = f"[{content.colour.upper()}] " if content.colour else ""
    # Plain letters, so that no mail program has to break or decode it.
    headline = content.headline.replace("\u00a0", " ").replace("\u2013", "-")
    return clean(f"{colour}{content.name}: {headline}", _SUBJECT_LIMIT)


def _shorter(content: LetterContent) -> Iterator[tuple[LetterContent, int]]:
    """Give the mail with fewer and fewer rows, and at last without what else repeats itself."""
    yield from ((content, rows) for rows in (MOST_ROWS, 10, 5, 0))
    yield replace(content, body=content.charts, strips=content.strips[:5]), 0
