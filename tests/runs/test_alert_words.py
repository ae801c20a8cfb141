"""An alert in words: what a reader is told, each figure with its unit, and no name that leads astray."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from finops_lib.analyses.alerts.decide import Decision
from finops_lib.analyses.alerts.rules import Rule, decide_rule
from finops_lib.analyses.alerts.stale import decide_stale
from finops_lib.messages import AlertEvent
from finops_lib.runs.alert_words import named, words_of
from tests.analyses.alert_histories import NOON, SHOP, History
from tests.analyses.test_alert_rules import frame

DETAILS: dict[str, Any] = {
    "data_through": date(2026, 10, 21),
    "forecast_p10": Decimal(980),
    "forecast_p90": Decimal(1100),
    "exhaustion_date": date(2026, 10, 28),
    "p_exceed": 0.8,
    "colour": "orange",
    "reason": "Because.",
    "drivers": (
        {"label": "=EC2", "dimension": "service", "cost": "400", "before": "369", "change": "31"},
        {"label": "Glue", "dimension": "service", "cost": "18", "before": "", "change": "18"},
        {"label": "S3", "dimension": "service", "cost": "9", "change": "-2"},
        {"label": "fourth", "dimension": "service", "cost": "1", "change": "1"},
    ),
}


def plain(text: object) -> str:
    return str(text).replace("\u00a0", " ")


def fired(decision: Decision) -> AlertEvent:
    [event] = decision.events
    return event


def forecast() -> AlertEvent:
    history = History()
    history.look(actual=40, forecast=103)
    return fired(history.look(actual=81, forecast=103, **DETAILS))


def test_a_forecast_says_amount_use_interval_day_and_drivers() -> None:
    words = words_of(forecast())
    assert plain(words["title"]) == "shop: 103 % of 1.00k USD expected"
    assert plain(words["sentence"]) == (
        "Expected by the end: 1.03k USD (8 of 10 futures lie between 980 USD and 1.10k USD), "
        "used up most likely on 28 Oct 2026. 810 USD of 1.00k USD are used by 21 Oct 2026."
    )
    assert [(label, plain(value)) for label, value in words["figures"]] == [
        ("Period", "1\u201331 Oct 2026"),
        ("Budget", "1,000 USD"),
        ("Used", "810 USD (81.0 %)"),
        ("Expected", "1,030 USD (103 %)"),
        ("80 % interval", "980 \u2013 1.10k USD"),
        ("Used up", "28 Oct 2026"),
        ("Data through", "21 Oct 2026"),
    ]
    assert [[plain(part) for part in driver] for driver in words["drivers"]] == [
        ["\u201c=EC2\u201d (service)", "400 USD, +31.0 USD"],
        ["Glue (service)", "18.0 USD"],
        ["S3 (service)", "9.00 USD, \u22122.00 USD"],
    ]
    assert words["acknowledge"].startswith("finops alerts acknowledge ")
    assert (words["severity"], words["colour"]) == ("warning", "orange")
    assert "Passed at the same moment: actual 80 %, actual 50 %." in words["notes"]


def test_the_subject_carries_colour_scope_percent_total_and_day() -> None:
    event = replace(forecast(), subject="the shop")
    assert plain(words_of(event)["subject_line"]) == (
        "[ORANGE] the shop: 103 % of 1.00k USD expected (team shop), 1.03k USD, used up 28 Oct 2026"
    )


@pytest.mark.parametrize(
    ("percent", "severity"), [(50, "info"), (80, "warning"), (100, "error"), (120, "critical"), (500, "critical")]
)
def test_the_higher_the_worse(percent: int, severity: str) -> None:
    assert words_of(fired(History().look(actual=percent)))["severity"] == severity


def test_without_a_forecast_that_is_said() -> None:
    words = words_of(fired(History().look(actual=51)))
    assert plain(words["sentence"]).endswith("There is no forecast yet.")
    assert ["Used up", "not expected"] in words["figures"]
    assert words["notes"][0] == "This is the first look at this budget in this period."


def test_what_is_used_up_already_is_not_called_likely() -> None:
    words = words_of(fired(History().look(actual=101, forecast=120, exhaustion_date=date(2026, 10, 20))))
    assert ", used up on 20 Oct 2026." in words["sentence"]


def test_a_budget_of_nothing_divides_by_nothing() -> None:
    words = words_of(fired(History(budget=replace(SHOP, amount=Decimal(0))).look(actual=1)))
    assert plain(words["title"]) == "shop: 10.0 USD spent, where nothing was planned"
    assert [plain(value) for label, value in words["figures"] if label == "Used"] == ["10 USD"]


def test_the_pace_is_said_as_a_multiple() -> None:
    history = History(budget=replace(SHOP, forecast_thresholds=()))
    for _ in range(3):
        decision = history.look(actual=30, burn=1.62, forecast=130)
    assert plain(words_of(fired(decision))["title"]) == "shop: spent 1.6 times as fast as planned"


def test_what_is_over_is_green_says_why_and_asks_for_nothing() -> None:
    history = History()
    for percent in (103, 103, 90, 90):
        decision = history.look(forecast=percent)
    words = words_of(decision.resolutions[0])
    assert plain(words["title"]) == "Resolved: shop: 103 % of 1.00k USD expected"
    assert words["sentence"] == "The forecast has been below the threshold twice in a row."
    # As it is now, not as it was when it fired.
    assert [plain(value) for label, value in words["figures"] if label == "Expected"] == ["900 USD (90.0 %)"]
    assert (words["colour"], words["severity"], words["acknowledge"], words["drivers"]) == ("green", "info", "", [])


def test_who_ended_it_by_hand_is_named() -> None:
    event = replace(forecast(), state="resolved", resolved_at=NOON, resolved_by="ann", note="approved")
    words = words_of(event)
    assert (words["sentence"], words["figures"]) == ("Approved (ann).", [])


def test_hidden_drivers_are_counted() -> None:
    event = forecast()
    hidden = replace(event, facts={**event.facts, "hidden_drivers": 2})
    assert "2 drivers outside of what you may read of: not shown." in [
        plain(note) for note in words_of(hidden)["notes"]
    ]


def test_a_silent_source_is_said_without_a_figure() -> None:
    since = datetime(2026, 10, 1, 6, tzinfo=UTC)
    words = words_of(fired(decide_stale({"aws-payer": since}, [], now=NOON)))
    assert words["title"] == "aws-payer delivers no bills"
    assert "Nothing came since 1 Oct 2026, 06:00 UTC." in plain(words["sentence"])
    assert (words["figures"], words["dedup_key"]) == ([], "bgt:aws-payer:2026-10-01:stale:")


@pytest.mark.parametrize(
    ("rule", "title"),
    [
        (Rule("big", "billed_cost", "team = 'shop'", ">", 100, "USD"), "big: billed cost 150 USD, limit 100 USD"),
        (
            Rule("up", "effective_change", "team = 'shop'", ">=", 40, "USD"),
            "up: change of effective cost 50.0 %, limit 40.0 %",
        ),
    ],
)
def test_a_rule_says_what_was_measured_in_its_own_unit(rule: Rule, title: str) -> None:
    event = fired(decide_rule(rule, frame([100, 150]), [], as_of=date(2026, 10, 2), now=NOON))
    words = words_of(event)
    assert plain(words["title"]) == title
    assert "team = 'shop'" in words["sentence"]
    assert ["Scope", "team = 'shop'"] in words["figures"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("=cmd()", "\u201c=cmd()\u201d"),
        ("@here", "\u201c@here\u201d"),
        ("-1", "\u201c-1\u201d"),
        ("a\r\nb\u202ec", "a bc"),
        ("x" * 99, "x" * 79 + "\u2026"),
    ],
)
def test_a_name_begins_no_formula_and_no_mention(name: str, expected: str) -> None:
    assert named(name) == expected
