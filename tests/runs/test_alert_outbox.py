"""From decision to reader: what fails is sent once it can be, nothing twice, and no process takes a message with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from finops_lib.delivery import REPEAT
from finops_lib.delivery.outbox import Delivered
from finops_lib.errors import ConfigError
from finops_lib.runs import alert_outbox, alerts
from finops_lib.runs.opened import opened_state
from finops_lib.settings import load_settings
from finops_lib.state.outbox import PERHAPS_TWICE
from tests.conftest import PROJECT
from tests.runs.office import SECRET, Finops, Office, events, set_up, wait_until
from tests.stand_in import Fault


def test_a_chat_that_fails_hangs_and_breaks_off_gets_everything_once_it_recovers(office: Office) -> None:
    office.receiver.faults = {SECRET: [Fault(500), Fault(reset=True), Fault(hang_s=2), Fault(cut=True)]}
    office.tell(*events(3))
    # The first look: 500, reset, hang; three failures in a row and the chat is left alone.
    assert office.deliver() == Delivered(
        failed=3, errors={"chat": "Slack took the message and gave no answer (ReadTimeout)"}
    )
    done = [office.deliver(after=timedelta(minutes=minutes)) for minutes in (2, 10, 40, 150)]
    assert sum(one.sent for one in done) == 3
    assert office.standings() == {"sent": 3}
    assert set(office.taken().values()) == {1}
    repeats = [REPEAT in json.dumps(request.body) for request in office.receiver.taken]
    # Those that were reset and hung, or cut off, may have arrived: the reader is told so. The refused one has not.
    assert 1 <= sum(repeats) <= 3


def test_an_incident_whose_answer_was_lost_is_opened_again_under_its_key(office: Office) -> None:
    office.receiver.faults = {"enqueue": [Fault(cut=True)]}
    office.tell(*events(1, threshold=120))
    assert office.deliver().failed == 1
    assert office.deliver(after=timedelta(minutes=2)).sent == 1
    keys = [request.body["dedup_key"] for request in office.receiver.requests]
    assert keys == ["bgt:budget 0:2026-10-01:actual:120"] * 2
    [row] = alert_outbox.listed_outbox(office.settings, limit=9)
    assert (row["standing"], row["last_error"]) == ("sent", PERHAPS_TWICE)


@pytest.mark.parametrize("seconds", [2, 25])
def test_a_chat_that_asks_for_patience_gets_it_in_the_same_run(office: Office, seconds: int) -> None:
    office.receiver.faults = {SECRET: [Fault(429, "", {"Retry-After": str(seconds)})]}
    office.tell(*events(3))
    assert office.deliver().sent == 3
    assert office.slept >= seconds
    assert set(office.taken().values()) == {1}
    assert len(office.receiver.requests) == 4


def test_a_long_wait_is_left_to_a_later_run_and_uses_up_no_try(office: Office) -> None:
    office.receiver.faults = {SECRET: [Fault(429, "", {"Retry-After": "600"})] * 9}
    office.tell(*events(2))
    for _ in range(9):
        assert office.deliver(after=timedelta(minutes=11)).dead == 0
    assert len(office.receiver.requests) == 9
    assert office.deliver(after=timedelta(minutes=11)).sent == 2


def test_messages_of_one_channel_keep_their_distance(office: Office) -> None:
    office.tell(*events(3))
    office.deliver()
    # A second between each two of three, less what the sending itself takes.
    assert 1.5 < office.slept <= 2


def test_a_channel_that_is_down_is_asked_three_times_and_the_others_are_served(office: Office) -> None:
    office.receiver.faults = {SECRET: [Fault(503)] * 99}
    office.tell(*events(5), *events(2, threshold=120))
    done = office.deliver()
    assert (done.failed, done.sent) == (3, 2)
    assert Counter(request.path for request in office.receiver.requests) == {f"/{SECRET}": 3, "/v2/enqueue": 2}
    assert office.standings() == {"waiting": 5, "sent": 2}


def test_after_five_tries_a_message_is_a_dead_letter_that_a_person_can_send_again(office: Office) -> None:
    office.receiver.faults = {SECRET: [Fault(503, "closed")] * 5}
    office.tell(*events(1))
    waits = []
    for _ in range(5):
        office.deliver()
        [row] = alert_outbox.listed_outbox(office.settings, limit=9)
        if row["next_try"]:
            waits.append((row["next_try"] - office.now).total_seconds() / 60)
            office.now = row["next_try"]
    # 1, 5, 30 and 120 minutes, up to a fifth longer.
    assert [1 <= waits[0] <= 1.2, 5 <= waits[1] <= 6, 30 <= waits[2] <= 36, 120 <= waits[3] <= 144] == [True] * 4
    assert (row["standing"], row["attempts"], row["last_error"]) == ("dead", 5, "Slack answered 503: closed")
    assert office.deliver(after=timedelta(days=9)) == Delivered()
    alert_outbox.retry(office.settings, row["message_id"][:6])
    assert office.deliver().sent == 1


def test_what_a_channel_will_never_take_is_dead_at_once(office: Office) -> None:
    office.receiver.faults = {SECRET: [Fault(400, "invalid_payload")] * 4}
    office.tell(*events(5))
    # Four that are refused say nothing against the chat: the fifth is sent in the same run.
    assert office.deliver() == Delivered(sent=1, dead=4, errors={"chat": "Slack answered 400: invalid_payload"})


def test_a_secret_that_is_missing_keeps_the_message(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.tell(*events(2))
    with monkeypatch.context() as without:
        without.delenv("CHAT_ADDRESS")
        assert office.deliver().errors == {"chat": "env:CHAT_ADDRESS: the variable is not set"}
    assert office.deliver(after=timedelta(minutes=2)).sent == 2


def test_no_secret_is_in_the_state(office: Office) -> None:
    office.receiver.faults = {SECRET: [Fault(403, SECRET), Fault(hang_s=2)], "enqueue": [Fault(400, "p" * 32)]}
    office.tell(*events(2), *events(1, threshold=120))
    office.deliver()
    folder = office.settings.lake.folder
    kept = b"".join(path.read_bytes() for path in folder.glob("state.sqlite*"))
    assert b"budget 0" in kept
    assert SECRET.encode() not in kept
    assert b"p" * 32 not in kept


def test_more_than_five_are_one_message_and_incidents_stay_apart(office: Office) -> None:
    office.tell(*events(7), *events(6, threshold=120))
    office.deliver()
    chats = [request for request in office.receiver.taken if SECRET in request.path]
    assert len(chats) == 1
    assert "7 budget alerts at once" in chats[0].body["text"]
    assert len([request for request in office.receiver.taken if request.path == "/v2/enqueue"]) == 6


def test_an_incident_is_acknowledged_and_resolved_by_hand_after_it_was_opened(office: Office) -> None:
    [event] = events(1, threshold=120)
    office.tell(event)
    alerts.acknowledge(office.settings, event.event_id, note="on it")
    alerts.resolve_by_hand(office.settings, event.event_id, note="")
    office.deliver()
    bodies = [request.body for request in office.receiver.taken]
    assert bodies[0]["event_action"] == "trigger"
    assert sorted(body["event_action"] for body in bodies[1:]) == ["acknowledge", "resolve"]
    assert {body["dedup_key"] for body in bodies} == {"bgt:budget 0:2026-10-01:actual:120"}
    [row] = alerts.listed_events(office.settings, only_open=False)
    assert (row["state"], row["note"], bool(row["acknowledged_by"]), bool(row["resolved_by"])) == (
        "resolved",
        "on it",
        True,
        True,
    )
    assert alerts.listed_events(office.settings, only_open=True) == []


def test_at_the_end_of_the_period_open_incidents_are_closed(office: Office) -> None:
    office.tell(*events(2, threshold=120))
    office.deliver()
    office.now = datetime(2026, 11, 1, 1, tzinfo=UTC)
    for _ in range(2):
        with opened_state(office.settings) as state:
            alerts.close_ended(office.settings, state, now=office.now)
    office.deliver()
    assert Counter(request.body["event_action"] for request in office.receiver.taken) == {"trigger": 2, "resolve": 2}


def test_a_test_message_goes_past_the_outbox(office: Office) -> None:
    alert_outbox.send_test(office.settings, "chat", target="")
    alert_outbox.send_test(office.settings, "pager", target="")
    assert [request.path for request in office.receiver.taken] == [f"/{SECRET}", "/v2/enqueue"]
    # A test opens no incident that somebody would have to close.
    assert office.receiver.taken[1].body["event_action"] == "resolve"
    assert office.standings() == {}
    with pytest.raises(ConfigError, match="channel 'chat' takes no --to"):
        alert_outbox.send_test(office.settings, "chat", target="ann@example.org")


def test_a_channel_that_is_gone_from_the_settings_leaves_a_dead_letter(office: Office) -> None:
    office.tell(*events(1))
    office.settings.workbench_file.write_text("channels: {}\n", encoding="utf-8")
    office.settings = load_settings()
    assert office.deliver().errors == {"chat": "there is no channel 'chat' in params/workbench.yaml"}
    assert office.standings() == {"dead": 1}


@pytest.mark.slow
def test_two_senders_at_once_send_each_message_once(office: Office, finops: Finops) -> None:
    office.tell(*events(24, threshold=120))
    senders = [finops("alerts", "deliver") for _ in range(2)]
    said = [sender.communicate(timeout=60) for sender in senders]
    assert [sender.returncode for sender in senders] == [0, 0], said
    opened = Counter(request.body["dedup_key"] for request in office.receiver.requests)
    assert (len(opened), set(opened.values())) == (24, {1})
    assert office.standings() == {"sent": 24}


@pytest.mark.slow
def test_a_sender_that_is_killed_while_it_sends_loses_nothing(office: Office, finops: Finops) -> None:
    office.receiver.faults = {SECRET: [Fault(hang_s=60)]}
    set_up(office.settings, office.receiver.url, 9)
    patient = office.settings.workbench_file.read_text(encoding="utf-8").replace("timeout_s: 0.5", "timeout_s: 30")
    office.settings.workbench_file.write_text(patient, encoding="utf-8")
    office.tell(*events(3))
    sender = finops("alerts", "deliver")
    wait_until(lambda: bool(office.receiver.requests), sender)
    sender.send_signal(signal.SIGKILL)
    sender.communicate()
    assert office.standings() == {"sending": 3}
    # The next sender sees that the first is gone, and need not wait until its lease is over.
    assert office.deliver().sent == 3
    assert set(office.taken().values()) == {1}
    repeats = [REPEAT in json.dumps(request.body) for request in office.receiver.taken]
    assert sorted(repeats) == [False, False, True]


KILLED_BEFORE_IT_SENDS = """
import os, signal, sys
from finops_lib.analyses.alerts.decide import Decision
from finops_lib.runs import alerts, clock
from finops_lib.runs.opened import opened_state
from finops_lib.settings import load_settings
from tests.runs.office import events
settings = load_settings()
with opened_state(settings) as state:
    alerts.record_decision(settings, state, Decision(tuple(events(3))), now=clock.now())
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
def test_a_run_that_is_killed_between_its_commit_and_the_sending_loses_nothing(office: Office) -> None:
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    done = subprocess.run([sys.executable, "-c", KILLED_BEFORE_IT_SENDS], env=environment, cwd=PROJECT, timeout=60)
    assert done.returncode == -signal.SIGKILL
    assert office.standings() == {"waiting": 3}
    office.now = datetime.now(UTC) + timedelta(seconds=1)
    assert office.deliver().sent == 3
    assert set(office.taken().values()) == {1}
    assert not any(REPEAT in json.dumps(request.body) for request in office.receiver.taken)
