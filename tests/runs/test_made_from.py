"""From what one run was made from to what another was: which steps, and what each of them reads."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from finops_lib.runs.made_from import MadeRun, gather_inputs, steps_between

CODE = {"notebook_hash": "n", "code_hash": "c", "versions": {"duckdb": "1"}}
OLD = {**CODE, "code_hash": "old"}


@pytest.fixture
def before(tmp_path: Path) -> MadeRun:
    return _made(tmp_path, "before", budgets=100, history=["one"])


def _made(place: Path, name: str, *, budgets: int, history: list[str], currency: str = "USD") -> MadeRun:
    inputs = place / name / "inputs"
    inputs.mkdir(parents=True)
    told = {"budgets": [{"amount": budgets}], "changes": [], "history": history, "notice": name}
    (inputs / "budgets.json").write_text(json.dumps(told), encoding="utf-8")
    (inputs / "workbench.yaml").write_text(f"currency: {currency}\n", encoding="utf-8")
    (inputs / "anomalies.json").write_text(json.dumps(history), encoding="utf-8")
    return MadeRun(
        run_id=name,
        notebook="story",
        as_of="2026-11-25",
        snapshot=3,
        parameters={"as_of": "", "share": 1},
        started_at="2026-11-26T06:00:00+00:00",
        code=CODE,
        folder=place / name,
    )


def _causes(before: MadeRun, after: MadeRun, code: dict[str, object] = CODE) -> list[str]:
    return [cause for cause, _ in steps_between(before, after, code)]


def test_equal_runs_are_no_step_apart(before: MadeRun) -> None:
    assert _causes(before, replace(before, run_id="again", started_at="2026-11-26T07:00:00+00:00")) == []


def test_the_usual_morning_is_a_restatement_and_a_new_day(before: MadeRun, tmp_path: Path) -> None:
    after = replace(_made(tmp_path, "after", budgets=100, history=["one", "two"]), snapshot=5, as_of="2026-11-26")
    (restated, old_day), (new_days, end) = steps_between(before, after, CODE)
    assert (restated, old_day.snapshot, old_day.day) == ("restated", 5, "2026-11-25")
    assert (new_days, end.snapshot, end.day) == ("new_days", 5, "2026-11-26")
    # What was measured and told comes with the days.
    assert (old_day.records, end.records) == (before.folder / "inputs", after.folder / "inputs")


def test_every_factor_is_a_step_in_its_order(before: MadeRun, tmp_path: Path) -> None:
    after = replace(
        _made(tmp_path, "after", budgets=120, history=["two"], currency="EUR"),
        snapshot=5,
        as_of="2026-11-26",
        parameters={"as_of": "2026-11-26", "share": 2},
    )
    order = ["restated", "new_days", "parameters", "rules"]
    assert _causes(before, after) == order
    assert _causes(replace(before, code=OLD), after) == ["code", *order]
    # Neither was made by the code that is here now: it comes first and goes last.
    newest = {**CODE, "code_hash": "newest"}
    assert _causes(replace(before, code=OLD), after, newest) == ["code", *order, "code"]


def test_one_cause_alone_needs_no_replay_whatever_the_code_is_now(before: MadeRun) -> None:
    after = replace(before, as_of="2026-11-26")
    assert _causes(before, after, {**CODE, "code_hash": "newest"}) == ["new_days"]
    assert _causes(before, replace(before, code=OLD), CODE) == ["code"]


def test_without_a_day_of_its_own_a_page_has_nothing_that_could_be_restated(before: MadeRun) -> None:
    after = replace(before, snapshot=5, as_of="2026-11-26")
    assert _causes(replace(before, snapshot=None, as_of=""), after) == ["new_days"]


def test_a_replay_reads_the_rules_of_one_run_and_the_records_of_the_other(before: MadeRun, tmp_path: Path) -> None:
    after = replace(_made(tmp_path, "after", budgets=120, history=["two"], currency="EUR"), as_of="2026-11-26")
    (_, new_days), (_, rules) = steps_between(before, after, CODE)
    for configuration, amount, currency in ((new_days, 100, "USD"), (rules, 120, "EUR")):
        folder = tmp_path / currency
        gather_inputs(configuration, folder)
        kept = json.loads((folder / "budgets.json").read_text(encoding="utf-8"))
        assert (kept["budgets"], kept["history"]) == ([{"amount": amount}], ["two"])
        assert (folder / "workbench.yaml").read_text(encoding="utf-8") == f"currency: {currency}\n"
        assert json.loads((folder / "anomalies.json").read_text(encoding="utf-8")) == ["two"]
