"""Two months of the replay, twice a day: each alert once, and none because of a day that is not whole."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from unittest import mock

import polars as pl
import pytest

from finops_lib.analyses.budgets import DAYS_SCHEMA
from finops_lib.state.alerts import list_events, record
from tests.bench.budget_replay.known import Bills
from tests.bench.budget_replay.measure import Outcome, replayed
from tests.bench.budget_replay.table import lines, received_by, sent_twice
from tests.bench.budget_replay.verdict import judge, silences
from tests.bench.budget_replay.year import hourly

# Azure is silent for four days of it, and what AWS said of September is corrected on the sixth of October.
FIRST_HOUR = datetime(2024, 10, 4, tzinfo=UTC)
HOURS = 61 * 24


def _hours() -> list[datetime]:
    """Give two of a day's four deliveries, and on the day after it the two others."""
    all_hours = hourly(FIRST_HOUR, HOURS, every=6)
    return [hour for hour in all_hours if hour.hour % 12 == (6 if (hour - FIRST_HOUR).days % 2 == 0 else 0)]


@pytest.mark.slow
def test_two_months_tell_each_threshold_once_and_nothing_because_of_incomplete_days(tmp_path: Path) -> None:
    hours = _hours()
    with mock.patch.dict(os.environ), replayed(tmp_path, hours) as outcome:
        said = "\n".join(lines(outcome.verdicts))
        assert "WRONG" not in said, said
        for verdict in outcome.verdicts:
            assert verdict.due, verdict.budget
            assert set(verdict.told.values()) == {1}
            assert max(verdict.forecasts.values(), default=0) <= 3
        assert sum(sum(verdict.forecasts.values()) for verdict in outcome.verdicts) > 0
        assert sum(verdict.greener for verdict in outcome.verdicts) > 0
        [silence] = silences(outcome.state)
        assert (silence.subject, silence.created_at) == ("azure-ea", datetime(2024, 11, 14, 12, tzinfo=UTC))
        assert silence.resolved_at == datetime(2024, 11, 16, 12, tzinfo=UTC)
        assert sent_twice(outcome.state, outcome.receivers) == 0
        assert received_by(outcome.receivers).keys() == {"slack", "mail", "pager"}
        assert outcome.hours.unreached == set()
        _a_false_alert_is_found(outcome, hours[-1])


def _a_false_alert_is_found(outcome: Outcome, end: datetime) -> None:
    """See that the verdict is one: an alert of a threshold that was never reached does not pass."""
    [told] = [event for event in list_events(outcome.state, subject="company") if event.threshold == "50"][:1]
    false = replace(told, event_id="0" * 16, threshold="120", occurrence=1)
    record(outcome.state, [false], [], [], at=end, who="test")
    alone = replace(outcome.estate, budgets=[one for one in outcome.estate.budgets if one.name == "company"])
    [company] = judge(alone, outcome.state, end=end)
    assert len(company.unfounded) == 1


def _bills(*days: tuple[date, str]) -> Bills:
    rows = [
        {
            "scope": "all",
            "x_Provider": "aws",
            "x_SourceId": "payer",
            "day": day,
            "billed_day": day,
            "charge_class": "usage",
            "frequency": "usage",
            "is_prior_correction": False,
            "complete_through": day,
            "is_stale": False,
            "BillingCurrency": "USD",
            "billed_cost": Decimal(cost),
            "effective_cost": Decimal(cost),
        }
        for day, cost in days
    ]
    return Bills(pl.DataFrame(rows, schema=DAYS_SCHEMA))


def _known(bills: Bills, at: datetime) -> dict[date, Decimal]:
    return dict(bills.known(bills.deliveries(at)).select("day", "effective_cost").iter_rows())


def test_the_newest_two_days_of_aws_are_not_whole_and_the_others_are() -> None:
    bills = _bills(*((date(2024, 8, day), "100") for day in range(1, 11)))
    at = datetime(2024, 8, 9, 10, tzinfo=UTC)
    known = _known(bills, at)
    assert bills.complete_through(bills.deliveries(at)) == {"aws": date(2024, 8, 7)}
    assert max(known) == date(2024, 8, 9)
    assert {cost for day, cost in known.items() if day <= date(2024, 8, 7)} == {Decimal(100)}
    assert known[date(2024, 8, 9)] < known[date(2024, 8, 8)] <= 100
    # Nothing new until the next delivery, at two o'clock in the afternoon.
    assert _known(bills, at.replace(hour=13)) == known
    assert _known(bills, at.replace(hour=14))[date(2024, 8, 9)] > known[date(2024, 8, 9)]


def test_a_month_costs_what_was_first_said_until_it_is_corrected() -> None:
    bills = _bills((date(2024, 9, 10), "100"), (date(2024, 9, 20), "100"), (date(2024, 10, 10), "1"))
    assert _known(bills, datetime(2024, 10, 5, 23, tzinfo=UTC)) == {
        date(2024, 9, 10): Decimal(100),
        date(2024, 9, 20): Decimal("98.5"),
    }
    assert _known(bills, datetime(2024, 10, 6, 2, tzinfo=UTC))[date(2024, 9, 20)] == Decimal(100)
