"""`finops anomalies` as a person or a script meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest

from finops_lib.runs import clock
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings
from finops_lib.state.anomalies import record_anomalies
from finops_lib.state.evaluation import Decision
from tests.analyses.anomalies.judgements import anomaly

FIELDS = [
    "anomaly_id",
    "provider",
    "account",
    "service",
    "scope",
    "start",
    "end",
    "status",
    "expected",
    "actual",
    "impact",
    "currency",
    "deviation_pct",
    "methods",
    "confidence",
    "causes",
]


def finops(*words: str) -> subprocess.CompletedProcess[str]:
    code = "from finops_lib.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "anomalies", *words], capture_output=True, text=True, check=False
    )


@pytest.fixture
def known(settings: Settings) -> Settings:
    """Two anomalies that a run has found."""
    hostile = "=cmd|'/C calc'!A0\x1b[31m"
    large = replace(anomaly(impact=300.5, actual=600.5), anomaly_id="abc123", cause="db-1 in eu: up 100 USD a day")
    small = replace(anomaly(impact=-20.0, scope=hostile, service=hostile), anomaly_id="def456")
    with opened_state(settings) as state:
        record_anomalies(state, [small, large], [], decide=lambda *_: Decision(), at=clock.now(), who="cron")
    return settings


def rows(*words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(finops("list", *words, "--format", "json").stdout)
    return found


def test_scripts_get_the_promised_fields_money_as_text_and_the_largest_first(known: Settings) -> None:
    listed = rows()
    assert [list(row)[: len(FIELDS)] for row in listed] == [FIELDS, FIELDS]
    first = listed[0]
    assert (first["anomaly_id"], first["impact"], first["actual"]) == ("abc123", "300.500000", "600.500000")
    assert (first["start"], first["end"], first["status"]) == ("2026-06-10", "2026-06-12", "open")
    assert (first["methods"], first["causes"]) == (["workbench"], ["db-1 in eu: up 100 USD a day"])
    assert (first["confidence"], first["deviation_pct"]) == (0.9, 100.0)
    assert len(rows("--limit", "1")) == 1
    assert "\x1b" not in finops("list").stdout
    assert "'=cmd" in finops("list", "--format", "csv").stdout


def test_an_anomaly_lives_from_open_to_resolved_and_back(known: Settings) -> None:
    assert finops("acknowledge", "abc", "--note", "looking").stdout == "abc123  aws/1/A  acknowledged\n"
    refused = finops("resolve", "abc")
    assert (refused.returncode, refused.stderr[:26]) == (2, "finops: --cause is empty; ")
    assert finops("resolve", "abc", "--cause", "a load test", "--note", "stopped").returncode == 0
    assert [row["anomaly_id"] for row in rows("--open")] == ["def456"]
    shown = finops("show", "abc").stdout
    for word in ("resolved", "a load test", "stopped", "acknowledged", "looking", "found"):
        assert word in shown
    [full] = json.loads(finops("show", "abc", "--format", "json").stdout)
    assert [event["action"] for event in full["history"]] == ["found", "acknowledged", "resolved"]
    again = finops("expected", "abc")
    assert (again.returncode, "is resolved already; next: finops anomalies reopen abc123" in again.stderr) == (2, True)
    assert finops("reopen", "abc").returncode == 0
    assert finops("resolve", "abc", "--false-positive").stdout.endswith("false positive\n")


def test_what_was_expected_or_announced_is_listed_as_planned(known: Settings) -> None:
    assert finops("plan").stdout == "No change is announced.\n"
    assert finops("expected", "abc", "--note", "the sale").returncode == 0
    assert finops("plan", "aws/1/*", "2026-07-01", "--note", "moves").returncode == 0
    planned = json.loads(finops("plan", "--format", "json").stdout)
    assert [(row["node"], row["day"], row["note"], row["anomaly_id"]) for row in planned] == [
        ("aws/1/*", "2026-07-01", "moves", ""),
        ("aws/1/A", date(2026, 6, 10).isoformat(), "the sale", "abc123"),
    ]
    for words in (("aws/1/*",), ("aws/1/*", "soon"), ("Compute", "2026-07-01")):
        assert finops("plan", *words).returncode == 2


def test_without_a_lake_one_line_says_what_to_do(settings: Settings) -> None:
    done = finops("detect")
    assert (done.returncode, done.stderr.count("\n"), "finops ingest" in done.stderr) == (2, 1, True)
    assert finops("list", "--open").stdout == "No anomaly is open.\n"
    assert finops("show", "abc").returncode == 2
