"""A page reads what is written down of anomalies, and keeps it: made again, it says the same."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from finops_lib.runs.anomaly_inputs import INPUT, AnomalyInputs, anomaly_inputs
from finops_lib.runs.folder import RunFolder
from finops_lib.runs.handover import RERUN_OF
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings
from finops_lib.state.anomalies import record_anomalies
from finops_lib.state.anomaly_words import acknowledge_anomaly, resolve_anomaly
from finops_lib.state.evaluation import Decision
from tests.analyses.anomalies.judgements import anomaly

NOON = datetime(2026, 6, 20, 12, tzinfo=UTC)
EURO = replace(anomaly(impact=0.1 + 0.2, currency="EUR"), anomaly_id="abc1")
TEAM = replace(anomaly(impact=9.0), anomaly_id="abd2", scope="aws/team=web", level="team", account="", service="")


@pytest.fixture
def recorded(settings: Settings) -> Settings:
    """Two anomalies; one was acknowledged six hours after it was found, and explained later."""
    with opened_state(settings) as state:
        record_anomalies(state, [EURO, TEAM], [], decide=lambda *_: Decision(), at=NOON, who="cron")
        later = NOON + timedelta(hours=6)
        acknowledge_anomaly(state, "abc1", at=later, who="ann", messages=lambda _: ())
        resolve_anomaly(state, "abc1", cause="a test", at=later + timedelta(days=1), who="ann", messages=lambda _: ())
    return settings


def folder(tmp_path: Path) -> RunFolder:
    (tmp_path / "run").mkdir(exist_ok=True)
    return RunFolder(path=tmp_path / "run", run_id="r1")


def test_where_nothing_was_ever_found_no_state_is_made_by_looking(settings: Settings, tmp_path: Path) -> None:
    assert anomaly_inputs(settings, folder(tmp_path)) == AnomalyInputs()
    assert not (settings.lake.folder / "state.sqlite").exists()


def test_every_level_and_status_is_read_with_the_time_to_the_first_word(recorded: Settings, tmp_path: Path) -> None:
    found = anomaly_inputs(recorded, folder(tmp_path))
    assert [(one.anomaly_id, one.level, one.status) for one in found.anomalies] == [
        ("abd2", "team", "open"),
        ("abc1", "service", "resolved"),
    ]
    assert found.waited_hours == {"abc1": 6.0}


def test_the_page_of_an_anomaly_is_in_its_currency(recorded: Settings, tmp_path: Path) -> None:
    found = anomaly_inputs(recorded, folder(tmp_path))
    # "ab" is one in EUR and one in USD, "ff" is none.
    assert [found.currency_of(name) for name in ("abc", "abd2", "ab", "ff", "")] == ["EUR", "USD", "", "", ""]


def test_a_rerun_reads_what_the_first_run_kept_to_the_last_digit(
    recorded: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = anomaly_inputs(recorded, folder(tmp_path))
    kept = tmp_path / "run" / "inputs"
    assert {one["anomaly_id"] for one in json.loads((kept / INPUT).read_text())["anomalies"]} == {"abc1", "abd2"}
    with opened_state(recorded) as state:
        resolve_anomaly(state, "abd2", cause="known", at=NOON, who="ann", messages=lambda _: ())
    monkeypatch.setenv(RERUN_OF, "r1")
    again = anomaly_inputs(recorded.model_copy(update={"params": kept}), folder(tmp_path))
    assert again == first
    # The result of an older run, which kept nothing, was made of what a method finds.
    older = recorded.model_copy(update={"params": tmp_path})
    assert anomaly_inputs(older, folder(tmp_path)) == AnomalyInputs()
