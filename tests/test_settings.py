"""Configuration is strict: what is not known is named, with its place."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError
from finops_lib.lake.place import Place
from finops_lib.settings import Settings, load_budget_plan, load_settings
from finops_lib.yaml_text import read_yaml
from tests.conftest import PROJECT


def _workbench(settings: Settings, text: str) -> None:
    settings.params.mkdir(exist_ok=True)
    (settings.params / "workbench.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("curency: USD", "curency: unknown key"),
        ("currency: dollar", "currency"),
        ("allocation: {dimensions: {squad: {keys: [x]}}}", "unknown dimension 'squad'"),
        ("allocation: {dimensions: {team: {key: [x]}}}", r"allocation\.dimensions\.team\.key: unknown key"),
        ("sources: [{name: 'a b', provider: aws, path: x}]", r"sources\.0\.name"),
        ("- a\n- b", "holds something else than `key: value` lines"),
        ("a: [", "not a readable YAML file: line 1: "),
        ("currency: USD\ncurrency: EUR", "line 2: currency is given twice"),
        ("allocation: {dimensions: {team: {keys: [x], keys: [y]}}}", "keys is given twice"),
    ],
)
def test_a_wrong_workbench_file_names_the_place(settings: Settings, text: str, message: str) -> None:
    _workbench(settings, text)
    with pytest.raises(ConfigError, match=message) as caught:
        load_settings()
    assert "workbench.yaml" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"), [("FINOPS_MEMORY_LIMIT", "lots"), ("FINOPS_THREADS", "0"), ("FINOPS_THREADS", "two")]
)
def test_a_wrong_variable_is_named(settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=name):
        load_settings()


def test_without_variables_everything_is_in_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PROJECT", "LAKE", "CATALOG", "STATE", "OUTPUTS", "PARAMS", "THREADS", "MEMORY_LIMIT"):
        monkeypatch.delenv(f"FINOPS_{name}", raising=False)
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert (settings.lake, settings.outputs, settings.params) == (
        Place.of(tmp_path / "lake"),
        tmp_path / "outputs",
        tmp_path / "params",
    )
    assert settings.state_url == f"sqlite:///{tmp_path / 'lake' / 'state.sqlite'}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{name: a, scope_type: team, scope_value: x, amount: 100, currency: USD}", "amount"),
        ("{name: a, scope_type: galaxy, scope_value: x, amount: '1', currency: USD}", "scope_type"),
        ("{name: a, scope_type: team, scope_value: x, amount: '1,5', currency: USD}", "amount"),
    ],
)
def test_a_wrong_budget_names_its_key(tmp_path: Path, line: str, message: str) -> None:
    plan = tmp_path / "budget_plan.yaml"
    plan.write_text(f"budgets:\n  - {line}\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"budgets\.0\.{message}"):
        load_budget_plan(plan)


def test_two_budgets_of_one_name_are_refused(tmp_path: Path) -> None:
    plan = tmp_path / "budget_plan.yaml"
    budget = "  - {name: a, scope_type: team, scope_value: x, amount: '1', currency: USD}\n"
    plan.write_text("budgets:\n" + budget * 2, encoding="utf-8")
    with pytest.raises(ConfigError, match="two budgets are called 'a'"):
        load_budget_plan(plan)


def test_a_budget_plan_with_a_key_twice_is_refused(tmp_path: Path) -> None:
    plan = tmp_path / "budget_plan.yaml"
    plan.write_text("budgets: []\nbudgets: []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="line 2: budgets is given twice"):
        load_budget_plan(plan)


@pytest.mark.parametrize(
    "text",
    [
        "api_token: [xoxb-1234567890",
        "api_token: *xoxb-1234567890",
        "api_token: !xoxb-1234567890",
        "api_token: !<xoxb-1234567890",
        "api_token: !x!xoxb-1234567890 1",
        "api_token: &a xoxb-1234567890\nb: &a 1\nc: %",
        "api_token: 'xoxb-1234567890",
        "api_token: xoxb-1234567890",
        "api_token: xoxb-1234567890: 1",
        "sources: {name: xoxb-1234567890}",
    ],
)
def test_an_error_never_shows_what_may_be_a_secret(settings: Settings, text: str) -> None:
    _workbench(settings, text)
    with pytest.raises(ConfigError, match=r"workbench\.yaml") as caught:
        load_settings()
    assert "xoxb" not in str(caught.value)


def test_a_merged_block_may_change_a_key(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("a: &a {x: 1, y: 2}\nb: &b {<<: *a, x: 3}\nc: {<<: *b, y: 4}\n", encoding="utf-8")
    assert read_yaml(path) == {"a": {"x": 1, "y": 2}, "b": {"x": 3, "y": 2}, "c": {"x": 3, "y": 4}}


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("FINOPS_LAKE", "gs://user:hunter22@bucket/lake", "FINOPS_LAKE is a URL that cannot hold a lake"),
        ("FINOPS_LAKE", "s3://user:hunter22@bucket/lake", "FINOPS_LAKE is on S3, .*set FINOPS_CATALOG"),
        ("FINOPS_CATALOG", "mysql://user:hunter22@db/lake", "FINOPS_CATALOG is not a PostgreSQL URL"),
    ],
)
def test_a_place_that_cannot_hold_a_lake_is_refused_without_its_password(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, name: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=problem) as caught:
        load_settings()
    assert "hunter22" not in str(caught.value)


def test_a_lake_on_s3_needs_a_state_of_its_own(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_LAKE", "s3://bucket/lake/")
    monkeypatch.setenv("FINOPS_CATALOG", "postgresql://user:hunter22@db/lake")
    with pytest.raises(ConfigError, match="FINOPS_STATE is not set"):
        load_settings()
    monkeypatch.setenv("FINOPS_STATE", "postgresql://user@db/state")
    assert load_settings().lake == Place("s3://bucket/lake", "postgresql://user:hunter22@db/lake")
    assert str(load_settings().lake) == "s3://bucket/lake (catalog db/lake)"


def test_an_empty_catalog_variable_is_none(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_CATALOG", "")
    assert load_settings() == settings


def test_the_files_of_the_project_itself_are_right(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINOPS_PARAMS", str(PROJECT / "params"))
    own = load_settings()
    assert own.workbench.allocation.dimensions.keys() >= {"team", "environment", "project"}
    assert load_budget_plan(own.budget_plan) == []


def test_the_lock_is_hashed_names_no_address_and_leaves_the_slow_package_out() -> None:
    lock = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9][a-z0-9._-]*(?:\[[a-z,]+\])?)==", lock, re.MULTILINE)
    assert len(pins) > 100
    assert "rfc3987-syntax" not in pins
    assert "://" not in lock
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)
    assert all("--hash=sha256:" in block for block in blocks if "==" in block)
