"""What came in the window before a day: the same by every way of counting it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finops_lib.analyses.anomalies import rolling
from finops_lib.analyses.anomalies.rolling import Matrix, most_before, rank_before

# Two accounts, five days.
COSTS = np.array([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]], np.float32)


def test_the_middle_of_three_days_before_each_day_counts_days_before_the_first_as_nothing() -> None:
    # before day 0: 0 0 0; day 1: 0 0 3; day 2: 0 3 1; day 3: 3 1 4; day 4: 1 4 1
    assert rank_before(COSTS, 3, 1)[0].tolist() == [0, 0, 1, 3, 1]


def test_the_largest_of_the_days_before_leaves_the_day_itself_out() -> None:
    # the last two days: of 4 3 1 -> 4 and 1 4 1 -> 4; of 9 2 6 -> 9 and 2 6 5 -> 6
    assert most_before(COSTS, 3, newest=2).tolist() == [[4, 4], [9, 6]]


@pytest.mark.parametrize("days", [1, 2, 5, 8, 63])
def test_the_largest_is_that_of_a_plain_loop_for_windows_of_any_length(days: int) -> None:
    values = np.random.default_rng(7).normal(size=(3, 90)).astype(rolling.PRECISION)
    before = np.concatenate([np.zeros((3, days), values.dtype), values], axis=1)
    by_hand = [before[:, day : day + days].max(axis=1) for day in range(90)]
    assert np.array_equal(most_before(values, days, newest=90), np.array(by_hand).T)


@given(
    days=st.integers(2, 60),
    part=st.floats(0, 1),
    seed=st.integers(0, 1_000),
)
def test_a_page_and_a_whole_estate_rank_alike(days: int, part: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    values: Matrix = np.where(random.random((4, 80)) < 0.3, 0, random.gamma(1, 10, (4, 80))).astype(rolling.PRECISION)
    rank = round(part * (days - 1))
    found = {}
    for many in (0, 1_000_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rolling, "_MANY", many)
            found[many] = rank_before(values, days, rank, newest=30)
    assert found[0].dtype == found[1_000_000].dtype == rolling.PRECISION
    assert np.array_equal(found[0], found[1_000_000])
