"""`finops alerts` as a person or a script meets it, and what `finops doctor` says of it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from finops_lib.analyses.alerts.decide import Decision
from finops_lib.runs import alerts, clock
from finops_lib.runs.doctor import examine
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings, load_settings
from tests.analyses.alert_histories import History
from tests.delivery.letters import Receiver
from tests.stand_in import Fault

HOSTILE = "=cmd|'/C calc'!A0\x1b[31m\n<!channel>"


def finops(*words: str) -> subprocess.CompletedProcess[str]:
    code = "from finops_lib.cli import main; main()"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)


@pytest.fixture
def chat(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A chat that is configured, and one alert of a budget with a hostile name that waits for it."""
    with Receiver() as receiver:
        monkeypatch.setenv("CHAT_ADDRESS", f"{receiver.url}/hook-secret-1")
        settings.params.mkdir(parents=True, exist_ok=True)
        channel = "{kind: slack, options: {url: env:CHAT_ADDRESS, timeout_s: 0.5}}"
        settings.workbench_file.write_text(f"channels: {{chat: {channel}}}\n", encoding="utf-8")
        [event] = History().look(actual=51).events
        with opened_state(settings) as state:
            # A period that ends after every clock this runs by.
            lasting = {**event.facts, "period_end": "9000-01-01"}
            decision = Decision((replace(event, subject=HOSTILE, facts=lasting),))
            alerts.record_decision(load_settings(), state, decision, now=clock.now())
        yield receiver


def test_an_alert_is_listed_delivered_acknowledged_and_resolved(chat: Receiver) -> None:
    [row] = json.loads(finops("alerts", "list", "--open", "--format", "json").stdout)
    assert (row["subject"], row["kind"], row["threshold"], row["state"]) == (HOSTILE, "actual", "50", "firing")
    done = finops("alerts", "deliver")
    assert (done.returncode, done.stdout) == (0, "1 sent, 0 to be tried again, 0 dead letters\n")
    noted = finops("alerts", "acknowledge", row["event_id"][:6], "--note", "known")
    assert (noted.returncode, row["event_id"] in noted.stdout) == (0, True)
    twice = finops("alerts", "acknowledge", row["event_id"])
    assert (twice.returncode, "was acknowledged on" in twice.stderr) == (2, True)
    assert finops("alerts", "resolve", row["event_id"]).returncode == 0
    assert finops("alerts", "list", "--open").stdout == "No alert is open.\n"
    assert finops("alerts", "deliver").stdout.startswith("1 sent")
    assert ["Resolved" in request.body["text"] for request in chat.requests] == [False, True]


def test_a_name_that_is_hostile_stays_harmless_in_lists(chat: Receiver) -> None:
    assert "\x1b" not in finops("alerts", "list").stdout
    assert "'=cmd" in finops("alerts", "list", "--format", "csv").stdout


def test_a_channel_that_does_not_take_it_is_exit_code_4_and_seen_by_the_doctor(chat: Receiver) -> None:
    chat.faults = {"/": [Fault(400, "invalid_payload")]}
    done = finops("alerts", "deliver")
    assert (done.returncode, done.stdout) == (4, "0 sent, 0 to be tried again, 1 dead letter\n")
    assert done.stderr == "finops: chat: Slack answered 400: invalid_payload\n"
    [dead] = json.loads(finops("alerts", "outbox", "--format", "json").stdout)
    assert (dead["standing"], dead["channel"], dead["attempts"]) == ("dead", "chat", 1)
    [outbox] = [check for check in examine() if check.check == "outbox"]
    assert (outbox.ok, outbox.message) == (
        False,
        "1 dead letter; the newest, for chat: Slack answered 400: invalid_payload",
    )
    assert outbox.next_step.endswith(f"finops alerts retry {dead['message_id']}")
    assert finops("alerts", "retry", dead["message_id"]).returncode == 0
    assert finops("alerts", "deliver").returncode == 0


def test_a_test_message_is_sent_at_once(chat: Receiver) -> None:
    assert finops("alerts", "test", "chat").returncode == 0
    assert chat.requests[0].body["text"].endswith("Test of the FinOps workbench")
    missing = finops("alerts", "test", "chatt")
    assert (missing.returncode, "did you mean 'chat'?" in missing.stderr) == (2, True)


def test_a_channel_that_cannot_be_reached_is_seen_by_the_doctor(
    chat: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = {check.check: check for check in examine()}
    assert (checks["channels"].ok, checks["channels"].message) == (True, "chat can be reached")
    assert checks["outbox"].message == "1 message not sent yet, no dead letter"
    monkeypatch.delenv("CHAT_ADDRESS")
    lost = {check.check: check for check in examine()}["channels"]
    assert (lost.ok, lost.message) == (False, "chat: env:CHAT_ADDRESS: the variable is not set")
