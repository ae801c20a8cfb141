"""What a check looks at besides the running period: late bills, own rules, silent sources, rates, decided changes."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError
from finops_lib.marts.build import build
from finops_lib.runs.budget_check import Checked, check_budgets
from finops_lib.runs.budgets import budget_history, budget_statuses
from finops_lib.runs.ingest import ingest
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings
from finops_lib.state.alerts import list_events
from tests.conftest import WriteBill

ACCOUNT = "111111111111"
Spend = Callable[..., None]


@pytest.fixture
def spend(settings: Settings, write_bill: WriteBill) -> Spend:
    """Give a function that bills each day of a month through a day, delivered the morning after at six."""

    def load(month: date, through: int, *, a_day: int = 10, on: datetime | None = None, currency: str = "USD") -> None:
        end = (month + timedelta(days=31)).replace(day=1)
        billed = {"BillingPeriodStart": f"{month}", "BillingPeriodEnd": f"{end}", "BillingCurrency": currency}
        days = [month + timedelta(days=offset) for offset in range(through)]
        rows = [
            billed
            | {"ChargePeriodStart": f"{day}", "ChargePeriodEnd": f"{day + timedelta(days=1)}"}
            | dict.fromkeys(("BilledCost", "EffectiveCost"), str(a_day))
            for day in days
        ]
        bill = write_bill(f"{month:%Y-%m}.csv", rows)
        moment = on or datetime.combine(days[-1] + timedelta(days=1), datetime.min.time(), UTC) + timedelta(hours=6)
        os.utime(bill, (moment.timestamp(), moment.timestamp()))
        ingest(settings, [bill], source="payer", replace=True)
        build(settings.lake)

    return load


def plan(settings: Settings, *, amount: str = "300", currency: str = "USD", events: str = "") -> None:
    line = f'{{name: shop, scope_type: account, scope_value: "{ACCOUNT}", amount: "{amount}", currency: {currency}}}'
    settings.budget_plan.write_text(f"budgets:\n  - {line}\n{events}", encoding="utf-8")


def check(settings: Settings, now: datetime) -> Checked:
    return check_budgets(settings, as_of="", now=now)


def test_a_bill_that_comes_after_the_month_still_crosses_its_threshold_once(settings: Settings, spend: Spend) -> None:
    plan(settings, amount="310")
    # 30 days of 9 are 270 of 310, 87 %; in November the bill of October grows to 31 days of 10, 100 %.
    spend(date(2026, 10, 1), 30, a_day=9)
    first = check(settings, datetime(2026, 10, 31, 9, tzinfo=UTC))
    assert [(event.kind, event.threshold) for event in first.alerts if event.state == "firing"] == [("actual", "80")]
    spend(date(2026, 11, 1), 2)
    spend(date(2026, 10, 1), 31, on=datetime(2026, 11, 3, 6, tzinfo=UTC))
    late = check(settings, datetime(2026, 11, 3, 9, tzinfo=UTC))
    assert [(event.period_start, event.threshold) for event in late.alerts] == [(date(2026, 10, 1), "100")]
    assert check(settings, datetime(2026, 11, 3, 10, tzinfo=UTC)).alerts == ()
    october, november = budget_history(settings, "shop", periods=2)
    assert (october["actual_known"], november["actual_known"]) == (Decimal(310), Decimal(20))


def test_a_period_that_ended_long_ago_is_left_alone(settings: Settings, spend: Spend) -> None:
    plan(settings, amount="310")
    spend(date(2026, 10, 1), 31)
    spend(date(2026, 11, 1), 12)
    checked = check(settings, datetime(2026, 11, 13, 9, tzinfo=UTC))
    assert {event.period_start for event in checked.alerts} <= {date(2026, 11, 1)}
    assert [row["period_start"] for row in budget_history(settings, "shop", periods=12)] == [date(2026, 11, 1)]


def test_a_rule_of_ones_own_is_told_once(settings: Settings, spend: Spend) -> None:
    plan(settings)
    rule = (
        "{name: dear, metric: effective_cost, scope: \"account = '%s'\", threshold: 65, currency: USD, window_days: 7}"
    )
    settings.alert_rules.write_text(f"rules:\n  - {rule % ACCOUNT}\n", encoding="utf-8")
    spend(date(2026, 10, 1), 12)
    for hour in (9, 10):
        check(settings, datetime(2026, 10, 13, hour, tzinfo=UTC))
    with opened_state(settings) as state:
        [event] = list_events(state, kind="rule")
    # Seven complete days of 10 are 70, more than 65.
    assert (event.subject, event.value) == ("dear", 70.0)


def test_a_rule_about_a_budgets_pace_reads_its_statuses(settings: Settings, spend: Spend) -> None:
    plan(settings, amount="100")
    rule = "{name: fast, metric: burn_multiple, scope: \"account = '%s'\", threshold: 1.2, currency: USD}"
    settings.alert_rules.write_text(f"rules:\n  - {rule % ACCOUNT}\n", encoding="utf-8")
    spend(date(2026, 10, 1), 12)
    check(settings, datetime(2026, 10, 13, 9, tzinfo=UTC))
    with opened_state(settings) as state:
        [event] = list_events(state, kind="rule")
    # Ten complete days of 10 use up all of 100 where about a third was planned.
    assert event.value > 2.5


def test_a_rule_about_a_budget_that_is_none_says_so(settings: Settings, spend: Spend) -> None:
    plan(settings)
    settings.alert_rules.write_text(
        "rules:\n  - {name: fast, metric: burn_multiple, scope: \"team = 'x'\", threshold: 1, currency: USD}\n",
        encoding="utf-8",
    )
    spend(date(2026, 10, 1), 12)
    with pytest.raises(ConfigError, match=r"'fast' asks for burn_multiple, and no budget has the scope team = 'x'"):
        check(settings, datetime(2026, 10, 13, 9, tzinfo=UTC))


def test_a_source_that_fell_silent_is_told_once(settings: Settings, spend: Spend) -> None:
    plan(settings)
    spend(date(2026, 10, 1), 12)
    for hour in (9, 10):
        check(settings, datetime(2026, 10, 30, hour, tzinfo=UTC))
    with opened_state(settings) as state:
        [event] = list_events(state, kind="stale")
    assert event.subject == "payer"


def test_a_missing_rate_is_a_failure_and_no_rate_of_one(settings: Settings, spend: Spend) -> None:
    plan(settings, currency="EUR")
    spend(date(2026, 10, 1), 12)
    checked = check(settings, datetime(2026, 10, 13, 9, tzinfo=UTC))
    assert checked.failures == ("shop: no book rate USD to EUR for 1 Oct 2026; next: finops fx import FILE",)
    [status] = checked.evaluation.statuses
    assert (status.colour, status.forecast_p50) == ("grey", None)
    assert checked.alerts == ()


def test_a_decided_change_is_in_the_forecast_until_it_is_switched_off(settings: Settings, spend: Spend) -> None:
    spend(date(2026, 10, 1), 12)

    def expected(active: str) -> Decimal:
        event = "name: launch, budgets: [shop], starts_on: 2026-10-20, ends_on: 2026-10-29"
        plan(settings, events=f'events:\n  - {{{event}, amount: "50", per: day, owner: Ana, active: {active}}}\n')
        [row] = budget_statuses(settings, as_of="")
        assert isinstance(row["forecast_p50"], Decimal)
        return row["forecast_p50"]

    # Ten days of 50 more.
    assert expected("true") - expected("false") == pytest.approx(Decimal(500), abs=Decimal("0.01"))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("budgets: [nobody]", "changes 'nobody', which is no budget of this plan"),
        ("budgets: []", "budgets"),
    ],
)
def test_a_change_of_a_budget_that_is_none_is_refused(settings: Settings, spend: Spend, event: str, words: str) -> None:
    spend(date(2026, 10, 1), 12)
    line = f'{{name: launch, {event}, starts_on: 2026-10-20, amount: "50", per: day, owner: Ana}}'
    plan(settings, events=f"events:\n  - {line}\n")
    with pytest.raises(ConfigError, match=words):
        budget_statuses(settings, as_of="")
