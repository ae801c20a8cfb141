"""The budget page below its first screen: each table says what its numbers are, and an empty one why it is."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import altair
import polars as pl

from finops_lib.analyses.budgets import Family, PastPeriod
from finops_lib.periods import month_at
from finops_lib.plans import FutureEvent
from finops_lib.reports import budget_details as details
from finops_lib.reports import charts
from tests.reports.test_budgets import ORANGE, RED, status

KNOWN = {"forecast_p10": Decimal(700), "forecast_p90": Decimal(900), "burn_multiple": 0.9, "p_exceed": 0.031}


def ended(budget: str, month: int, actual: int, state: str = "final") -> PastPeriod:
    period = month_at(date(2026, month, 1))
    return PastPeriod(budget, period, state, "USD", Decimal(1000), Decimal(actual))  # type: ignore[arg-type]


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_the_comparison_says_how_many_end_above_their_amount() -> None:
    drawn = details.budget_comparison([RED, ORANGE, status("ok", **KNOWN), status("dark", "grey")])
    assert isinstance(drawn, charts.Chart)
    # 1,500 and 1,200 of 1,000 are above it, 800 is not, and of `dark` nothing is known.
    assert drawn.title == "2 budgets of 3 expected above the amount"
    rows = {row["name"]: row for row in drawn.spec["data"]["values"]}
    assert set(rows) == {"shop", "web", "ok"}
    assert (rows["ok"]["used"], rows["ok"]["ends"], rows["ok"]["low"], rows["ok"]["high"]) == (0.4, 0.8, 0.7, 0.9)
    altair.Chart.from_dict(drawn.vega_lite(), validate=True)


def test_what_goes_beyond_the_chart_says_so_in_words() -> None:
    drawn = details.budget_comparison([status("far", "red", actual=Decimal(5000), forecast_p50=Decimal(9000))])
    assert isinstance(drawn, charts.Chart)
    [row] = drawn.spec["data"]["values"]
    assert (row["used"], row["ends"]) == (charts_limit(), charts_limit())
    assert plain(row["text"]).startswith("900 %")


def charts_limit() -> float:
    from finops_lib.reports.charts_of_budgets import FARTHEST

    return FARTHEST


def test_nothing_known_is_a_sentence() -> None:
    assert "nothing to compare" in details.budget_comparison([status("dark", "grey")]).text()  # type: ignore[union-attr]
    assert "three complete days" in details.budget_variance([status("dark", "grey", forecast_p50=None)]).text()
    assert "nothing drives one" in details.budget_drivers([status("ok")]).text()
    assert "No whole period" in details.budget_history([]).text()
    assert "no period" in details.budget_periods([]).text()
    assert "No budget is a part" in details.budget_families([]).text()


def test_the_variance_is_the_expected_end_less_the_plan() -> None:
    said = plain(details.budget_variance([status("ok", burn_required=Decimal(-3), **KNOWN)]).text())
    # 800 expected of 1,000
    assert "\u2212200 USD" in said
    assert "700\u2013900" in said
    assert "3.1 %" in said
    # What is used up leaves nothing per day, not less than nothing.
    assert "\u22123" not in said


def test_only_endangered_budgets_have_drivers() -> None:
    driver = {"label": "EC2", "dimension": "service", "cost": "300", "before": "100", "change": "200"}
    said = plain(
        details.budget_drivers([status("ok", drivers=(driver,)), status("hot", "orange", drivers=(driver,))]).text()
    )
    assert said.count("EC2") == 1
    assert "hot" in said and "+200 USD" in said


def test_a_family_shows_what_lies_between_its_parts() -> None:
    family = Family(
        parent="company",
        currency="USD",
        actual=Decimal(100),
        children={"a": Decimal(70), "b": Decimal(20)},
        gap=Decimal(15),
        overlap=Decimal(5),
        outside=Decimal(0),
        reserve=Decimal(-7),
    )
    said = plain(details.budget_families([family]).text())
    # 100 = 70 + 20 - 5 - 0 + 15
    for words in ("100 USD", "90 USD", "15 USD", "5 USD", "may spend 7 USD more than it allows"):
        assert words in said


def test_the_history_counts_ended_periods_only() -> None:
    past = [ended("web", 8, 900), ended("web", 9, 1250), ended("web", 10, 800), ended("web", 11, 1400, "open")]
    said = plain(details.budget_history(past).text())
    assert "1 of 3 past periods ended above the amount" in said
    assert "125 %, Sep 2026" in said
    # October, the last that ended: 800 - 1,000
    assert "Oct 2026" in said and "\u2212200 USD" in said
    every = plain(details.budget_periods(past).text())
    assert "+400 USD" in every and "open" in every


def test_forecasts_that_have_not_met_their_end_are_said_so() -> None:
    nothing = pl.DataFrame(schema={"frozen_day": pl.Int8})
    assert "takes a whole period" in details.forecast_accuracy(nothing, None, "USD").text()
    would = plain(details.forecast_accuracy(nothing, (Decimal(5), Decimal(100)), "USD").text())
    assert "would have missed by 5.0 % of 100 USD" in would


def test_kept_forecasts_show_miss_and_bias() -> None:
    row = {"frozen_day": 10, "currency": "USD", "forecasts": 4, "wape": 0.05, "bias": -0.01, "covered80": 0.75}
    said = plain(details.forecast_accuracy(pl.DataFrame([row]), None, "USD").text())
    assert "5.0 %" in said and "75.0 %" in said


def test_decided_changes_say_whether_they_count() -> None:
    event = FutureEvent("launch", date(2026, 12, 1), Decimal("1200"), "month", "Ana", series="web")
    off = FutureEvent("maybe", date(2026, 12, 1), Decimal(-5), "once", "Bo", series="web", active=False)
    said = plain(details.future_events([event, off]).text())
    assert "+1,200 per month" in said and "-5 once" in said
    assert "counted" in said and "switched off" in said
    assert "budget_plan.yaml" in details.future_events([]).text()
