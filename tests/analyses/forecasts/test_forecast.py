"""The forecaster on series whose future is plain to see."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analyses.forecasts import METHODS, Panel, experience_of, forecast
from finops_lib.errors import ConfigError
from finops_lib.plans import FutureEvent
from tests.analyses.forecasts.panels import noisy, panel, totals

JAN, MAY_12 = date(2026, 1, 1), date(2026, 5, 12)
FAST = [name for name in METHODS.names() if name != "prophet"]


def test_a_fee_on_day_one_is_put_on_day_one_again() -> None:
    fee = panel(lambda day: 310.0 if day.day == 1 else 10.0, first=JAN, last=MAY_12)
    found = totals(fee)
    # May has 31 days of 10 and a fee of 300, which is charged already: 610. The next 30 days are 300 + the fee of June.
    assert found["s0", "month_end"]["yhat"] == pytest.approx(610)
    assert found["s0", "30d"]["yhat"] == pytest.approx(600)
    # 13 May to 11 July: 60 days, fees of June and July; 90 days, to 10 August: a third one.
    assert found["s0", "60d"]["yhat"] == pytest.approx(1200)
    assert found["s0", "90d"]["yhat"] == pytest.approx(1800)


def test_a_fee_that_has_come_a_day_early_does_not_come_again() -> None:
    days = {(4, 2), (5, 2), (6, 2), (7, 2), (8, 1)}

    def cost(day: date) -> float:
        return 300.0 if (day.month, day.day) in days else 10.0

    fee = panel(cost, first=date(2026, 3, 10), last=date(2026, 8, 1))
    # August: 31 days, of which the first cost 300 instead of 10.
    assert totals(fee)["s0", "month_end"]["yhat"] == pytest.approx(600)


def test_a_run_at_the_end_of_the_month_follows_the_end_of_the_month() -> None:
    run = panel(lambda day: 90.0 if (day + timedelta(days=1)).day == 1 else 10.0, first=JAN, last=date(2026, 6, 20))
    # June has 30 days: 29 of 10 and one of 90; the 30 days after 20 June hold that one too.
    assert totals(run)["s0", "month_end"]["yhat"] == pytest.approx(380)
    assert totals(run)["s0", "30d"]["yhat"] == pytest.approx(380)


def test_credits_stay_negative_each_day_or_once_a_month() -> None:
    each_day, once = (lambda day: -5.0), (lambda day: -60.0 if day.day == 15 else 0.0)
    found = totals(panel(each_day, once, first=JAN, last=date(2026, 6, 10)))
    assert found["s0", "30d"]["yhat"] == pytest.approx(-150)
    assert (found["s1", "month_end"]["yhat"], found["s1", "90d"]["yhat"]) == (pytest.approx(-60), pytest.approx(-180))
    assert found["s0", "30d"]["lo80"] <= -150 <= found["s0", "30d"]["hi80"]


def test_a_batch_of_weekdays_rests_at_the_weekend() -> None:
    batch = panel(lambda day: 20.0 if day.weekday() < 5 else 0.0, first=JAN, last=date(2026, 6, 5))
    # 5 June 2026 is a Friday. June has 22 weekdays.
    assert totals(batch)["s0", "month_end"]["yhat"] == pytest.approx(440)
    outlook = forecast(batch, days=7)
    assert outlook.daily[0] == pytest.approx([0, 0, 20, 20, 20, 20, 20])


def test_a_level_that_shifted_three_weeks_ago_is_the_level() -> None:
    shifted = panel(lambda day: 100.0 if day < date(2026, 5, 20) else 160.0, first=JAN, last=date(2026, 6, 10))
    assert totals(shifted)["s0", "30d"]["yhat"] == pytest.approx(4800, rel=0.01)


def test_an_outage_and_a_spike_are_not_the_level() -> None:
    odd = {date(2026, 6, 7): 900.0, date(2026, 6, 3): 0.0, date(2026, 5, 13): 0.0}
    found = totals(panel(lambda day: odd.get(day, 100.0), first=JAN, last=date(2026, 6, 10)))
    assert found["s0", "30d"]["yhat"] == pytest.approx(3000, rel=0.01)


def test_a_past_that_was_billed_in_lumps_is_no_reason_to_doubt_the_present() -> None:
    calm = noisy(100, 4)

    def cost(day: date) -> float:
        return calm(day) if day >= date(2026, 1, 5) else 697.0 if day.weekday() == 0 else 0.5

    # Seven months of one large charge a week, then four months of the same money day by day.
    found = totals(panel(cost, first=date(2025, 6, 2), last=MAY_12))["s0", "30d"]
    assert found["yhat"] == pytest.approx(3000, rel=0.03)
    assert found["hi80"] - found["lo80"] < 0.25 * 3000


def test_steady_growth_goes_on() -> None:
    growing = panel(lambda day: 100.0 + (day - JAN).days, first=JAN, last=date(2026, 9, 27))
    # Day n costs 100 + n; 27 September is day 269, so the next 30 are 370 ... 399.
    assert totals(growing)["s0", "30d"]["yhat"] == pytest.approx(30 * 384.5, rel=0.01)


def test_incomplete_days_are_no_fall_and_are_filled_up() -> None:
    tail = {date(2026, 5, 10): 80.0, date(2026, 5, 11): 30.0, date(2026, 5, 12): 5.0}
    found = totals(panel(lambda day: tail.get(day, 100.0), first=JAN, last=MAY_12, incomplete=3))
    assert found["s0", "30d"]["yhat"] == pytest.approx(3000)
    assert found["s0", "month_end"]["yhat"] == pytest.approx(3100)


def test_a_charge_that_is_seen_in_part_has_come() -> None:
    # The fee of 2 May is seen with a third of its 300 on the first, a day early.
    def cost(day: date) -> float:
        if day >= date(2026, 5, 1):
            return 110.0 if day.day == 1 else 2.0
        return 310.0 if day.day == 2 else 10.0

    found = totals(panel(cost, first=JAN, last=date(2026, 5, 2), incomplete=2))
    # 3 May to 1 June: 30 days of 10 and no fee, for that of June is due on the second.
    assert found["s0", "30d"]["yhat"] == pytest.approx(300, rel=0.02)


@pytest.mark.parametrize(("days", "rung"), [(1, "insufficient"), (2, "insufficient"), (3, "run rate"), (14, "weekday")])
def test_the_ladder_of_short_histories(days: int, rung: str) -> None:
    begun = MAY_12 - timedelta(days=days - 1)
    found = totals(panel(lambda day: 7.0 if day >= begun else 0.0, first=JAN, last=MAY_12))["s0", "30d"]
    assert str(found["method"]).startswith(rung)
    assert found["yhat"] == (None if days < 3 else pytest.approx(210))


def test_the_quiet_days_of_a_year_s_end_come_again() -> None:
    def cost(day: date) -> float:
        return 50.0 if (day.month, day.day) >= (12, 22) or (day.month, day.day) <= (1, 2) else 100.0

    found = totals(panel(cost, first=date(2024, 11, 1), last=date(2025, 12, 10)))
    # December 2025: 21 days of 100, 10 of 50.
    assert found["s0", "month_end"]["yhat"] == pytest.approx(2600, rel=0.01)


def test_what_is_said_to_follow_the_calendar_and_came_once_is_not_expected_again() -> None:
    bought = panel(lambda day: 5010.0 if day == date(2026, 5, 4) else 10.0, first=JAN, last=MAY_12)
    scheduled = np.where(bought.costs > 10, 5000.0, 0.0)
    found = totals(Panel(bought.series, JAN, bought.costs, 0, scheduled))
    assert (found["s0", "month_end"]["yhat"], found["s0", "30d"]["yhat"]) == (pytest.approx(5310), pytest.approx(300))


def test_a_month_that_is_over_is_known() -> None:
    over = totals(panel(noisy(100, 1), first=JAN, last=date(2026, 4, 30)))["s0", "month_end"]
    assert over["lo95"] == over["yhat"] == over["hi95"]


def test_events_count_while_they_are_active() -> None:
    flat = panel(lambda day: 10.0, first=JAN, last=MAY_12)
    saving = FutureEvent("switch off", date(2026, 6, 1), Decimal(-4), "day", "ana", ends_on=date(2026, 6, 5))
    launch = FutureEvent("launch", date(2026, 6, 1), Decimal(300), "month", "ben")
    move = FutureEvent("move", date(2026, 5, 20), Decimal(77), "once", "cid", series="s0")
    off = FutureEvent("not sure", date(2026, 5, 20), Decimal(999), "once", "cid", active=False)
    outlook = forecast(flat, days=30, events=[saving, launch, move, off])
    # 13 May to 11 June: 300, less 5 x 4, and 11 of June's 30 days of 300, and 77.
    assert outlook.total(30)[0, 1] == pytest.approx(300 - 20 + 110 + 77)
    plain = forecast(flat, days=30)
    assert np.diff(outlook.total(30)) == pytest.approx(np.diff(plain.total(30)))


def test_an_event_of_nobody_s_series_is_refused() -> None:
    two = panel(lambda day: 1.0, lambda day: 2.0, first=JAN, last=MAY_12)
    lost = FutureEvent("lost", MAY_12, Decimal(1), "day", "ana", series="s9")
    with pytest.raises(ConfigError, match="s9"):
        forecast(two, events=[lost])
    with pytest.raises(ConfigError, match="which of 2 series"):
        forecast(two, events=[FutureEvent("any", MAY_12, Decimal(1), "day", "ana")])


def test_one_by_one_gives_what_all_at_once_gives() -> None:
    kinds = (noisy(100, 1), noisy(5, 2, part=0.4), lambda day: 30.0 * (day.day == 2), lambda day: 9.0 * (day.day % 3))
    many = panel(*kinds, first=date(2025, 6, 1), last=MAY_12, incomplete=2)
    experience = experience_of(many)
    together = forecast(many, experience=experience)
    for row in range(len(many.series)):
        alone = forecast(many.rows(slice(row, row + 1)), experience=experience)
        np.testing.assert_allclose(alone.daily[0], together.daily[row], rtol=1e-12)
        np.testing.assert_allclose(alone.total(60)[0], together.total(60)[row], rtol=1e-12)


def test_series_with_different_lags_are_told_what_each_of_them_knows() -> None:
    flat = panel(lambda day: 10.0, lambda day: 20.0, first=JAN, last=MAY_12)
    costs = flat.costs.copy()
    costs[0, -3:] = 0.0
    outlook = forecast(Panel(flat.series, JAN, costs, np.array([3, 0])), days=30)
    assert outlook.origin == date(2026, 5, 9)
    # The second is complete for three days longer: these are charged, not expected.
    assert outlook.days_known.tolist() == [0, 3]
    assert outlook.total(30, skip=3)[:, 1] == pytest.approx([300, 600])


def test_nan_at_the_end_is_not_known_yet() -> None:
    flat = panel(lambda day: 10.0, first=JAN, last=MAY_12)
    flat.costs[0, -2:] = np.nan
    assert forecast(flat, days=10).total(12)[0, 1] == pytest.approx(120)


@settings(max_examples=25, deadline=None)
@given(factor=st.floats(1e-4, 1e6), seed=st.integers(0, 50))
def test_another_currency_changes_the_figures_and_nothing_else(factor: float, seed: int) -> None:
    here = panel(noisy(100, seed, part=0.2), first=date(2025, 9, 1), last=MAY_12, incomplete=1)
    there = Panel(here.series, here.first_day, here.costs * factor, 1)
    np.testing.assert_allclose(forecast(there).total(60), forecast(here).total(60) * factor, rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1_000), part=st.floats(0.0, 0.9), days=st.integers(1, 260))
def test_quantiles_are_in_order_and_wider_ones_hold_the_narrower(seed: int, part: float, days: int) -> None:
    found = totals(panel(noisy(50, seed, part=part), first=MAY_12 - timedelta(days=days), last=MAY_12))
    for row in found.values():
        if row["yhat"] is not None:
            assert row["lo95"] <= row["lo80"] <= row["yhat"] <= row["hi80"] <= row["hi95"]


@pytest.mark.parametrize("method", FAST)
def test_every_method_goes_on_with_a_flat_series(method: str) -> None:
    found = totals(panel(lambda day: 10.0, first=JAN, last=MAY_12), method)
    assert [found["s0", horizon]["yhat"] for horizon in ("30d", "60d", "90d")] == pytest.approx([300, 600, 900])
    assert found["s0", "month_end"]["yhat"] == pytest.approx(310)


def test_the_baselines_are_what_their_names_say() -> None:
    # March and April cost 10 a day, May 20 so far; the last week is 20 each day.
    stepped = panel(lambda day: 20.0 if day.month == 5 else 10.0, first=JAN, last=MAY_12)
    # Run rate: 12 days of 20 and 18 of 10 are 420 in 30 days. Month to date and the last week: 20 a day.
    assert totals(stepped, "run-rate")["s0", "30d"]["yhat"] == pytest.approx(420)
    assert totals(stepped, "linear")["s0", "month_end"]["yhat"] == pytest.approx(620)
    assert totals(stepped, "seasonal-naive")["s0", "30d"]["yhat"] == pytest.approx(600)


@pytest.mark.slow
def test_prophet_brings_intervals_of_its_own_and_says_the_same_twice() -> None:
    calm = panel(noisy(100, 3), first=JAN, last=MAY_12)
    first, second = totals(calm, "prophet")["s0", "30d"], totals(calm, "prophet")["s0", "30d"]
    assert first["yhat"] == pytest.approx(3000, rel=0.05)
    assert first["lo95"] < first["lo80"] < first["yhat"] < first["hi80"] < first["hi95"]
    assert first == second


def test_an_unknown_method_is_told_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match="workbench"):
        forecast(panel(lambda day: 1.0, first=JAN, last=MAY_12), method="workbnech")


@pytest.mark.parametrize("days", [0, -1])
def test_a_forecast_of_no_days_is_refused(days: int) -> None:
    with pytest.raises(ConfigError, match="one day at least"):
        forecast(panel(lambda day: 1.0, first=JAN, last=MAY_12), days=days)


def test_an_infinite_cost_is_refused() -> None:
    with pytest.raises(ConfigError, match="infinite"):
        Panel(("s0",), JAN, np.array([[1.0, np.inf]]))
