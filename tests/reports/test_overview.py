"""The overview's sentences: what a reader is told, and what is kept quiet when the lake does not know."""

from __future__ import annotations

import dataclasses
from datetime import date
from decimal import Decimal

import polars as pl
import pytest

from finops_lib.analyses.forecasts import MonthEnd
from finops_lib.findings import Anomaly, BudgetStatus, Recommendation
from finops_lib.plans import Budget
from finops_lib.reports import overview, overview_charts, overview_todo
from finops_lib.reports.charts import Chart
from finops_lib.reports.overview import Totals

MONEY = pl.Decimal(38, 12)
SPACE = "\u00a0"
TOTALS = Totals(
    as_of=date(2026, 10, 20),
    currency="USD",
    provider="",
    first_day=date(2025, 10, 1),
    complete_through=date(2026, 10, 20),
    day=Decimal(1000),
    week_before=Decimal(900),
    month=Decimal(22000),
    former_month_day=date(2026, 9, 20),
    former_month=Decimal(20000),
    former_month_whole=Decimal(30000),
    expected_month=Decimal(33000),
    year=Decimal(293000),
    year_first_day=date(2026, 1, 1),
    former_year=None,
    before_year=Decimal(92000),
    before_year_first_day=date(2025, 10, 1),
    last_30=Decimal(31000),
    former_30=Decimal(30000),
    last_30_other=Decimal(500),
)
YOUNG = dataclasses.replace(
    TOTALS,
    first_day=date(2026, 10, 18),
    week_before=None,
    former_month=None,
    former_month_whole=None,
    year_first_day=date(2026, 10, 18),
    before_year=None,
    before_year_first_day=None,
    former_30=None,
)


@dataclasses.dataclass(frozen=True)
class Savings:
    currency: str = "USD"
    low: Decimal = Decimal(100)
    base: Decimal = Decimal(300)
    high: Decimal = Decimal(700)
    counted: tuple[Recommendation, ...] = ()
    reviews: tuple[Recommendation, ...] = ()


def plain(text: str) -> str:
    return text.replace(SPACE, " ")


def movers(*rows: tuple[str, int, str]) -> pl.DataFrame:
    columns = ["x_Provider", "ServiceName", "effective_cost", "former_cost", "change", "main_account"]
    data = [("aws", name, Decimal(change), Decimal(0), Decimal(change), account) for name, change, account in rows]
    kinds = [pl.String, pl.String, MONEY, MONEY, MONEY, pl.String]
    return pl.DataFrame(data, schema=dict(zip(columns, kinds, strict=True)), orient="row")


def owners(*rows: tuple[str | None, int, int]) -> pl.DataFrame:
    return costs("owner", *rows)


def costs(label: str, *rows: tuple[str | None, int, int]) -> pl.DataFrame:
    schema = {label: pl.String, "effective_cost": MONEY, "former_cost": MONEY}
    return pl.DataFrame([(n, Decimal(a), Decimal(b)) for n, a, b in rows], schema=schema, orient="row")


def accounts(*rows: tuple[str, str, int]) -> pl.DataFrame:
    data = [("aws", i, name, Decimal(100), Decimal(90), Decimal(teamless)) for i, name, teamless in rows]
    schema = {"x_Provider": pl.String, "account_id": pl.String, "account_name": pl.String}
    schema |= dict.fromkeys(("effective_cost", "former_cost", "teamless_cost"), MONEY)
    return pl.DataFrame(data, schema=schema, orient="row")


def daily(*costs: int, low: float | None = None, high: float | None = None) -> pl.DataFrame:
    data = [(date(2026, 10, 20 - len(costs) + 1 + i), "aws", Decimal(c), low, high) for i, c in enumerate(costs)]
    schema = {"day": pl.Date, "x_Provider": pl.String, "effective_cost": MONEY}
    schema |= {"expected_low": pl.Float64, "expected_high": pl.Float64}
    return pl.DataFrame(data, schema=schema, orient="row")


def budget(colour: str, **values: object) -> BudgetStatus:
    return BudgetStatus(
        **{
            "budget": "company",
            "scope_type": "organization",
            "scope_value": "x",
            "period_start": date(2026, 10, 1),
            "period_end": date(2026, 11, 1),
            "currency": "USD",
            "amount": Decimal(30000),
            "actual": Decimal(22000),
            "burn_per_day": Decimal(1000),
            "forecast_p50": Decimal(33000),
            "exhaustion_date": date(2026, 10, 28),
            "colour": colour,
            "on_track": False,
            "data_through": date(2026, 10, 20),
            "reason": "at 1,000 USD a day",
            **values,
        }  # type: ignore[arg-type]
    )


def test_the_answer_says_how_much_what_moved_where_it_ends_and_which_budgets_break() -> None:
    said = overview.overview_answer(TOTALS, movers(("EC2", 1500, "shop")), [budget("red"), budget("green")]).text()
    assert plain(said).splitlines()[1:] == [
        # 22,000 - 20,000 = 2,000, a tenth of 20,000
        "22.0k USD in Oct 2026 through 20 Oct, 2.00k USD (10.0 %) more than on 1\u201320 Sep 2026. "
        "EC2 moved most: +1.50k USD, mainly in shop. "
        "The month is expected to end at 33.0k USD, after 30.0k USD in Sep 2026.",
        "\u25a0 1 of 2 budgets break",
    ]


def test_a_month_like_the_one_before_is_no_news() -> None:
    steady = dataclasses.replace(TOTALS, month=Decimal(20100))
    assert "about as much as" in overview.overview_answer(steady, movers(), []).text()


def test_without_a_month_before_nothing_is_compared() -> None:
    said = overview.overview_answer(YOUNG, movers(("EC2", 1, "shop")), []).text()
    assert "does not hold the month before" in said
    assert "moved most" not in said


def test_on_the_last_day_of_the_month_nothing_is_expected() -> None:
    over = dataclasses.replace(TOTALS, as_of=date(2026, 10, 31))
    assert "At the rate" not in overview.overview_answer(over, movers(), []).text()


def test_two_days_of_usage_say_nothing_about_a_month() -> None:
    young = dataclasses.replace(YOUNG, expected_month=None)
    assert "Fewer than 3 complete days" in overview.overview_answer(young, movers(), []).text()
    months = pl.DataFrame({"month": [date(2026, 10, 1)], "effective_cost": [Decimal(30000)]})
    said = overview.overview_figures(young, daily(1000), months, Savings(), []).text()
    assert "Expected for Oct 2026: not known (fewer than 3 complete days)" in said


def test_figures_compare_each_number_with_its_own_past() -> None:
    months = pl.DataFrame({"month": [date(2026, 9, 1)], "effective_cost": [Decimal(30000)]})
    said = plain(overview.overview_figures(TOTALS, daily(900, 1000), months, Savings(), []).text()).splitlines()
    assert said[0] == "On Tue 20 Oct: 1.00k USD (+100 USD (+11.1 % of 900 USD) against the Tuesday before)"
    assert said[1].startswith(
        "Oct 2026 to date: 22.0k USD (+2.00k USD (+10.0 % of 20.0k USD) against 1\u201320 Sep 2026"
    )
    # 293,000 over 293 days and 92,000 over 92 days are both 1,000 a day
    assert said[3].startswith(
        "2026 to date: 293k USD (30.4k a month; unchanged at 30.4k USD against 1 Oct to 31 Dec 2025"
    )


def test_figures_of_a_young_lake_say_that_there_is_nothing_to_compare_with() -> None:
    months = pl.DataFrame({"month": [date(2026, 10, 1)], "effective_cost": [Decimal(30000)]})
    said = overview.overview_figures(YOUNG, daily(1000), months, Savings(), []).text()
    assert said.count(overview.NO_HISTORY) == 4
    assert "since 18 Oct" in said


def test_other_currencies_are_said_and_not_added() -> None:
    frame = pl.DataFrame({"BillingCurrency": ["EUR"], "effective_cost": [Decimal(7)]})
    assert "7.00 EUR were charged" in plain(overview.other_currencies(frame, TOTALS).text())
    assert overview.other_currencies(frame.clear(), TOTALS).text() == "All charges of these 30 days are in USD."


def test_a_trend_names_the_days_outside_the_expected_range() -> None:
    chart = overview_charts.trend(daily(100, 200, 100, low=90.0, high=150.0), TOTALS)
    assert isinstance(chart, Chart)
    assert chart.title == "1 day (19 Oct) above the expected range, of 3 days"
    quiet = overview_charts.trend(daily(100, 120, low=90.0, high=150.0), TOTALS)
    assert isinstance(quiet, Chart)
    assert quiet.title == "Each of the last 2 days stayed in its expected range"


def test_a_trend_without_history_names_the_dearest_day_and_draws_no_band() -> None:
    chart = overview_charts.trend(daily(100, 200), TOTALS)
    assert isinstance(chart, Chart)
    assert plain(chart.title) == "The dearest day was Tue 20 Oct with 200 USD"
    assert "band" not in chart.subtitle


def test_days_that_may_still_grow_are_pale() -> None:
    late = dataclasses.replace(TOTALS, complete_through=date(2026, 10, 18))
    assert late.incomplete_from == date(2026, 10, 19)
    assert TOTALS.incomplete_from is None


def test_owners_keep_what_nobody_owns_in_sight() -> None:
    chart = overview_charts.owners(owners(("web", 20000, 19000), (None, 11000, 1000)), TOTALS, "team")
    assert isinstance(chart, Chart)
    assert plain(chart.title) == "Team web makes 64.5 % of 31.0k USD and grew most (+1.00k USD); 11.0k USD name no team"
    assert [row["name"] for row in chart.spec["data"]["values"]] == ["web", "not allocated"]


def test_a_dimension_that_nobody_tags_is_a_sentence() -> None:
    said = overview_charts.owners(owners((None, 11000, 1000)), TOTALS, "team").text()
    assert "names its team" in said


def test_services_of_a_young_lake_carry_no_mark_of_the_time_before() -> None:
    frame = costs("ServiceName", ("EC2", 31000, 0)).with_columns(pl.lit("aws").alias("x_Provider"))
    chart = overview_charts.services(frame, YOUNG)
    assert isinstance(chart, Chart)
    assert plain(chart.title) == "1 service makes 100 % of 31.0k USD"
    assert "before" not in chart.spec["data"]["values"][0]


def test_coverage_names_the_dimensions_below_the_goal() -> None:
    schema = {"dimension": pl.String, "effective_cost": MONEY, "allocated_effective_cost": MONEY}
    rows = [("team", Decimal(100), Decimal(89)), ("project", Decimal(100), Decimal(90))]
    chart = overview_charts.coverage(pl.DataFrame(rows, schema=schema, orient="row"), TOTALS)
    assert "1\u201320 Oct 2026" in chart.text()
    assert "tag_coverage" not in chart.text()
    assert chart.text().splitlines()[0] == "Team: below the goal of 90%"


def test_movers_without_a_month_before_are_a_sentence() -> None:
    assert "nothing can have moved" in overview_charts.movers(movers(("EC2", 5, "shop")), YOUNG).text()


def test_a_service_named_by_a_hostile_bill_stays_text() -> None:
    frame = costs("ServiceName", ("<script>alert(1)</script>", 31000, 0)).with_columns(
        pl.lit("aws").alias("x_Provider")
    )
    assert "<script>alert" not in overview_charts.services(frame, TOTALS).html()
    assert (
        "<script>alert"
        not in overview.overview_answer(TOTALS, movers(("<script>alert(1)</script>", 5, "a")), []).html()
    )


SAVING = Recommendation(
    type="gp2-volume",
    provider="aws",
    account="111",
    resource_id="arn:aws:ec2:volume/vol-1",
    action="change to gp3",
    evidence="20 % cheaper",
    monthly_savings=Decimal(300),
    current_monthly_cost=Decimal(900),
    currency="USD",
    confidence=0.9,
    priority="high",
    owner="web",
)
SURPRISE = Anomaly(
    scope="aws/111/EC2",
    provider="aws",
    account="111",
    service="EC2",
    start=date(2026, 10, 18),
    end=date(2026, 10, 20),
    expected=100.0,
    actual=600.0,
    impact=500.0,
    currency="USD",
    deviation_pct=500.0,
    methods=("zscore",),
    score=9.0,
    cause="",
)


def test_the_three_things_to_do_have_money_an_owner_and_a_day() -> None:
    said = overview_todo.overview_actions(
        TOTALS,
        statuses=[budget("orange"), budget("green", budget="other")],
        plan=[Budget("company", "all", "expression", "all", Decimal(1), "USD", owner="Ines")],
        anomalies=[SURPRISE],
        savings=Savings(counted=(SAVING,)),
        accounts=accounts(("111", "shop", 4000)),
    )
    assert plain(said.text()).splitlines() == [
        "1. Budget company: decide what stops, or amend it (at 1,000 USD a day); 3.00k USD over; Ines; by 28 Oct",
        "2. Stop or confirm the rise of EC2 in shop since 18 Oct; 500 USD above the usual; owner of shop; by 23 Oct",
        "3. Gp2 volume vol-1 in shop: change to gp3; up to 300 USD a month; team web; by 3 Nov",
    ]


def test_a_quiet_month_asks_for_tags_and_then_for_nothing() -> None:
    arguments = {"statuses": [], "plan": [], "anomalies": [], "savings": Savings()}
    teamless = overview_todo.overview_actions(TOTALS, accounts=accounts(("111", "shop", 4000)), **arguments)  # type: ignore[arg-type]
    assert "Name a team for the untagged resources of shop" in teamless.text()
    nothing = overview_todo.overview_actions(TOTALS, accounts=accounts(("111", "shop", 0)), **arguments)  # type: ignore[arg-type]
    assert nothing.text() == "Nothing needs to be done."


def test_the_result_holds_exact_numbers() -> None:
    result = overview.overview_result(
        TOTALS, movers=movers(("EC2", 5, "a")), statuses=[budget("red")], anomalies=[], savings=Savings()
    )
    assert result["month_cost"] == Decimal(22000)
    assert result["budgets"] == {"company": "red"}


def test_the_expected_month_is_what_the_forecaster_says_with_its_range() -> None:
    row: dict[str, object] = dict.fromkeys(
        ("week_before_cost", "former_month_cost", "former_month_whole_cost", "former_year_cost", "former_30_cost"), None
    )
    row |= dict.fromkeys(("day_cost", "month_cost", "year_cost", "last_30_cost", "last_30_other_cost"), Decimal(100))
    row |= dict.fromkeys(
        ("as_of", "first_day", "complete_through", "former_month_day", "year_first_day"), date(2026, 10, 20)
    )
    row |= {"before_year_cost": None, "before_year_first_day": None}
    ahead = MonthEnd(Decimal(2100), Decimal(2000), Decimal(2300))
    totals = overview.read_totals(pl.DataFrame([row]), currency="USD", expected=ahead)
    assert totals is not None
    assert totals.expected_month == Decimal(2100)
    said = plain(overview.overview_answer(totals, movers(), []).text())
    assert "expected to end at 2.10k USD (2.00k\u20132.30k in 80 % of the futures)" in said
    young = overview.read_totals(pl.DataFrame([row]), currency="USD")
    assert young is not None
    assert young.expected_month is None


@pytest.mark.parametrize(
    "element",
    [
        overview.overview_answer(None, movers(), []),
        overview.overview_figures(None, daily(), pl.DataFrame(), Savings(), []),
        overview.other_currencies(pl.DataFrame(), None),
        overview_charts.trend(daily(), None),
        overview_charts.services(costs("ServiceName"), None),
        overview_charts.providers(owners(), None),
        overview_charts.owners(owners(), None, "team"),
        overview_charts.accounts(accounts(), None),
        overview_charts.coverage(pl.DataFrame(), None),
        overview_charts.movers(movers(), None),
        overview_todo.overview_actions(
            None, statuses=[], plan=[], anomalies=[], savings=Savings(), accounts=accounts()
        ),
    ],
)
def test_an_empty_lake_is_a_sentence_everywhere(element: object) -> None:
    assert element.text().strip().endswith((".", "NAME."))  # type: ignore[attr-defined]
    assert overview.overview_result(None, movers=movers(), statuses=[], anomalies=[], savings=Savings()) == {
        "is_empty": True
    }
