"""What probes and Prometheus read."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from finops_lib.errors import ConfigError, RunError
from finops_lib.runs.schedule.health import Pulse, check_health, mark_stopped, write_pulse
from finops_lib.state.slots import Slot
from tests.hostile import NAMES

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
FAILED = Slot("collect", NOON, "FAILED", started_at=NOON, finished_at=NOON + timedelta(seconds=90), error="a\nb")
DONE = Slot("collect", NOON - timedelta(hours=6), "SUCCEEDED", finished_at=NOON - timedelta(hours=5))
PULSE = Pulse(
    at=NOON,
    status="running",
    pid=7,
    host="here",
    running=("overview 2026-11-02T06:00Z",),
    waiting={},
    newest={"collect": FAILED},
    succeeded={"collect": DONE},
    ages={'a"ws': timedelta(hours=30)},
)


def test_the_metrics_are_those_of_the_last_look(tmp_path: Path) -> None:
    write_pulse(tmp_path, PULSE)
    metrics = (tmp_path / "metrics.prom").read_text().splitlines()
    values = dict(line.rsplit(" ", 1) for line in metrics if not line.startswith("#"))
    assert float(values['finops_job_last_success_timestamp_seconds{job="collect"}']) == 1793602800.0
    assert values['finops_job_last_duration_seconds{job="collect"}'] == "90.0"
    assert values['finops_job_last_status{job="collect",status="FAILED"}'] == "1.0"
    # 30 h; a name with a quotation mark is written so that it can be read back.
    assert values['finops_source_data_age_seconds{source="a\\"ws"}'] == "108000.0"


# Names that a folder or a cloud may have, but that break a line of text where they are not written as they must be.
ODD = ('a"ws', "back\\slash", "two\nlines", "Köln", "{le=1}", *NAMES.values())


def test_prometheus_finds_nothing_wrong_with_the_metrics(tmp_path: Path) -> None:
    promtool = os.environ.get("FINOPS_PROMTOOL")
    if not promtool:
        pytest.skip("needs promtool of Debian's package prometheus: FINOPS_PROMTOOL=path")
    write_pulse(tmp_path, replace(PULSE, ages={name: timedelta(hours=1) for name in ODD}))
    with (tmp_path / "metrics.prom").open("rb") as metrics:
        done = subprocess.run(
            [promtool, "check", "metrics"], stdin=metrics, capture_output=True, text=True, check=False
        )
    # It says on standard error what it would have otherwise: names, units, help.
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_names_are_read_back_as_they_were(tmp_path: Path) -> None:
    from prometheus_client.parser import text_string_to_metric_families

    write_pulse(tmp_path, replace(PULSE, ages={name: timedelta(hours=1) for name in ODD}))
    # As its bytes: Python would read a carriage return as the end of a line.
    written = (tmp_path / "metrics.prom").read_bytes().decode("utf-8")
    read = {one.name: one for one in text_string_to_metric_families(written)}
    ages = read["finops_source_data_age_seconds"].samples
    assert {sample.labels["source"]: sample.value for sample in ages} == dict.fromkeys(ODD, 3600.0)


def test_the_health_file_says_what_is_not_well(tmp_path: Path) -> None:
    write_pulse(tmp_path, PULSE)
    health = json.loads((tmp_path / "health.json").read_text())
    assert health["jobs"]["collect"] == {
        "last_slot": "2026-11-02T12:00:00+00:00",
        "last_status": "FAILED",
        "last_error": "a\nb",
        "last_success": "2026-11-02T06:00:00+00:00",
    }
    said = check_health(tmp_path, now=NOON + timedelta(seconds=30))
    assert said == "the scheduler (process 7 on here) looked at 12:00:00 UTC; 1 at work; not well: collect"


def test_a_scheduler_that_is_silent_is_not_healthy(tmp_path: Path) -> None:
    write_pulse(tmp_path, PULSE)
    with pytest.raises(RunError, match="silent since 2026-11-02 12:00:00 UTC"):
        check_health(tmp_path, now=NOON + timedelta(minutes=3))


def test_one_that_was_stopped_says_so(tmp_path: Path) -> None:
    write_pulse(tmp_path, PULSE)
    mark_stopped(tmp_path, at=NOON)
    with pytest.raises(RunError, match="was stopped at 2026-11-02 12:00:00 UTC"):
        check_health(tmp_path, now=NOON)


def test_where_none_was_started_there_is_a_next_step(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no scheduler was started here.*finops schedule start"):
        check_health(tmp_path, now=NOON)
