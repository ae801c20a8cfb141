"""Episodes: they open, grow and close, and their money is what the days cost more than on the eve."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_lib.analyses.anomalies.episodes import INTERRUPTION, LONGEST, episodes_of
from tests.analyses.anomalies.judgements import judged

FLAT = [100.0] * 40


def test_a_spike_is_one_day_with_its_money_and_is_over_when_four_days_have_passed() -> None:
    days = [*FLAT, 250.0, *[100.0] * 4]
    [spike] = episodes_of(judged(days, {40: 0.9}), 0.6)
    # 250 where 100 was expected
    assert (spike.start, spike.end, spike.expected, spike.actual, spike.impact) == (40, 40, 100, 250, 150)
    assert (spike.direction, spike.test, spike.methods, spike.is_over) == (1, "sudden+", ("workbench",), True)
    [fresh] = episodes_of(judged(days[:-1], {40: 0.9}), 0.6)
    assert not fresh.is_over


def test_flagged_days_over_a_weekend_are_one_thing_and_days_a_week_apart_are_two() -> None:
    costs = [*FLAT, 200.0, 100.0, 100.0, 200.0, 100.0, *[100.0] * 6, 300.0, *[100.0] * 4]
    [first, second] = episodes_of(judged(costs, {40: 0.9, 43: 0.9, 51: 0.9}), 0.6)
    # 200 + 100 + 100 + 200 - 4 * 100
    assert (first.start, first.end, first.impact) == (40, 43, 200)
    assert (second.start, second.end, second.impact) == (51, 51, 200)


def test_opposite_directions_are_two_episodes() -> None:
    both = judged([*FLAT, 200.0, 10.0, *[100.0] * 5], {40: 0.9})
    both.confidence[0, 41], both.tests[0, 41] = 0.9, "sudden-"
    [rise, drop] = episodes_of(both, 0.6)
    assert (rise.impact, drop.impact, drop.direction) == (100, -90, -1)


def test_a_new_level_is_followed_for_four_weeks_against_its_eve_and_then_is_the_usual() -> None:
    # The detector has learned the new level after five days and is silent from then on.
    expected = [*[100.0] * 45, *[180.0] * 35]
    found = episodes_of(judged([*FLAT, *[180.0] * 40], {40: 0.9, 41: 0.8}, expected=expected), 0.6)
    [shift] = found
    # 28 days of 180 where 100 was usual
    assert (shift.start, shift.end, shift.impact, shift.is_over) == (40, 40 + LONGEST - 1, 28 * 80, True)


def test_what_the_tail_of_a_new_level_flags_again_is_not_told_again() -> None:
    found = episodes_of(judged([*FLAT, *[180.0] * 30], {40: 0.9, 50: 0.7, 60: 0.7}), 0.6)
    assert [(one.start, one.end) for one in found] == [(40, 67)]


def test_a_test_of_whole_weeks_is_told_from_the_day_the_cost_went_out_to_the_day_it_came_back() -> None:
    costs = [*FLAT, *[200.0] * 6, *[100.0] * 8]
    # It flags from the fourth day on, and still does two days after the cost is back.
    [found] = episodes_of(judged(costs, dict.fromkeys(range(43, 48), 0.9), test="level 3/3+"), 0.6)
    assert (found.start, found.end, found.impact) == (40, 45, 600)


def test_the_weekdays_of_the_eve_are_compared_with_themselves() -> None:
    week = [100.0] * 5 + [20.0, 20.0]
    costs = week * 6 + [2 * cost for cost in week] * 2
    expected = week * 8
    sure = dict.fromkeys((42, 43, 44, 45, 46, 49, 50, 51, 52, 53), 0.9)
    [found] = episodes_of(judged(costs, sure, expected=expected), 0.6)
    # ten weekdays cost 100 more, the two days of the weekend between them 20; the last weekend is too little by itself
    assert (found.start, found.end, found.impact) == (42, 53, 1040)


def test_all_that_a_new_service_costs_is_more_than_nothing() -> None:
    costs = [*[0.0] * 40, *[50.0] * 6]
    # A detector may take the first day for the level.
    [found] = episodes_of(judged(costs, {40: 0.9, 41: 0.9}, test="new service", expected=[50.0] * 46), 0.6)
    assert (found.direction, found.expected, found.impact) == (1, 0, 300)


def test_a_threshold_of_its_own_silences_a_day() -> None:
    levels = np.full((1, 45), 0.6)
    levels[0, 40] = 0.95
    assert episodes_of(judged([*FLAT, 250.0, *[100.0] * 4], {40: 0.9}), levels) == []


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(-50, 1000), min_size=10, max_size=70),
    st.dictionaries(st.integers(0, 69), st.sampled_from([0.6, 0.7, 0.99]), max_size=12),
    st.sampled_from(["sudden+", "sudden-", "level 7/7+", "new service", ""]),
)
def test_every_cent_of_the_days_is_counted_once(costs: list[float], sure: dict[int, float], test: str) -> None:
    flags = {day: value for day, value in sure.items() if day < len(costs)}
    found = episodes_of(judged(costs, flags, test=test), 0.6)
    for episode in found:
        assert episode.actual == pytest.approx(sum(costs[episode.start : episode.end + 1]))
        assert 0 <= episode.start <= episode.end < len(costs)
        assert episode.end - episode.start <= LONGEST + max(len(flags) * (INTERRUPTION + 1), 14)
