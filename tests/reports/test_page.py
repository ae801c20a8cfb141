import pytest

from finops_lib.errors import ConfigError
from finops_lib.reports import markup, page
from finops_lib.reports.marks import sparkline, status_html
from tests.reports.sample_page import HOSTILE


@pytest.fixture(autouse=True)
def _under_the_runner(monkeypatch):
    monkeypatch.setenv("FINOPS_RUN_DIR", "/nowhere")


@pytest.mark.parametrize("text", HOSTILE)
def test_no_element_lets_foreign_text_become_markup(text):
    elements = [
        page.answer(text, text, "red", text),
        page.figures([page.Figure(text, text, text, [1, 2], "ok", text)]),
        page.strip("stale", text),
        page.sentence(text),
        page.callout(text, text),
        page.actions([page.Action(text, text, text, text)]),
        page.facts({text: text}, text),
    ]
    for html in (element.html() for element in elements):
        for trap in ("<script", "<img", 'onmouseover="', "\u202e", "\u2066", "\n"):
            assert trap not in html


def test_a_long_name_is_cut_and_keeps_its_beginning_in_the_title():
    html = markup.text("x" * 10_000, 80)
    assert html.startswith('<span title="xxx')
    assert len(html) < 2200
    assert html.endswith("\u2026</span>")


def test_terminal_colours_and_control_characters_leave_a_block():
    assert markup.block("\x1b[0;31mNo\x1b[0m\r\n  <b>\x00") == "No\n  &lt;b&gt;\ufffd"


def test_a_status_has_a_shape_and_a_word():
    html = status_html("stale", "late")
    assert "fw-grey" in html
    assert "<svg" in html
    assert html.endswith("late</span>")
    with pytest.raises(ConfigError, match="unknown status 'purple'"):
        status_html("purple")


def test_an_element_says_the_same_in_plain_words():
    bundle = page.answer("Will it hold?", "No.", "red")._repr_mimebundle_()
    assert bundle["text/plain"] == "Will it hold?\nNo.\n\u25a0 act now"
    assert bundle["text/html"].startswith('<div class="fw-answer">')


def test_in_jupyterlab_an_element_brings_its_style(monkeypatch):
    monkeypatch.delenv("FINOPS_RUN_DIR")
    html = page.sentence("Hello")._repr_mimebundle_()["text/html"]
    assert html.startswith('<div class="fw-lab"><style>')
    assert "http" not in html


def test_at_most_three_actions_and_the_rest_is_counted():
    todo = page.actions([page.Action(f"do {n}") for n in range(5)])
    assert todo.html().count("<li>") == 3
    assert todo.text().endswith("2 further actions in the tables above.")
    assert page.actions([]).text() == "Nothing needs to be done."


def test_a_sparkline_leaves_a_gap_where_nothing_is_known():
    assert sparkline([1, 2, None, 3, 4]).count("M") == 2
    assert sparkline([]) == sparkline([1]) == sparkline([None, None]) == ""
    # A steady course lies in the middle.
    assert 'd="M3.0 12.0L93.0 12.0"' in sparkline([5, 5])
