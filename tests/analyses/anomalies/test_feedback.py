"""The written rule of feedback, line by line."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from finops_lib.analyses.anomalies.feedback import Verdict, thresholds, told_from, verdicts_of
from finops_lib.analyses.anomalies.workbench import TOLD_FROM
from tests.analyses.anomalies.judgements import anomaly

LAST = date(2026, 6, 12)
WRONG = Verdict("aws/1/A", "USD", "sudden+", LAST)
NEXT = LAST + timedelta(days=1)


def test_each_false_positive_asks_for_five_hundredths_more_up_to_nine_tenths() -> None:
    levels = [told_from([WRONG] * count, test="sudden+", day=NEXT) for count in (0, 1, 2, 6, 7, 50)]
    assert levels == pytest.approx([0.6, 0.65, 0.7, 0.9, 0.9, 0.9])


def test_it_lasts_ninety_days_after_the_episode_and_touches_no_day_of_it() -> None:
    days = [LAST, NEXT, LAST + timedelta(days=90), LAST + timedelta(days=91)]
    assert [told_from([WRONG], test="sudden+", day=day) for day in days] == pytest.approx([0.6, 0.65, 0.65, 0.6])


def test_another_test_direction_or_node_is_as_sure_as_before() -> None:
    assert told_from([WRONG], test="sudden-", day=NEXT) == told_from([WRONG], test="level 7/7+", day=NEXT) == TOLD_FROM
    nodes = [("aws/1/A", "USD"), ("aws/1/A", "EUR"), ("aws/1/B", "USD")]
    levels = thresholds([WRONG], nodes, np.full((3, 2), "sudden+"), LAST)
    assert levels.tolist() == [pytest.approx([0.6, 0.65]), [0.6, 0.6], [0.6, 0.6]]


def test_what_was_real_changes_nothing() -> None:
    statuses = ("open", "acknowledged", "closed", "resolved", "expected", "withdrawn")
    assert verdicts_of([anomaly(status=status) for status in statuses]) == []
    assert verdicts_of([anomaly(status="false_positive")]) == [WRONG]
