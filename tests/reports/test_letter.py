"""A mail says what the cells tagged `email` say, within its limits, and no name of a bill becomes part of it."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest

from finops_lib.errors import ConfigError
from finops_lib.messages import Letter
from finops_lib.reports import page
from finops_lib.reports.letter import HTML_LIMIT, read_letter, write_letter
from finops_lib.reports.markup import Showable
from finops_lib.reports.page import Action, Figure
from tests.reports.executed import ANSWER, a_chart, a_table, executed
from tests.reports.sample_page import HOSTILE

LINK = "https://finops.example.org/overview/1/report.html?a=1&b=2"


def letter(*shown: Showable, strips: tuple[str, ...] = ()) -> Letter:
    return write_letter(read_letter(executed(*shown, strips=strips), name="overview"), link=LINK, footer="Bye.")


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_subject_says_colour_report_and_headline_in_plain_letters() -> None:
    answer = page.answer("Q?", "A.", "orange", headline="412k\u00a0USD, 596k expected (570k\u2013628k) against 600k")
    assert letter(answer).subject == "[ORANGE] Overview: 412k USD, 596k expected (570k-628k) against 600k"


def test_without_a_headline_the_first_sentence_is_it_and_grey_is_no_colour() -> None:
    assert letter(page.answer("Q?", "412.5k USD so far. The rest.", "grey")).subject == "Overview: 412.5k USD so far"


def test_the_text_can_be_read_alone() -> None:
    shown = (
        ANSWER,
        page.figures([Figure("October", "412k USD", "+3 % of 400k")]),
        a_chart("Compute rose by 30k"),
        a_table(2),
        page.actions([Action("Stop i-1", "9k USD", "Ann", "24 Oct")]),
    )
    text = letter(*shown, strips=("aws has delivered nothing since Monday",)).text
    for said in (
        "RED: over",
        "412k USD, 596k expected",
        "! aws has delivered nothing since Monday",
        "October: 412k USD (+3 % of 400k)",
        "Compute rose by 30k",
        "service 1",
        "1. Stop i-1; 9k USD; Ann; by 24 Oct",
        f"Report: {LINK}",
        "Bye.",
    ):
        assert said in text, said
    assert "<" not in text


def test_only_what_is_tagged_is_in_it() -> None:
    notebook = executed(ANSWER, page.sentence("For all."), page.sentence("For analysts."))
    notebook["cells"][-1]["metadata"]["tags"] = []
    said = write_letter(read_letter(notebook, name="overview"))
    assert "For all." in said.text
    assert "For analysts." not in said.text + said.html


def test_at_most_four_charts_one_table_and_fifteen_rows_are_shown() -> None:
    said = letter(ANSWER, *(a_chart(f"Finding {n}") for n in range(6)), a_table(40), a_table(3, "other"))
    assert len(said.pictures) == 4
    assert [picture.png[:4] for picture in said.pictures] == [b"\x89PNG"] * 4
    assert "Finding 4" not in said.text
    assert "service 14" in said.text
    assert "service 15" not in said.text
    # 40 rows, of which 15 are shown.
    assert "and 25 more in the report" in said.text
    assert "other 0" not in said.text


def test_each_picture_is_named_once_with_its_width_and_its_finding() -> None:
    said = letter(ANSWER, a_chart("Compute rose"), a_chart("Storage fell"))
    images = [attributes for tag, attributes in _Tags(said.html).found if tag == "img"]
    assert [image["src"] for image in images] == [f"cid:{picture.name}" for picture in said.pictures]
    assert [image["alt"] for image in images] == [picture.alt for picture in said.pictures]
    assert "Compute rose" in str(images[0]["alt"])
    assert {image["width"] for image in images} == {"560"}


def test_styles_are_on_the_elements_and_nothing_is_fetched() -> None:
    html = letter(ANSWER, a_table(3), a_chart()).html
    assert all("style" in attributes for tag, attributes in _Tags(html).found if tag in ("h1", "th", "p", "a"))
    for fetched in ("<script", "<link", "@import", "url(", 'src="http'):
        assert fetched not in html


@pytest.mark.parametrize("text", HOSTILE)
def test_no_name_becomes_markup_a_header_or_a_line(text: str) -> None:
    said = letter(
        page.answer(text, text, "red", text, headline=text),
        page.figures([Figure(text, text, text, status="ok", word=text)] * 5),
        a_table(30, text),
        page.callout(text, text),
        page.actions([Action(text, text, text, text)] * 3),
        strips=(text,) * 4,
    )
    allowed = {"html", "head", "meta", "title", "style", "body", "table", "tbody", "tr", "td", "th", "p", "h1", "h2",
               "span", "a", "br", "wbr", "strong"}  # fmt: skip
    tags = _Tags(said.html).found
    assert {tag for tag, _ in tags} <= allowed
    assert [attributes["href"] for tag, attributes in tags if tag == "a"] == [LINK]
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    assert "\n" not in said.subject
    assert "\r" not in said.subject
    assert len(said.subject) <= 160
    assert "\u202e" not in said.html + said.text + said.subject
    assert len(said.html.encode()) <= HTML_LIMIT
    assert max(map(len, said.text.splitlines())) < 400


def test_what_does_not_fit_is_left_out_of_the_table_first() -> None:
    # 250 figures of about 330 bytes are 83 kB: with them there is room for a few rows only.
    many = page.figures([Figure(f"figure {n}", "1 USD", "x" * 60) for n in range(140)])
    said = letter(ANSWER, many, a_table(15, "n" * 70))
    assert len(said.html.encode()) <= HTML_LIMIT
    assert "figure 139" in said.text
    assert f"{'n' * 24}" in said.text or "more in the report" in said.text or "Services" not in said.text


def test_a_mail_never_grows_beyond_its_limit_whatever_is_tagged() -> None:
    endless = [page.figures([Figure("f" * 80, "v" * 80, "n" * 200)] * 50) for _ in range(10)]
    said = letter(ANSWER, *endless, a_table(15))
    assert len(said.html.encode()) <= HTML_LIMIT
    assert "412k USD, 596k expected" in said.html


def test_a_notebook_without_an_answer_makes_no_mail() -> None:
    with pytest.raises(ConfigError, match="overview has no answer among its cells tagged email"):
        read_letter(executed(page.sentence("Hello.")), name="overview")


def test_what_a_mail_needs_survives_the_notebooks_file() -> None:
    notebook = json.loads(json.dumps(executed(ANSWER, a_chart(), a_table(2))))
    assert write_letter(read_letter(notebook, name="overview")).subject.startswith("[RED] Overview: 412k")
