"""A check of the budgets is left out only where it would have written nothing: hour by hour, and change by change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from finops_lib.lake.open import open_lake
from finops_lib.messages import Outgoing
from finops_lib.runs.budget_plan import amend_budget
from finops_lib.runs.opened import opened_state
from finops_lib.runs.rates import import_rates
from finops_lib.runs.schedule import unchanged
from finops_lib.runs.schedule.unchanged import BudgetsAsChecked
from finops_lib.settings import Settings
from finops_lib.state.alerts import list_events
from finops_lib.state.budget_mark import budget_mark
from finops_lib.state.outbox import count_unsent, enqueue
from tests.runs.test_budget_check import ACCOUNT, Spend, check, plan

OCTOBER = date(2026, 10, 1)
NINE = datetime(2026, 10, 13, 9, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)
RULE = "{name: dear, metric: effective_cost, scope: \"account = '%s'\", threshold: 65, currency: USD, window_days: 7}"
Hourly = Callable[[datetime], str]


@pytest.fixture
def checked(settings: Settings) -> Iterator[BudgetsAsChecked]:
    with opened_state(settings) as state:
        yield BudgetsAsChecked(settings, state)


@pytest.fixture
def hourly(settings: Settings, checked: BudgetsAsChecked) -> Hourly:
    """Give a function that does what the schedule does at a slot; a check that is left out must have been idle."""

    def slot(now: datetime) -> str:
        seen = checked.look(now)
        since = checked.since(seen) if seen else None
        before = budget_mark(checked.state)
        check(settings, now)
        if since is None:
            if seen:
                checked.remember(seen, at=now)
            return "checked"
        assert (budget_mark(checked.state), count_unsent(checked.state)) == (before, 0), now
        return f"nothing since {since:%d %H:%M}"

    return slot


@pytest.fixture
def settled(settings: Settings, spend: Spend, hourly: Hourly) -> datetime:
    """Bills through 12 October, checked until a check finds nothing; gives the next slot."""
    plan(settings)
    spend(OCTOBER, 12)
    assert [hourly(NINE), hourly(NINE + HOUR), hourly(NINE + 2 * HOUR)] == [
        # The first writes a status, so only the second is known to have found it written.
        *("checked", "checked", "nothing since 13 10:05")
    ]
    return NINE + 3 * HOUR


def test_days_and_bills_pass_and_no_check_is_missing(settings: Settings, spend: Spend, hourly: Hourly) -> None:
    plan(settings, amount="310")
    settings.alert_rules.write_text(f"rules:\n  - {RULE % ACCOUNT}\n", encoding="utf-8")
    spend(OCTOBER, 12)
    said = []
    for number in range(0, 8 * 24, 4):
        now = NINE + number * HOUR
        if number in (24, 52, 76):
            # The bill grows, then the source falls silent.
            spend(OCTOBER, 12 + number // 24, a_day=10 + number // 24)
        said.append(hourly(now))
    assert said.count("checked") < len(said) / 2
    with opened_state(settings) as state:
        kinds = {event.kind for event in list_events(state)}
    # What was left out hid nothing: the thresholds, the rule and the silence were all told.
    assert {"actual", "rule", "stale"} <= kinds


def test_a_source_falls_silent_at_its_very_second(settings: Settings, settled: datetime, hourly: Hourly) -> None:
    with open_lake(settings.lake) as lake:
        [[silent_from]] = lake.con.execute(unchanged._SILENT_FROM).fetchall()
    at = silent_from.replace(tzinfo=UTC)
    # A new day is news of its own, and once more where its check wrote something: the second alone is left to be news.
    for minute in (0, 1):
        hourly(at.replace(hour=0, minute=minute))
    assert hourly(at).startswith("nothing since")
    assert hourly(at + timedelta(seconds=1)) == "checked"
    with opened_state(settings) as state:
        assert [event.subject for event in list_events(state, kind="stale")] == ["payer"]


def a_bill(settings: Settings, spend: Spend) -> None:
    spend(OCTOBER, 12, a_day=11)


def a_plan(settings: Settings, spend: Spend) -> None:
    plan(settings, events="events: []\n")


def a_rule(settings: Settings, spend: Spend) -> None:
    settings.alert_rules.write_text(f"rules:\n  - {RULE % ACCOUNT}\n", encoding="utf-8")


def a_setting(settings: Settings, spend: Spend) -> None:
    settings.workbench_file.write_text("currency: USD\n", encoding="utf-8")


def a_file_that_was_changed_and_changed_back(settings: Settings, spend: Spend) -> None:
    text = settings.budget_plan.read_text(encoding="utf-8")
    settings.budget_plan.write_text("budgets: []\n", encoding="utf-8")
    settings.budget_plan.write_text(text, encoding="utf-8")


def a_message_that_waits(settings: Settings, spend: Spend) -> None:
    message = Outgoing("m1", ("e1",), "trigger", "chat", "", {"title": "alert"}, NINE + 99 * HOUR)
    with opened_state(settings) as state, state.write() as session:
        enqueue(session, [message], at=NINE)


def a_budget(settings: Settings, spend: Spend) -> None:
    amend_budget(settings, "shop", {"amount": "200"}, valid_from=OCTOBER)


def a_rate(settings: Settings, spend: Spend) -> None:
    rates = settings.params / "rates.csv"
    rates.write_text("from,to,day,rate,kind\nUSD,EUR,2026-10-01,0.9,book\n", encoding="utf-8")
    import_rates(settings, rates, source="test")


CHANGES = [
    a_bill,
    a_plan,
    a_budget,
    a_rate,
    a_rule,
    a_setting,
    a_file_that_was_changed_and_changed_back,
    a_message_that_waits,
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_changed_is_checked(
    settings: Settings,
    spend: Spend,
    settled: datetime,
    hourly: Hourly,
    change: Callable[[Settings, Spend], None],
) -> None:
    change(settings, spend)
    assert hourly(settled) == "checked"


def test_a_new_day_is_checked(settled: datetime, hourly: Hourly) -> None:
    midnight = settled.replace(hour=0, minute=0) + timedelta(days=1)
    assert hourly(midnight - timedelta(seconds=1)).startswith("nothing since")
    assert hourly(midnight) == "checked"


def test_a_program_that_was_updated_checks(settled: datetime, hourly: Hourly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unchanged, "_program", lambda: (("budgets.py", 2, 1),))
    assert hourly(settled) == "checked"


def test_without_a_lake_the_check_says_what_is_wrong(checked: BudgetsAsChecked) -> None:
    assert checked.look(NINE) is None
