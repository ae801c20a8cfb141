"""A page reads its budgets from the state, keeps what it read, and says when the plan file says something else."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from finops_lib.messages import AlertEvent
from finops_lib.runs import open_run
from finops_lib.runs.budget_inputs import BudgetInputs, budget_inputs
from finops_lib.runs.budget_plan import amend_budget, close_budget, import_budgets
from finops_lib.runs.folder import BUDGETS, RunFolder
from finops_lib.runs.handover import RERUN_OF
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings
from finops_lib.state.budget_status import append_status
from finops_lib.state.evaluation import Decision, record_evaluation
from tests.state.conftest import status

NOON = datetime(2026, 5, 20, 12, tzinfo=UTC)
DAY = date(2026, 5, 20)
PLAN = """budgets:
  - {name: web, scope_type: team, scope_value: web, amount: "%s", currency: USD}
"""
EVENT = AlertEvent(
    "e1",
    "web",
    date(2026, 5, 1),
    "actual",
    "80",
    1,
    81.5,
    "firing",
    "tom",
    "team = 'web'",
    NOON,
    {"drivers": [{"a": "1"}]},
)


def write_plan(settings: Settings, amount: str = "100.00") -> None:
    settings.budget_plan.write_text(PLAN % amount, encoding="utf-8")


def kept(tmp_path: Path) -> RunFolder:
    (tmp_path / "run").mkdir(exist_ok=True)
    return RunFolder(path=tmp_path / "run", run_id="r1")


def read(settings: Settings, tmp_path: Path) -> BudgetInputs:
    return budget_inputs(settings, kept(tmp_path), as_of=DAY)


def evaluated(settings: Settings, watermark: str = "w") -> None:
    with opened_state(settings) as state:
        record_evaluation(
            state, status(watermark), decide=lambda *_: Decision(new_events=(EVENT,)), at=NOON, who="ines", snapshot=3
        )


def test_without_plan_or_state_there_is_nothing_and_no_database_is_made(settings: Settings, tmp_path: Path) -> None:
    assert read(settings, tmp_path) == BudgetInputs()
    assert not (settings.lake.folder / "state.sqlite").exists()


def test_a_plan_that_was_never_imported_speaks_for_itself(settings: Settings, tmp_path: Path) -> None:
    write_plan(settings)
    for _ in range(2):
        found = read(settings, tmp_path)
        assert [(one.name, one.amount) for one in found.budgets] == [("web", Decimal(100))]
        assert found.notice == ""
        # The second time there is a state, with nothing in it.
        with opened_state(settings):
            pass


def test_once_imported_the_state_counts_and_the_reader_is_told_what_differs(settings: Settings, tmp_path: Path) -> None:
    write_plan(settings)
    import_budgets(settings)
    assert read(settings, tmp_path).notice == ""
    write_plan(settings, "200")
    found = read(settings, tmp_path)
    assert [one.amount for one in found.budgets] == [Decimal(100)]
    assert found.notice == ("1 budget differs in budget_plan.yaml from what counts (web); run: finops budgets import")
    close_budget(settings, "web", valid_to=date(2026, 5, 2))
    assert read(settings, tmp_path) == BudgetInputs()


def test_the_page_gets_history_forecasts_and_alerts(settings: Settings, tmp_path: Path) -> None:
    write_plan(settings)
    import_budgets(settings)
    evaluated(settings)
    with opened_state(settings) as state, state.write() as session:
        later = status("later", period_start=date(2026, 6, 1), data_through=date(2026, 6, 2))
        append_status(session, later, evaluated_at=NOON, run_id=None, snapshot=None)
    found = read(settings, tmp_path)
    # June had not begun on the page's day.
    assert [one.status for one in found.history] == [status("w")]
    assert [(one.day, one.kept.status.watermark) for one in found.forecasts] == [(1, "w"), (10, "w")]
    assert found.events == (EVENT,)


def test_a_page_made_again_reads_what_it_read_then(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plan(settings)
    import_budgets(settings)
    evaluated(settings)
    first = read(settings, tmp_path)
    written = (tmp_path / "run" / "inputs" / BUDGETS).read_text(encoding="utf-8")
    # Everything changes: the amount, the status, the plan.
    amend_budget(settings, "web", {"amount": Decimal(5)}, valid_from=date(2026, 5, 1))
    evaluated(settings, "w2")
    write_plan(settings, "7")
    assert read(settings, tmp_path) != first
    frozen = tmp_path / "frozen"
    frozen.mkdir()
    (frozen / BUDGETS).write_text(written, encoding="utf-8")
    monkeypatch.setenv(RERUN_OF, "r1")
    again = settings.model_copy(update={"params": frozen, "state_url": "sqlite:////nowhere/at/all.sqlite"})
    assert read(again, tmp_path) == first
    # Kept again, so that a rerun can itself be made again.
    assert (tmp_path / "run" / "inputs" / BUDGETS).read_text(encoding="utf-8") == written


def test_a_run_of_before_budgets_were_kept_can_still_be_made_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plan(settings, "12.50")
    monkeypatch.setenv(RERUN_OF, "r1")
    assert [one.amount for one in read(settings, tmp_path).budgets] == [Decimal("12.50")]
    settings.budget_plan.unlink()
    # A page without budgets kept no plan either.
    assert read(settings, tmp_path) == BudgetInputs()


def test_what_is_kept_comes_back_to_the_digit() -> None:
    told = status(
        "w", actual=Decimal("0.000000000001"), p_exceed=0.1 + 0.2, drivers=({"label": "ü\n", "cost": "1.50"},)
    )
    whole = BudgetInputs(events=(replace(EVENT, acknowledged_at=NOON),), notice="'")
    for inputs in (whole, replace(whole, history=(_kept(told),))):
        adapter = TypeAdapter(BudgetInputs)
        assert adapter.validate_json(adapter.dump_json(inputs)) == inputs


def _kept(told: object) -> object:
    from finops_lib.state.budget_status import KeptStatus

    return KeptStatus(told, NOON, "r1", 7, 3)  # type: ignore[arg-type]  # a BudgetStatus


def test_a_notebook_gets_its_budgets_from_the_state_and_keeps_a_copy(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plan(settings)
    (tmp_path / "run").mkdir()
    monkeypatch.setenv("FINOPS_RUN_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("FINOPS_RUN_ID", "20261124T031500Z-budgets-3f9a")
    import_budgets(settings)
    write_plan(settings, "7")
    run = open_run("budgets", as_of="2026-05-20")
    [budget] = run.budget_plan()
    assert (budget.name, budget.amount, budget.scope) == ("web", Decimal(100), "team = 'web'")
    assert any("finops budgets import" in notice.text for notice in run.context.notices)
    frozen = json.loads((tmp_path / "run" / "inputs" / BUDGETS).read_text(encoding="utf-8"))
    assert [one["amount"] for one in frozen["budgets"]] == ["100.00"]
