from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from finops_lib.errors import ConfigError, LakeError, RunError
from finops_lib.findings import Recommendation
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.open import open_lake
from finops_lib.lake.place import Place
from finops_lib.marts.build import build
from finops_lib.marts.figures import figure_names
from finops_lib.money import Money
from finops_lib.plans import Budget
from finops_lib.runs import open_run
from finops_lib.runs.empty_lake import open_empty_lake
from finops_lib.runs.figures import bind, parameters_of, run_query
from finops_lib.runs.folder import RunFolder, plain
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from tests.conftest import WriteBill


@pytest.fixture
def lake(settings: Settings, write_bill: WriteBill) -> Settings:
    """A lake with twenty days of one source, delivered the morning after; its last two days are still filling."""
    october = {"BillingPeriodStart": "2026-10-01", "BillingPeriodEnd": "2026-11-01", "EffectiveCost": "10"}
    days = [date(2026, 10, day) for day in range(1, 21)]
    spans = [{"ChargePeriodStart": f"{day}", "ChargePeriodEnd": f"{day + timedelta(days=1)}"} for day in days]
    bill = write_bill("october.csv", [october | span for span in spans])
    delivered = datetime(2026, 10, 21, 6, tzinfo=UTC).timestamp()
    os.utime(bill, (delivered, delivered))
    ingest(settings, [bill], source="payer")
    build(settings.lake)
    return settings


@pytest.fixture
def run_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment that the runner gives to a kernel."""
    folder = tmp_path / "run"
    folder.mkdir()
    monkeypatch.setenv("FINOPS_RUN_DIR", str(folder))
    monkeypatch.setenv("FINOPS_RUN_ID", "20261124T031500Z-overview-3f9a")
    return folder


def test_a_run_opens_at_the_newest_snapshot_and_complete_day(lake: Settings) -> None:
    run = open_run("overview")
    with open_lake(lake.lake) as now:
        assert run.snapshot == now.snapshot_id
    assert (run.as_of, run.currency, run.provider, run.is_empty) == (date(2026, 10, 18), "USD", "", False)


def test_a_pinned_run_sees_the_lake_as_it_was(
    lake: Settings, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_lake(lake.lake, read_only=False) as writable:
        before = writable.snapshot_id
        writable.con.execute("delete from daily_cost")
    monkeypatch.setenv("FINOPS_RUN_SNAPSHOT", str(before))
    run = open_run("overview")
    assert (run.is_empty, run.snapshot) == (False, before)
    assert (run_folder / "snapshot").read_text() == str(before)


def test_a_pinned_snapshot_that_is_gone_is_an_error(lake: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_RUN_SNAPSHOT", "999999")
    with pytest.raises(LakeError, match="999999"):
        open_run("overview")


def test_what_was_resolved_is_told_to_the_runner(lake: Settings, run_folder: Path) -> None:
    open_run("overview", provider="aws")
    told = json.loads((run_folder / "context.json").read_text())
    assert told == {"as_of": "2026-10-18", "currency": "USD", "provider": "aws"}


def test_a_query_is_remembered_once_for_the_fold(lake: Settings, run_folder: Path) -> None:
    run = open_run("overview")
    for _ in range(2):
        assert run.query("run_context").height == 1
    [figure] = json.loads((run_folder / "figures.json").read_text())
    assert (figure["name"], figure["rows"]) == ("run_context", 1)
    assert "from daily_cost" in figure["sql"]


def test_outside_the_runner_nothing_is_written(lake: Settings, tmp_path: Path) -> None:
    before = _own_files(tmp_path)
    run = open_run("overview")
    run.query("run_context")
    run.write_result({"total": Decimal("1.50")})
    assert _own_files(tmp_path) == before
    assert "<style>" in run._repr_mimebundle_()["text/html"]


def _own_files(folder: Path) -> list[Path]:
    # For as long as somebody reads there is SQLite's log beside the catalog, and the reader's lease.
    passing = ("-wal", "-shm")
    paths = (path for path in folder.rglob("*") if "readers" not in path.parts)
    return sorted(path for path in paths if not path.name.endswith(passing))


def test_under_the_runner_the_page_brings_the_style(lake: Settings, run_folder: Path) -> None:
    assert "<style>" not in open_run("overview")._repr_mimebundle_()["text/html"]


def test_without_a_lake_every_query_answers_with_no_rows(settings: Settings) -> None:
    run = open_run("overview", provider="aws")
    assert (run.is_empty, run.snapshot) == (True, None)
    assert run.query("run_context").is_empty()
    assert "finops ingest" in run._repr_mimebundle_()["text/plain"]


def test_without_marts_the_reader_is_told_to_build_them(settings: Settings) -> None:
    ensure_lake(settings.lake)
    run = open_run("overview")
    assert run.is_empty
    assert "finops build" in run._repr_mimebundle_()["text/plain"]


def test_every_figure_query_runs_on_the_empty_lake(tmp_path: Path) -> None:
    from finops_lib.marts.figures import figure_sql

    lake = open_empty_lake(Place.of(tmp_path))
    for name in figure_names():
        sql = figure_sql(name)
        known: dict[str, object] = {"as_of": date(2026, 10, 1), "currency": "USD", "provider": ""}
        run_query(lake, sql, {name: known.get(name) for name in parameters_of(sql)})


def test_a_query_takes_what_it_asks_for_and_nothing_else() -> None:
    sql = "select $as_of, '$quoted' -- $comment\nwhere x > $limit"
    assert parameters_of(sql) == {"as_of", "limit"}
    assert bind("q", sql, {"as_of": 1, "currency": "USD"}, {"limit": 5}) == {"as_of": 1, "limit": 5}
    with pytest.raises(ConfigError, match="needs limit"):
        bind("q", sql, {"as_of": 1}, {})
    with pytest.raises(ConfigError, match="did you mean 'limit'"):
        bind("q", sql, {"as_of": 1}, {"limt": 5})


def test_an_unknown_query_is_named_with_the_ones_there_are(lake: Settings) -> None:
    with pytest.raises(ConfigError, match="run_context"):
        open_run("overview").query("run_contxt")


def test_a_result_keeps_every_digit_and_no_order_but_its_own(run_folder: Path) -> None:
    RunFolder.from_environment().write_result(
        {"b": Decimal("0.10"), "a": Money(Decimal("1E+3"), "USD"), "day": date(2026, 10, 1), "none": float("nan")}
    )
    text = (run_folder / "result.json").read_text()
    assert list(json.loads(text)) == ["a", "b", "day", "none"]
    assert json.loads(text) == {
        "a": {"amount": "1000", "currency": "USD"},
        "b": "0.10",
        "day": "2026-10-01",
        "none": None,
    }


def test_a_result_holds_records_but_no_clock() -> None:
    record = Recommendation("idle", "aws", "1", "r", "stop", "why", Decimal(1), Decimal(2), "USD", 0.5, "high", "me")
    assert plain([record])[0]["monthly_savings"] == "1"
    with pytest.raises(TypeError, match="datetime has no place"):
        plain({"at": datetime(2026, 10, 1)})  # noqa: DTZ001  # any clock time will do


def test_a_result_with_the_runs_own_id_is_refused(run_folder: Path) -> None:
    with pytest.raises(RunError, match="own id or folder"):
        RunFolder.from_environment().write_result({"from": f"{run_folder}/figures.json"})


def test_the_budget_plan_is_frozen_beside_the_result(lake: Settings, run_folder: Path) -> None:
    assert open_run("budgets").budget_plan() == []
    line = '- {name: all, scope_type: team, scope_value: x, amount: "100.00", currency: USD}'
    lake.budget_plan.write_text(f"budgets:\n  {line}\n")
    [budget] = open_run("budgets").budget_plan()
    assert (budget.amount, budget.currency, budget.scope) == (Decimal("100.00"), "USD", "team = 'x'")
    [frozen] = json.loads((run_folder / "inputs" / "budgets.json").read_text())["budgets"]
    assert (frozen["amount"], frozen["scope"]) == ("100.00", "team = 'x'")


def test_the_costs_of_scopes_are_fetched_at_once_and_remembered(lake: Settings, run_folder: Path) -> None:
    line = '{name: %s, scope: "%s", amount: "100", currency: USD, parent: "%s"}'
    lines = [line % ("all", "all", ""), line % ("x", "tag['team'] = 'x' or service like '*'", "all")]
    lake.budget_plan.write_text("budgets:\n" + "".join(f"  - {each}\n" for each in lines))
    run = open_run("budgets")
    plan = run.budget_plan()
    costs = run.scoped_costs(plan)
    # 18 complete days of 10 in either scope
    totals = costs.days.group_by("scope").agg(pl.col("effective_cost").sum())
    assert dict(totals.iter_rows()) == {budget.scope: Decimal(180) for budget in plan}
    assert set(costs.movers.get_column("scope")) == {budget.scope for budget in plan}
    figures = {figure["name"]: figure for figure in json.loads((run_folder / "figures.json").read_text())}
    assert figures["budgets_scope_days"]["parameters"]["scopes"] == sorted(budget.scope for budget in plan)
    assert "member_cost" in figures["budgets_scope_movers"]["sql"]


def test_without_a_lake_scopes_cost_nothing(settings: Settings) -> None:
    run = open_run("budgets")
    budget = Budget("all", "all", "expression", "all", Decimal(1), "USD")
    assert run.scoped_costs([budget]).days.is_empty()
    assert run.scoped_costs([]).movers.is_empty()


def test_a_page_on_marts_of_an_older_load_says_so(lake: Settings, run_folder: Path, write_bill: WriteBill) -> None:
    ingest(lake, [write_bill("more.csv", [{"BilledCost": "150"}])], source="payer")
    run = open_run("overview")
    assert any("finops build" in notice.text for notice in run.context.notices)
    checks = json.loads((run_folder / "checks.json").read_text(encoding="utf-8"))
    assert {check["name"]: check["ok"] for check in checks}["the marts are of the current loads"] is False
