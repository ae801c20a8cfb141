"""The box at the foot of a report: a plain sentence, then the parts, which add up as they are shown."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from decimal import Decimal

from finops_lib.analyses.run_changes import CAUSES
from finops_lib.findings import Change
from finops_lib.reports.changes import Moved, SinceLast, box, heading, sentence

SINCE = SinceLast(
    run_id="r-1",
    day=dt.date(2026, 11, 25),
    made_at=dt.datetime(2026, 11, 27, 6, tzinfo=dt.UTC),
    day_now=dt.date(2026, 11, 26),
)


def _moved(before: str, label: str = "Month to date", **causes: str) -> Moved:
    parts = {cause: Decimal(causes.get(cause, "0")) for cause in CAUSES}
    after = Decimal(before) + sum(parts.values())
    return Moved(label, Change("month_cost", "USD", Decimal(before), after, parts))


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-")


def test_the_first_report_says_that_it_is_the_first() -> None:
    assert heading(SinceLast()) == "What changed since the last report"
    assert sentence(SinceLast()).startswith("This is the first report of its kind")
    assert "<table" not in box(SinceLast())


def test_the_sentence_names_the_number_its_change_and_the_causes() -> None:
    since = SINCE.with_numbers([_moved("100", new_days="20.4", restated="-3.2")])
    assert _plain(heading(since)) == "What changed since the report of 27 Nov 2026"
    # 100 + 20.4 - 3.2 = 117.2
    assert _plain(sentence(since)) == (
        "Month to date rose by 17.20 USD to 117 USD: +20.40 USD by new days and -3.20 USD by restated bills."
        " Data through 26 Nov 2026; then through 25 Nov 2026."
    )
    alone = sentence(SINCE.with_numbers([_moved("100", code="-5")]))
    assert _plain(alone).startswith("Month to date fell by 5 USD to 95 USD, by other code.")


def test_rounded_parts_add_up_to_the_rounded_change() -> None:
    since = SINCE.with_numbers([_moved("100000", new_days="1000.4", restated="1000.4", rules="1000.4")])
    shown = re.findall(r'<td class="fw-right"><span data-v="[^"]*">([^<]*)</span>', box(since))[2:]
    change, *parts = [int(cell.replace(",", "")) for cell in shown]
    # Each part rounds to 1000, their sum 3001.2 to 3001.
    assert (change, sum(parts), sorted(parts)) == (3001, 3001, [0, 1000, 1000, 1001])
    said = [int(part.replace(",", "")) for part in re.findall(r"\+([\d,]+)", sentence(since))]
    assert sum(said) == 3001


def test_a_number_that_is_new_or_gone_is_called_so() -> None:
    parts = dict.fromkeys(CAUSES, Decimal(0))
    new = Moved("web, spent", Change("b", "USD", None, Decimal(7), parts | {"rules": Decimal(7)}))
    gone = Moved("web, spent", Change("b", "USD", Decimal(7), None, parts | {"rules": Decimal(-7)}))
    assert _plain(sentence(SINCE.with_numbers([new]))).startswith("web, spent is new, 7 USD, by other rules")
    assert _plain(sentence(SINCE.with_numbers([gone]))).startswith("web, spent is gone, 7 USD before, by other rules")


def test_nothing_changed_and_left_out_are_sentences() -> None:
    assert "None of the headline numbers changed." in sentence(SINCE.with_numbers([_moved("100")]))
    even = sentence(SINCE.with_numbers([_moved("100", new_days="5", restated="-5")]))
    assert "None of the headline numbers changed: what moved them evens out." in even
    assert sentence(SINCE.without("took longer than 60 s")) == "Not worked out this time: took longer than 60 s."


def test_hostile_names_stay_words() -> None:
    page = box(SINCE.with_numbers([_moved("1", label="<img src=x>", code="1")]).without(""))
    assert "<img" not in page
    assert "&lt;img" in page


def test_a_page_about_the_whole_lake_does_not_call_new_days_restated() -> None:
    since = replace(SINCE, is_of_whole_lake=True).with_numbers([_moved("100", restated="5")])
    assert "rose by 5 USD to 105 USD, by what was loaded since." in _plain(sentence(since))
    assert "Restated" not in box(since)
