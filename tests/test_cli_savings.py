"""`finops savings` as a person or a script meets it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from finops_lib.runs import clock
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings
from finops_lib.state.recommendations import record_recommendations
from tests.analyses.advice import advice

FIELDS = [
    "recommendation_id",
    "type",
    "provider",
    "account",
    "resource_id",
    "priority",
    "status",
    "current_monthly_cost",
    "projected_monthly_cost",
    "monthly_savings",
    "annual_savings",
    "confidence",
    "currency",
    "action",
    "evidence",
]
TOTALS = ["gross_monthly", "net_monthly", "low", "base", "high", "addressable_monthly", "currency"]
HOSTILE = "=cmd|'/C calc'!A0\x1b[31m"


def finops(*words: str, who: str = "ann") -> subprocess.CompletedProcess[str]:
    code = "from finops_lib.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "savings", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "FINOPS_USER": who},
    )


@pytest.fixture
def known(settings_with_charge: Settings) -> Settings:
    """A lake, and two actions on the machine i-1 beside one on a resource with a hostile name."""
    found = [
        advice("60", step="schedule", type="office-hours", target="office-hours", evidence="silent at night"),
        advice("50", target="m5.large", resource="i-1"),
        advice("7", resource=HOSTILE, owner=HOSTILE, currency="EUR", step="terminate"),
    ]
    with opened_state(settings_with_charge) as state:
        record_recommendations(state, found, as_of=date(2026, 5, 19), at=clock.now(), who="cron")
    return settings_with_charge


def rows(*words: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(finops(*words, "--format", "json").stdout)
    return found


def id_of(type_: str) -> str:
    return next(str(row["recommendation_id"]) for row in rows("list") if row["type"] == type_)


def test_scripts_get_the_promised_fields_and_only_net_savings_add_up(known: Settings) -> None:
    listed = rows("list")
    assert [list(row)[: len(FIELDS)] for row in listed] == [FIELDS] * 3
    first = listed[0]
    assert (first["monthly_savings"], first["annual_savings"], first["projected_monthly_cost"]) == ("60", "720", "40")
    # 60, and half of the 40 that are left
    assert [row["net_monthly_savings"] for row in listed] == ["60", "20.000000", "7"]
    [euros, dollars] = rows("portfolio")
    assert [list(row)[: len(TOTALS)] for row in (euros, dollars)] == [TOTALS] * 2
    assert (dollars["gross_monthly"], dollars["net_monthly"], dollars["addressable_monthly"]) == (
        "110",
        "80.000000",
        "100",
    )
    assert len(rows("list", "--limit", "1")) == 1
    assert "\x1b" not in finops("list").stdout
    assert "'=cmd" in finops("list", "--format", "csv").stdout


def test_a_person_takes_one_from_found_to_implemented(known: Settings) -> None:
    one = id_of("office-hours")
    refused = finops("approve", one, who="cron")
    assert (refused.returncode, "was proposed by cron, who cannot approve it" in refused.stderr) == (2, True)
    assert finops("approve", one[:6]).stdout == f"{one}  office-hours  i-1  approved\n"
    assert finops("schedule", one, "--on", "2999-01-01").stdout.endswith("scheduled\n")
    refused = finops("implement", one)
    assert (refused.returncode, "--reference is empty" in refused.stderr) == (2, True)
    assert finops("implement", one, "--reference", "CHG-1", "--by", "tom", "--on", "2026-05-10").returncode == 0
    [shown] = rows("show", one)
    assert (shown["status"], shown["implemented_by"], shown["reference"]) == ("implemented", "tom", "CHG-1")
    assert [event["action"] for event in shown["history"]] == ["found", "approved", "scheduled", "implemented"]  # type: ignore[attr-defined]
    assert "on 2026-05-10 by tom: CHG-1" in finops("show", one).stdout
    [checked] = rows("verify")
    assert (checked["recommendation_id"], checked["status"], checked["realised_monthly"]) == (one, "implemented", None)
    assert str(checked["note"]).startswith("bills are complete through")


def test_what_is_refused_put_off_or_taken_back_is_listed_by_its_status(known: Settings) -> None:
    one, two = id_of("office-hours"), id_of("rightsize-instance")
    assert finops("reject", one, "--reason", "a standby", "--until", "2999-01-01").returncode == 0
    assert "name a day until" in finops("snooze", two, "--until", "2999-01-01").stderr
    finops("approve", two)
    assert finops("withdraw", two, "--reason", "a freeze").stdout.endswith("withdrawn\n")
    assert [row["recommendation_id"] for row in rows("list", "--status", "rejected")] == [one]
    assert {row["currency"] for row in rows("list", "--open")} == {"EUR"}
    wrong = finops("list", "--status", "dead")
    assert (wrong.returncode, "unknown status 'dead'" in wrong.stderr) == (2, True)


def test_a_policy_is_printed_or_written_for_what_is_approved(known: Settings, tmp_path: Path) -> None:
    one = id_of("rightsize-instance")
    assert "not approved" in finops("export", one, "--as", "custodian").stderr
    finops("approve", one)
    refused = finops("export", one, "--as", "custodian")
    # i-1 is no id that a provider gives; a policy is written for known ones only.
    assert (refused.returncode, "its resource is of no kind" in refused.stderr) == (2, True)
    out = tmp_path / "ticket.md"
    assert finops("export", one, "--as", "markdown", "--output", str(out)).returncode == 0
    assert out.read_text(encoding="utf-8").startswith("## make it smaller: i-1")


def test_claims_and_empty_lists_are_said_in_words(settings: Settings) -> None:
    assert "finops savings find" in finops("list").stdout
    assert "finops savings find" in finops("portfolio").stdout
    assert finops("portfolio", "--claimed").stdout == "Nothing is said to be implemented this year.\n"
    missing = finops("find")
    assert (missing.returncode, "there is no lake" in missing.stderr) == (2, True)


def test_a_search_says_what_it_has_changed(settings_with_charge: Settings) -> None:
    done = finops("find", who="cron")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith("Nothing new through 2026-05-")
    assert "0 found, 0 new" in done.stdout
    assert json.loads(finops("find", "--format", "json").stdout) == []
