"""The budget page: which sentence a reader gets for which state."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.findings import BudgetStatus
from finops_lib.plans import Budget
from finops_lib.reports import budgets as page


def planned(name: str, owner: str) -> Budget:
    return Budget(name, "all", "expression", "all", Decimal(1), "USD", owner=owner)


PLAN = [planned("shop", "Ana <ana@example.com>"), planned("web", "Bo")]


def status(budget: str = "shop", colour: str = "green", **values: Any) -> BudgetStatus:
    usual: dict[str, Any] = {
        "budget": budget,
        "scope_type": "team",
        "scope_value": budget,
        "period_start": date(2026, 11, 1),
        "period_end": date(2026, 12, 1),
        "currency": "USD",
        "amount": Decimal(1000),
        "actual": Decimal(400),
        "burn_per_day": Decimal(20),
        "forecast_p50": Decimal(800),
        "exhaustion_date": None,
        "colour": colour,
        "on_track": colour == "green",
        "data_through": date(2026, 11, 10),
        "reason": "because",
    }
    return BudgetStatus(**{**usual, **values})


RANGE = {"low_total": pl.Float64, "high_total": pl.Float64}
OVER = "100 USD over since 8 Nov, 110 % spent"
RED = status(
    "shop", "red", actual=Decimal(1100), forecast_p50=Decimal(1500), reason="100 USD over since 8 Nov, 110 % spent"
)
ORANGE = status("web", "orange", forecast_p50=Decimal(1200), exhaustion_date=date(2026, 11, 27))


def test_the_answer_names_what_breaks_and_the_worst() -> None:
    said = page.budget_answer([RED, ORANGE, status("ok")]).text()
    assert "2 of 3 budgets: shop is over, web will be. Worst: shop, 100 USD over since 8 Nov, 110 % spent." in said
    assert "exceeded" in said


def test_nothing_breaks_is_a_sentence_and_the_unknown_are_named() -> None:
    said = page.budget_answer([status("ok"), status("dark", "grey")]).text()
    assert "None of 1 budget, as far as can be told. dark cannot be told." in said


def test_all_unknown_is_not_called_good() -> None:
    dark = status("dark", "grey", burn_per_day=None, forecast_p50=None, reason="too early")
    assert "That cannot be told yet: dark, too early." in page.budget_answer([dark]).text()
    assert "Find out why" in page.budget_actions([dark]).text()


def test_without_a_plan_every_part_of_the_page_is_a_sentence() -> None:
    empty = pl.DataFrame(
        schema={"budget": pl.String, "day": pl.Date, "cost": pl.Float64, "expected_total": pl.Float64} | RANGE
    )
    assert page.NO_PLAN in page.budget_answer([]).text()
    parts = (page.budget_figures([], "USD"), page.budget_table([]))
    for element in (*parts, page.budget_charts([], empty), page.budget_actions([])):
        assert element.text().strip().endswith(".")
    assert "params/budget_plan.yaml" in page.budget_table([]).text()
    assert "None of 2 budgets has cost at this provider" in page.budget_answer([], PLAN).text()


def test_money_at_risk_adds_one_currency_only() -> None:
    euro = status("euro", "red", currency="EUR", forecast_p50=Decimal(9999))
    said = page.budget_figures([RED, ORANGE, euro], "USD", (Decimal(30), Decimal(1000))).text().replace("\u00a0", " ")
    # 500 and 200 above two budgets of 1,000
    assert "Money at risk: 700 USD (expected above 2.00k USD of budgets, which may overlap; without EUR)" in said
    assert "Forecast error last month: 3.0 % (of 1.00k USD" in said


def test_the_table_shows_owner_and_reason_and_escapes_both() -> None:
    hostile = status("<b>shop</b>", "red", reason="<script>alert(1)</script>")
    html = page.budget_table([hostile], [planned("<b>shop</b>", "<i>x</i>")]).html()
    assert "<script>" not in html
    assert "<i>x" not in html
    assert "&lt;script&gt;" in html


def test_what_is_not_known_is_not_shown_as_nothing() -> None:
    dark = status("dark", "grey", actual=Decimal(0), burn_per_day=None, forecast_p50=None)
    assert "0 USD" not in page.budget_table([dark]).text().replace("\u00a0", " ").replace("1,000 USD", "")


def test_actions_name_money_owner_and_a_day_that_is_not_past() -> None:
    said = page.budget_actions([RED, ORANGE], PLAN).text().replace("\u00a0", " ")
    assert "1. shop: find 500 USD by the end of its period, or amend the budget; 500 USD; Ana" in said
    assert "by 12 Nov 2026" in said
    assert "by 27 Nov 2026" in said


def test_a_burn_down_is_drawn_for_each_endangered_budget() -> None:
    days = [date(2026, 11, n) for n in range(1, 11)]
    course = pl.DataFrame(
        {"budget": "shop", "day": days, "cost": [110.0] * 10, "expected_total": [None] * 9 + [1100.0]}
    )
    course = course.with_columns(low_total="expected_total", high_total="expected_total")
    drawn = page.budget_charts([RED, status("ok")], course)
    assert drawn.html().count('class="fw-chart"') == 1
    assert "Dashed: the forecast with its 80 % range" in drawn.text()
