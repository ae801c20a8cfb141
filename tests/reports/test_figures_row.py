"""The row of headline figures: an amount and its currency stay on one line, however narrow the page."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from finops_lib.reports import format as say
from finops_lib.reports import page
from finops_lib.reports.markup import asset
from finops_lib.reports.page import Figure
from tests.reports.browser import opened

pytestmark = pytest.mark.slow

_ROW = [
    Figure("Newest complete day", say.day(date(2026, 10, 18)), "newest delivered 20 Oct 2026"),
    Figure("Charges in the lake", say.number(1_234_567), "40,000 loaded by this run"),
    Figure("Billed cost in the lake", say.money(1_230_000, "USD"), "every month; without EUR and GBP"),
    Figure(
        "Lake against deliveries",
        say.money(0, "USD"),
        "residual; nothing was rounded",
        status="green",
        word="to the last digit",
    ),
    Figure("Restated by this run", say.signed_money(11_700, "USD"), "in 3 closed months"),
]
_LINES = """
() => [...document.querySelectorAll('.fw-value')].map((value) => {
    const range = document.createRange();
    range.selectNodeContents(value);
    return new Set([...range.getClientRects()].map((box) => Math.round(box.top))).size;
})
"""


def write_row(path: Path) -> Path:
    """Write a page of nothing but the row, in the styles of a report."""
    styles = asset("elements.css") + asset("page.css")
    head = '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    row = page.figures(_ROW).body
    path.write_text(f'{head}<style>{styles}</style><main class="fw-page">{row}</main>', encoding="utf-8")
    return path


# 784 is the narrowest that a column of figures beside the table of contents becomes.
@pytest.mark.parametrize("width", [390, 640, 784, 920, 1280])
def test_no_amount_is_broken_from_its_currency(tmp_path: Path, width: int) -> None:
    with opened(write_row(tmp_path / "row.html"), width=width) as (shown, *_):
        assert shown.evaluate(_LINES) == [1] * len(_ROW)
        assert shown.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
