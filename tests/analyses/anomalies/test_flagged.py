"""Methods by name, and what several say of one day."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from finops_lib.analyses.anomalies.flagged import flagged_days
from finops_lib.analyses.anomalies.methods import METHODS, Panel, confidence_at
from finops_lib.analyses.anomalies.workbench import TOLD_FROM, Judged
from finops_lib.errors import ConfigError
from tests.analyses.anomalies.judgements import FIRST

NAMES = ("iqr", "isolation_forest", "prophet", "workbench", "zscore")


def panel(costs: list[list[float]], *, announced: tuple[tuple[str, date], ...] = ()) -> Panel:
    names = tuple(f"aws/1/{number}" for number in range(len(costs)))
    return Panel(names, ("aws/1",) * len(names), FIRST, np.array(costs), announced)


def opinion(confidence: list[list[float]], *, expected: float, accounts: tuple[str, ...] = ()) -> Judged:
    sure = np.array(confidence)
    return Judged(accounts, sure, np.full(sure.shape, expected), np.ones(sure.shape), np.full(sure.shape, "t+"))


def test_the_methods_are_known_by_name() -> None:
    assert tuple(METHODS.names()) == NAMES
    with pytest.raises(ConfigError, match="did you mean 'zscore'"):
        METHODS.get("zscor")


@pytest.mark.parametrize("name", NAMES)
def test_every_method_is_silent_on_a_flat_series_and_tells_a_large_spike(name: str) -> None:
    wave = np.random.default_rng(3).normal(100, 2, 120)
    spiked = wave.copy()
    spiked[100] = 900
    judged = METHODS.get(name)(panel([[100.0] * 120, list(spiked)]))
    assert not (judged.confidence[0] >= TOLD_FROM).any()
    assert judged.confidence[1, 100] >= TOLD_FROM
    assert judged.expected[1, 100] == pytest.approx(100, abs=15) or name == "prophet"


def test_the_usual_threshold_of_each_method_is_the_one_of_the_workbench() -> None:
    # 1 - 0.4 ** 1 = 0.6; twice as far 1 - 0.4 ** 2 = 0.84; less than half of it is no candidate
    assert confidence_at(np.array([1.0, -2.0, 0.49, np.nan])).tolist() == pytest.approx([0.6, 0.84, 0, 0])


def test_three_sigma_is_told_and_a_little_less_is_not() -> None:
    steady = [98.0, 102.0] * 14  # mean 100, standard deviation 2
    for cost, is_told in ((106.1, True), (105.9, False)):
        told = METHODS.get("zscore")(panel([[*steady, cost]])).confidence[0, -1] >= TOLD_FROM
        assert told == is_told


def test_what_several_methods_say_of_a_day_is_one_row_that_names_them() -> None:
    opinions = {
        "workbench": opinion([[0.0, 0.9, 0.7], [0.0, 0.0, 0.0]], expected=10.0),
        "zscore": opinion([[0.0, 0.7, 0.8], [0.65, 0.1, 0.0]], expected=20.0),
    }
    told = flagged_days(panel([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]), opinions, min_score=0.6)
    day = [FIRST + timedelta(days=n) for n in range(3)]
    assert told.rows() == [
        ("aws/1/0", day[1], 0.9, 0.9, 10.0, 2.0, "workbench,zscore"),
        ("aws/1/0", day[2], 0.8, 0.8, 20.0, 3.0, "workbench,zscore"),
        ("aws/1/1", day[0], 0.65, 0.65, 20.0, 4.0, "zscore"),
    ]


def test_a_score_of_nought_gives_every_candidate_and_no_day_without_one() -> None:
    told = flagged_days(panel([[1.0, 2.0]]), {"workbench": opinion([[0.01, 0.0]], expected=1.0)}, min_score=0.0)
    assert told["score"].to_list() == [0.01]


def test_an_account_is_told_with_the_cost_of_its_services() -> None:
    judged = opinion([[0.0, 0.0], [0.0, 0.0], [0.0, 0.8]], expected=5.0, accounts=("aws/1",))
    told = flagged_days(panel([[1.0, 2.0], [4.0, 5.0]]), {"workbench": judged}, min_score=0.6)
    # 2 + 5
    assert told.select("series_id", "actual").rows() == [("aws/1/*", 7.0)]


@pytest.mark.parametrize("node", ["aws/1/0", "aws/1/*"])
def test_what_is_announced_is_not_told_for_two_weeks_whatever_the_method(node: str) -> None:
    day = FIRST + timedelta(days=2)
    judged = opinion([[0.9] * 20], expected=1.0)
    told = flagged_days(panel([[1.0] * 20], announced=((node, day),)), {"zscore": judged}, min_score=0.6)
    # silent from the eve (day 1) to two weeks after the day (day 16)
    assert told["date"].to_list() == [FIRST + timedelta(days=n) for n in (0, 17, 18, 19)]


def test_a_change_of_a_series_that_is_not_there_says_nothing() -> None:
    changes = (("aws/9/none", FIRST), ("aws/1/0", FIRST + timedelta(days=900)), ("aws/1/0", date(1999, 1, 1)))
    told = flagged_days(panel([[1.0] * 5], announced=changes), {"z": opinion([[0.9] * 5], expected=1.0)}, min_score=0.6)
    assert told.height == 5
