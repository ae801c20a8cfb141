"""What each figure of the overview and the ingestion page answers, worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from finops_lib.marts.figures import figure_names, figure_sql
from finops_lib.runs.figures import parameters_of
from tests.marts.conftest import MemoryLake

MINE = [name for name in figure_names() if name.startswith(("overview_", "ingestion_"))]
AS_OF = "2026-10-20"
JUDGED_AT = "2026-11-21T06:00:00"


def figure(lake: MemoryLake, name: str, **values: object) -> list[dict[str, object]]:
    lake.build()
    sql = figure_sql(name)
    known = {"as_of": AS_OF, "currency": "USD", "provider": "", "dimension": "team"}
    known |= {"judged_at": JUDGED_AT, **values}
    return lake.rows(sql, **{key: known[key] for key in sorted(parameters_of(sql))})


def days(lake: MemoryLake, first: str, last: str, cost: int = 1, **values: object) -> None:
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        lake.charge(day.isoformat(), cost, **values)
        day += timedelta(days=1)


@pytest.mark.parametrize("name", MINE)
def test_an_empty_lake_gives_no_row_and_no_error(lake: MemoryLake, name: str) -> None:
    assert figure(lake, name) == []


@pytest.mark.parametrize("name", MINE)
def test_a_lake_of_one_day_gives_no_error(lake: MemoryLake, name: str) -> None:
    lake.charge(AS_OF, 5)
    lake.load(1, 5)
    assert len(figure(lake, name)) <= 5


def test_totals_compare_the_same_days(lake: MemoryLake) -> None:
    days(lake, "2025-12-01", AS_OF)
    lake.charge("2026-10-01", 100, ChargeCategory="Purchase", ChargeFrequency="Recurring")
    lake.charge("2026-09-05", 50, ChargeCategory="Tax", ChargeFrequency="Recurring")
    lake.charge("2026-10-21", 999)
    lake.charge(AS_OF, 7, BillingCurrency="EUR")
    lake.load(1, 1)
    [row] = figure(lake, "overview_totals")
    assert (row["day_cost"], row["week_before_cost"]) == (Decimal(1), Decimal(1))
    # 20 days of 1 and the purchase; 1 to 20 September and the tax; all 30 days of September and the tax
    assert (row["month_cost"], row["former_month_cost"], row["former_month_whole_cost"]) == (120, 70, 80)
    # 293 days of 2026 with both extras; the year before is not in the lake from its start on
    assert (row["year_cost"], row["former_year_cost"]) == (Decimal(293 + 150), None)
    assert (row["before_year_cost"], row["before_year_first_day"]) == (Decimal(31), date(2025, 12, 1))
    assert (row["last_30_cost"], row["former_30_cost"], row["last_30_other_cost"]) == (130, 80, 100)


def test_totals_of_a_young_lake_do_not_pretend_to_know_the_time_before(lake: MemoryLake) -> None:
    days(lake, "2026-10-18", AS_OF)
    [row] = figure(lake, "overview_totals")
    assert (row["former_month_cost"], row["former_30_cost"], row["former_year_cost"]) == (None, None, None)
    assert row["before_year_first_day"] is None


def test_what_follows_the_calendar_is_told_apart_from_what_is_used(lake: MemoryLake) -> None:
    days(lake, "2026-10-18", AS_OF)
    lake.charge(AS_OF, 100, ChargeCategory="Purchase", ChargeFrequency="Recurring")
    lake.charge(AS_OF, -3, ChargeCategory="Credit")
    lake.charge("2026-10-21", 999)
    rows = [(row["day"].day, row["cost"], row["scheduled"]) for row in figure(lake, "overview_expected")]
    # A day of 1; on the last one 1 + 100 - 3, of which the purchase is scheduled.
    assert rows == [(18, 1, 0), (19, 1, 0), (20, 98, 100)]


def test_the_month_before_ends_with_its_last_day_where_it_is_shorter(lake: MemoryLake) -> None:
    days(lake, "2026-02-01", "2026-03-31")
    [row] = figure(lake, "overview_totals", as_of="2026-03-31")
    assert (row["former_month_day"], row["former_month_cost"]) == (date(2026, 2, 28), Decimal(28))


def test_the_expected_range_knows_weekends_and_growth_needs_history(lake: MemoryLake) -> None:
    for offset in range(120):
        day = date(2026, 10, 20) - timedelta(days=offset)
        lake.charge(day.isoformat(), 40 if day.weekday() >= 5 else 100)
    rows = figure(lake, "overview_daily")
    assert len(rows) == 30
    # Steady weeks: the same weekday cost the same, so the range is a point.
    saturday = next(row for row in rows if row["day"] == date(2026, 10, 17))
    assert (saturday["expected_low"], saturday["expected_high"]) == (40.0, 40.0)


def test_without_three_months_of_history_nothing_is_expected(lake: MemoryLake) -> None:
    days(lake, "2026-09-20", AS_OF)
    assert {row["expected_low"] for row in figure(lake, "overview_daily")} == {None}


def test_services_carry_the_thirty_days_before(lake: MemoryLake) -> None:
    lake.charge(AS_OF, 10)
    lake.charge("2026-09-20", 4)
    lake.charge("2026-09-21", 3)
    # 21 September is the 30th day back, 20 September the first of the time before
    [row] = figure(lake, "overview_services")
    assert (row["effective_cost"], row["former_cost"]) == (Decimal(13), Decimal(4))


def test_owners_keep_what_nobody_owns(lake: MemoryLake) -> None:
    lake.charge(AS_OF, 10, x_Team="web")
    lake.charge(AS_OF, 4)
    rows = figure(lake, "overview_owners")
    assert [(row["owner"], row["effective_cost"]) for row in rows] == [("web", Decimal(10)), (None, Decimal(4))]
    assert figure(lake, "overview_owners", dimension="provider")[0]["owner"] == "aws"


def test_accounts_say_what_no_team_answers_for(lake: MemoryLake) -> None:
    lake.charge(AS_OF, 10, x_Team="web")
    lake.charge(AS_OF, 4)
    lake.charge(AS_OF, 2, ChargeCategory="Tax")
    [row] = figure(lake, "overview_accounts")
    assert (row["account_name"], row["effective_cost"], row["teamless_cost"]) == ("shop", Decimal(16), Decimal(4))


def test_movers_name_the_account_that_moved_most(lake: MemoryLake) -> None:
    lake.charge("2026-10-05", 10)
    lake.charge("2026-10-05", 90, SubAccountId="222", SubAccountName="search")
    lake.charge("2026-09-05", 60)
    # 30 September is no day of 1 to 20 September
    lake.charge("2026-09-30", 1000)
    lake.charge("2026-10-05", 5, ServiceName="steady")
    lake.charge("2026-09-05", 5, ServiceName="steady")
    [row] = figure(lake, "overview_movers")
    # 10 + 90 - 60 = 40; search +90, shop -50
    assert (row["change"], row["main_account"]) == (Decimal(40), "search")


def test_a_provider_filter_holds_for_every_overview_figure(lake: MemoryLake) -> None:
    lake.charge(AS_OF, 10)
    lake.charge(AS_OF, 99, x_Provider="gcp", x_SourceId="gcp")
    for name in ("overview_totals", "overview_services", "overview_accounts", "overview_daily", "overview_months"):
        [row] = figure(lake, name, provider="aws")
        assert Decimal(10) in row.values(), name


def test_other_currencies_are_listed_and_not_added(lake: MemoryLake) -> None:
    lake.charge(AS_OF, 10)
    lake.charge(AS_OF, 7, BillingCurrency="EUR")
    assert figure(lake, "overview_other_currencies") == [{"BillingCurrency": "EUR", "effective_cost": Decimal(7)}]


def test_a_day_without_charges_is_a_zero_between_days_with_some(lake: MemoryLake) -> None:
    lake.charge("2026-10-18", 1)
    lake.charge("2026-10-20", 1)
    rows = figure(lake, "ingestion_days")
    assert [(row["day"].day, row["charges"]) for row in rows] == [(18, 1), (19, 0), (20, 1)]  # type: ignore[attr-defined]


def test_a_closed_month_that_changes_is_restated_by_the_provider(lake: MemoryLake) -> None:
    lake.load(1, 10, mapping_version="1", delivered_at="2026-11-20")
    before = {"rows_before": 1, "billed_before": "10", "effective_before": "10"}
    lake.load(2, 13, load_number=2, mapping_version="1", **before)
    [row] = figure(lake, "ingestion_restatements")
    assert (row["billed_change"], row["rows_change"], row["is_our_change"]) == (Decimal(3), 1, False)


def test_an_open_month_that_grows_is_no_restatement(lake: MemoryLake) -> None:
    lake.load(1, 10, mapping_version="1", delivered_at="2026-10-20")
    before = {"rows_before": 1, "billed_before": "10", "effective_before": "10"}
    lake.load(2, 13, load_number=2, mapping_version="1", **before)
    assert figure(lake, "ingestion_restatements") == []


def test_a_change_of_our_own_rules_is_told_apart(lake: MemoryLake) -> None:
    lake.load(1, 10, mapping_version="1")
    before = {"rows_before": 1, "billed_before": "10", "effective_before": "10"}
    lake.load(1, 11, load_number=2, mapping_version="2", **before)
    [row] = figure(lake, "ingestion_restatements")
    assert row["is_our_change"] is True


def test_residual_and_drift_are_told_apart(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", "1.000000000001")
    lake.load(1, "1.000000000001", billed_in="1.0000000000012", rounding_drift="0.0000000000002", values_rounded=1)
    [row] = figure(lake, "ingestion_money")
    assert (row["rounding_drift"], row["residual"]) == (Decimal("2E-13"), Decimal(0))


def test_a_source_that_fell_silent_is_measured_in_days(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 1)
    lake.charge("2026-10-20", 1, x_Provider="gcp", x_SourceId="gcp")
    rows = figure(lake, "ingestion_sources")
    assert [(row["x_SourceId"], row["days_behind"]) for row in rows] == [("aws-payer", 19), ("gcp", 0)]


def test_a_restated_month_shows_what_it_cost_first_and_what_it_costs_now(lake: MemoryLake) -> None:
    lake.charge("2026-10-01", 13)
    lake.load(1, 10)
    lake.load(1, 13, load_number=2)
    part = {"x_Provider": "aws", "x_SourceId": "aws-payer", "x_BillingMonth": "2026-10-01", "BillingCurrency": "USD"}
    for name, service, money in (("re-rated", "a", 1), ("re-rated", "b", 3), ("removed", "a", -1)):
        amounts = {"billed_change": money, "effective_change": money, "billed_moved": 0, "effective_moved": 0}
        lake.insert("load_changes", {**part, "load_number": 2, "ServiceName": service, "part": name, **amounts})
    rows = figure(lake, "ingestion_changes")
    assert [(row["part"], row["billed_change"], row["main_service"]) for row in rows] == [
        ("re-rated", Decimal(4), "b"),
        ("removed", Decimal(-1), "a"),
    ]
    # 13 now, less 4 - 1
    assert {(row["first_billed_cost"], row["billed_cost"], row["month_billed_change"]) for row in rows} == {(10, 13, 3)}


@pytest.mark.parametrize(("judged_at", "is_stale"), [("2026-11-22T00:00:00", False), ("2026-11-22T00:00:01", True)])
def test_a_source_is_stale_as_of_the_time_the_page_is_about(lake: MemoryLake, judged_at: str, is_stale: bool) -> None:
    lake.charge("2026-10-01", 1)
    # delivered on 20 November at 0:00, so due within 48 hours
    lake.load(1, 1)
    [row] = figure(lake, "ingestion_sources", judged_at=judged_at)
    assert row["is_stale"] is is_stale
