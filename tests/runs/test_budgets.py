"""A check evaluates, records and alerts once; a look writes nothing."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from finops_lib.errors import ConfigError, LakeError
from finops_lib.marts.build import build
from finops_lib.runs import clock
from finops_lib.runs.alert_outbox import deliver_all
from finops_lib.runs.budget_check import Checked, check_budgets
from finops_lib.runs.budget_plan import amend_budget, import_budgets, listed_budgets
from finops_lib.runs.budgets import LISTED, budget_history, budget_statuses
from finops_lib.runs.ingest import ingest
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings, load_settings
from finops_lib.state.alerts import list_events
from finops_lib.state.audit import list_lines, verify
from finops_lib.state.budgets import list_budgets
from tests.conftest import WriteBill
from tests.delivery.letters import Receiver

ACCOUNT = "111111111111"
Spend = Callable[..., None]


@pytest.fixture
def spend(settings: Settings, write_bill: WriteBill) -> Spend:
    """Give a function that makes October cost so much a day, through a day, delivered the morning after."""

    def load(through: int, *, a_day: int = 10) -> None:
        october = {"BillingPeriodStart": "2026-10-01", "BillingPeriodEnd": "2026-11-01", "EffectiveCost": str(a_day)}
        days = [date(2026, 10, day) for day in range(1, through + 1)]
        spans = [{"ChargePeriodStart": f"{day}", "ChargePeriodEnd": f"{day + timedelta(days=1)}"} for day in days]
        bill = write_bill("october.csv", [october | span for span in spans])
        delivered = datetime(2026, 10, through + 1, 6, tzinfo=UTC).timestamp()
        os.utime(bill, (delivered, delivered))
        ingest(settings, [bill], source="payer")
        build(settings.lake)

    return load


def plan(settings: Settings, amount: str = "300") -> None:
    line = f'- {{name: shop, scope_type: account, scope_value: "{ACCOUNT}", amount: "{amount}", currency: USD}}'
    settings.budget_plan.write_text(f"budgets:\n  {line}\n", encoding="utf-8")


def check(settings: Settings, day: int, as_of: str = "") -> Checked:
    return check_budgets(settings, as_of=as_of, now=datetime(2026, 10, day, 9, tzinfo=UTC))


def test_the_first_check_imports_the_plan_and_the_second_does_nothing(settings: Settings, spend: Spend) -> None:
    spend(12)
    plan(settings)
    first = check(settings, 13)
    assert [change.action for change in first.imported] == ["created"]
    assert first.new == ("shop",)
    [status] = first.evaluation.statuses
    # Two days lag: ten complete days of 10.
    assert (status.actual, status.data_through, status.version) == (Decimal(100), date(2026, 10, 10), 1)
    second = check(settings, 13)
    assert (second.imported, second.new, second.alerts) == ((), (), ())
    # What still holds is read, not found again: to the last digit.
    assert second.evaluation.statuses == first.evaluation.statuses
    with opened_state(settings) as state:
        assert verify(state).lines == len(list_lines(state)) == 1


def test_new_data_and_an_amendment_are_news_and_nothing_else_is(settings: Settings, spend: Spend) -> None:
    spend(12)
    plan(settings)
    check(settings, 13)
    spend(14)
    assert check(settings, 15).new == ("shop",)
    assert check(settings, 15).new == ()
    amend_budget(settings, "shop", {"amount": Decimal(999)}, valid_from=date(2026, 10, 1))
    assert check(settings, 15).new == ("shop",)
    [kept] = budget_history(settings, "shop", periods=12)
    assert (kept["version"], kept["amount"], kept["period_start"]) == (2, Decimal(999), date(2026, 10, 1))
    with opened_state(settings) as state:
        assert kept["snapshot"] is not None
        assert len(list_budgets(state)) == 1


def test_an_alert_is_entered_once_however_often_it_is_checked(settings: Settings, spend: Spend) -> None:
    spend(12)
    plan(settings, amount="80")
    told = [check(settings, 13).alerts for _ in range(2)]
    # At least 100 of 80 are spent, 125 %: the worst threshold is told, the three below it are superseded.
    assert sorted((event.threshold, event.state) for event in told[0]) == [
        ("100", "superseded"),
        ("120", "firing"),
        ("50", "superseded"),
        ("80", "superseded"),
    ]
    assert told[1] == ()
    with opened_state(settings) as state:
        assert len(list_events(state)) == 4


def test_what_is_decided_waits_to_be_sent_and_is_sent_once(
    settings: Settings, spend: Spend, monkeypatch: pytest.MonkeyPatch
) -> None:
    spend(12)
    plan(settings, amount="130")
    with Receiver() as chat:
        monkeypatch.setenv("CHAT_ADDRESS", f"{chat.url}/hook")
        channel = "{kind: slack, options: {url: env:CHAT_ADDRESS}}"
        settings.workbench_file.write_text(f"channels: {{chat: {channel}}}\n", encoding="utf-8")
        configured = load_settings()
        # Twelve days of 10 are known, two of them not complete: 120 of 130, 92.3 %.
        monkeypatch.setattr(clock, "now", lambda: datetime(2026, 10, 13, 9, tzinfo=UTC))
        waiting = [check_budgets(configured, as_of="", now=clock.now(), deliver=False).waiting for _ in range(2)]
        assert waiting == [1, 1]
        assert [deliver_all(configured).sent for _ in range(2)] == [1, 0]
    [request] = chat.requests
    assert request.body["text"].replace("\u00a0", " ").endswith("shop: 92.3 % of 130 USD used")


def test_whom_nobody_can_tell_is_said(settings: Settings, spend: Spend) -> None:
    spend(12)
    plan(settings, amount="200")
    assert check(settings, 13).unreached == ("1 alert is told to nobody: params/workbench.yaml configures no channel",)


def test_a_look_writes_nothing(settings: Settings, spend: Spend) -> None:
    spend(12)
    plan(settings)
    [row] = budget_statuses(settings, as_of="")
    assert tuple(row)[: len(LISTED)] == LISTED
    assert (row["budget"], row["actual"], row["period_end"]) == ("shop", Decimal(100), date(2026, 11, 1))
    [earlier] = budget_statuses(settings, as_of="2026-10-05")
    assert earlier["actual"] == Decimal(50)
    with opened_state(settings) as state:
        assert (list_budgets(state), verify(state).lines) == ([], 0)
    assert listed_budgets(settings) == []


def test_a_check_does_not_go_back_behind_what_was_recorded(settings: Settings, spend: Spend) -> None:
    spend(12)
    plan(settings)
    check(settings, 13)
    with pytest.raises(ConfigError, match=r"2026-10-10 already, after 2026-10-05; .* status --as-of 2026-10-05"):
        check(settings, 13, as_of="2026-10-05")
    assert len(budget_history(settings, "shop", periods=12)) == 1


def test_without_a_lake_or_charges_it_is_said_what_to_do(settings: Settings) -> None:
    plan(settings)
    with pytest.raises(LakeError, match=r"there is no lake in .*finops ingest PATH"):
        check(settings, 13)
    with pytest.raises(LakeError, match="finops ingest PATH"):
        budget_statuses(settings, as_of="")


def test_a_plan_with_nothing_in_it_closes_nothing(settings: Settings) -> None:
    plan(settings)
    import_budgets(settings)
    settings.budget_plan.write_text("budgets: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="names no budget, and all would be closed"):
        import_budgets(settings, close_missing=True)
    settings.budget_plan.unlink()
    with pytest.raises(ConfigError, match="is not a file"):
        import_budgets(settings, close_missing=True)
    assert len(listed_budgets(settings)) == 1
