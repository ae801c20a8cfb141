"""From decision to reader: what fails is sent once it can be, nothing twice, and no process takes a message with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from finops_lib.analyses.alerts.decide import Decision, event_id
from finops_lib.delivery import REPEAT
from finops_lib.delivery.outbox import Delivered
from finops_lib.errors import ConfigError
from finops_lib.messages import AlertEvent
from finops_lib.runs import alert_outbox, alerts, clock
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings, load_settings
from finops_lib.state.outbox import PERHAPS_TWICE, list_outbox
from tests.analyses.alert_histories import History
from tests.conftest import PROJECT
from tests.delivery.letters import Receiver
from tests.delivery.relay import relay
from tests.stand_in import Fault, Request

SECRET = "T0-B0-hook-secret"
WORKBENCH = """
channels:
  chat: {{kind: slack, options: {{url: env:CHAT_ADDRESS, timeout_s: 0.5}}}}
  pager: {{kind: pagerduty, options: {{routing_key: env:PAGER_KEY, base_url: "{url}", timeout_s: 0.5}}}}
  post:
    kind: mail
    options: {{host: 127.0.0.1, port: {port}, tls: none, sender: finops@example.org, timeout_s: 0.5}}
routes:
  default: {{50: [chat], 80: ["post:owner"], 100: [chat, "post:owner"], 120: [pager]}}
"""


@dataclass
class Office:
    """A workbench with a chat, a pager and a mail relay of its own, and a clock that the test winds.

    Attributes:
        slept: what the sender waited, in seconds.
    """

    settings: Settings
    receiver: Receiver
    now: datetime
    slept: float = 0.0

    def tell(self, *events: AlertEvent) -> None:
        """Decide that these events are to be told."""
        with opened_state(self.settings) as state:
            alerts.record_decision(self.settings, state, Decision(tuple(events)), now=self.now)

    def deliver(self, *, after: timedelta = timedelta(0)) -> Delivered:
        """Send what is due, some time later."""
        self.now += after
        with opened_state(self.settings) as state:
            return alert_outbox.deliver_waiting(self.settings, state, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.now += timedelta(seconds=seconds)

    def standings(self) -> Counter[str]:
        with opened_state(self.settings) as state:
            return Counter(one.standing for one in list_outbox(state))

    def taken(self) -> Counter[str]:
        """Count how often the chat took each message: those that were answered with success."""
        return Counter(request.headers["idempotency-key"] for request in self.receiver.taken)


class Counting(Receiver):
    """A receiver that remembers what it said yes to."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[Request] = []

    def answer(self, request: Request) -> dict[str, Any]:
        self.taken.append(request)
        return dict(super().answer(request))


@pytest.fixture
def office(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office whose mail goes to nobody; tests of mail name a relay."""
    with Counting() as receiver:
        monkeypatch.setenv("CHAT_ADDRESS", f"{receiver.url}/{SECRET}")
        monkeypatch.setenv("PAGER_KEY", "p" * 32)
        office = Office(set_up(settings, receiver.url, 9), receiver, datetime(2026, 10, 3, 12, tzinfo=UTC))
        monkeypatch.setattr(clock, "now", lambda: office.now)
        yield office


def set_up(settings: Settings, url: str, port: int) -> Settings:
    settings.params.mkdir(parents=True, exist_ok=True)
    settings.workbench_file.write_text(WORKBENCH.format(url=url, port=port), encoding="utf-8")
    return load_settings()


def events(count: int, *, threshold: int = 50) -> list[AlertEvent]:
    """Give so many events, each of a budget of its own."""
    [event] = History().look(actual=threshold).events
    made = [replace(event, subject=f"budget {number}", facts={**event.facts, "also": []}) for number in range(count)]
    return [replace(one, event_id=event_id(one.subject, one.period_start, one.kind, one.threshold, 1)) for one in made]


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


def test_a_secret_that_a_provider_repeats_reaches_no_reader_and_no_answer_of_a_relay_brings_one(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = 'pr0vider/pass"word-4711'
    monkeypatch.setenv("BILLING_API_KEY", password)
    told = [
        replace(one, facts={**one.facts, "reason": f"the provider said: {password} is not valid"})
        for level in (50, 80, 120)
        for one in events(2, threshold=level)
    ]
    told = [replace(one, event_id=f"{place}{one.event_id}"[:32]) for place, one in enumerate(told)]
    with relay() as taken:
        office.settings = set_up(office.settings, office.receiver.url, taken.port)
        taken.rcpt = [f"550 5.7.1 {password} is not allowed"]
        office.tell(*told)
        done = office.deliver()
    bodies = [json.dumps(request.body) for request in office.receiver.taken]
    mails = [text for mail in taken.mails for text in texts_of(mail)]
    assert (len(bodies), len(mails)) == (4, 2)
    assert all("the provider said: [secret] is not valid" in text for text in [*bodies, *mails])
    assert not any(
        form in text for text in [*bodies, *mails] for form in (password, json.dumps(password)[1:-1], "4711")
    )
    assert done.errors == {"post": "127.0.0.1 answered 550: 5.7.1 [secret] is not allowed"}
    rows = alert_outbox.listed_outbox(office.settings, limit=9)
    assert [row["last_error"] for row in rows if row["last_error"]] == list(done.errors.values())


def test_a_relay_that_greylists_rejects_and_hangs_gets_each_mail_once(office: Office) -> None:
    with relay() as taken:
        office.settings = set_up(office.settings, office.receiver.url, taken.port)
        taken.rcpt = ["451 4.7.1 greylisted"]
        taken.data = ["452 4.3.1 no room"]
        office.tell(*events(3, threshold=80))
        assert office.deliver().failed == 2
        assert office.deliver(after=timedelta(minutes=2)).sent == 2
    assert office.standings() == {"sent": 3}
    assert len({mail["Message-ID"] for mail in taken.mails}) == len(taken.mails) == 3


def test_a_mail_whose_receipt_was_lost_comes_again_under_its_own_id(office: Office) -> None:
    with relay() as taken:
        office.settings = set_up(office.settings, office.receiver.url, taken.port)
        taken.data = ["drop"]
        office.tell(*events(2, threshold=80))
        office.deliver()
        assert office.deliver(after=timedelta(minutes=2)).sent == 1
        # One lost answer makes one repeat.
        assert office.deliver(after=timedelta(days=1)) == Delivered()
    assert_one_mail_came_twice_and_says_so(office, taken.mails)


def assert_one_mail_came_twice_and_says_so(office: Office, mails: list[EmailMessage]) -> None:
    """Of two mails: in the wire's three the first one stands twice, under one id, the second time as a repeat."""
    times = Counter(mail["Message-ID"] for mail in mails)
    assert sorted(times.values()) == [1, 2]
    said = [(times[mail["Message-ID"]], [REPEAT in text for text in texts_of(mail)]) for mail in mails]
    assert sorted(said) == [(1, [False] * 2), (2, [False] * 2), (2, [True] * 2)]
    rows = alert_outbox.listed_outbox(office.settings, limit=9)
    assert {row["standing"] for row in rows} == {"sent"}
    assert {row["provider_ref"]: row["last_error"] for row in rows} == {
        reference: PERHAPS_TWICE if count == 2 else "" for reference, count in times.items()
    }


def texts_of(mail: EmailMessage) -> list[str]:
    """Give what a reader sees: the text part and the page."""
    return [part.get_content() for kind in ("plain", "html") if (part := mail.get_body((kind,))) is not None]


def test_what_never_got_an_answer_is_a_dead_letter_that_says_it_may_have_arrived(office: Office) -> None:
    with relay() as taken:
        office.settings = set_up(office.settings, office.receiver.url, taken.port)
        taken.data, taken.hang_s = ["drop"] * 5, 0
        office.tell(*events(1, threshold=80))
        for _ in range(5):
            office.deliver(after=timedelta(hours=3))
    [row] = alert_outbox.listed_outbox(office.settings, limit=9)
    assert (row["standing"], row["attempts"]) == ("dead", 5)
    assert row["last_error"].endswith("gave no answer (SMTPServerDisconnected); it may have arrived all the same")
    assert {mail["Message-ID"] for mail in taken.mails} == {taken.mails[0]["Message-ID"]}


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


Finops = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def finops(office: Office) -> Finops:
    """Start the command line as a process of its own; its clock is the real one."""
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}

    def start(*words: str) -> subprocess.Popen[str]:
        # Its clock is the real one, by which everything of 2026-10-03 is due.
        command = [sys.executable, "-c", "from finops_lib.cli import main; main()", *words]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=PROJECT
        )

    return start


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


@pytest.mark.slow
def test_a_sender_that_is_killed_after_its_mail_is_out_sends_it_once_more_and_says_so(
    office: Office, finops: Finops
) -> None:
    with relay() as taken:
        office.settings = set_up(office.settings, office.receiver.url, taken.port)
        patient = office.settings.workbench_file.read_text(encoding="utf-8").replace("timeout_s: 0.5", "timeout_s: 30")
        office.settings.workbench_file.write_text(patient, encoding="utf-8")
        taken.data, taken.hang_s = ["hang"], 30
        office.tell(*events(2, threshold=80))
        sender = finops("alerts", "deliver")
        # The relay has the whole mail and has not answered.
        wait_until(lambda: bool(taken.mails), sender)
        sender.send_signal(signal.SIGKILL)
        sender.communicate()
        taken.woken.set()
        assert office.deliver().sent == 2
    assert_one_mail_came_twice_and_says_so(office, taken.mails)


KILLED_BEFORE_IT_SENDS = """
import os, signal, sys
from finops_lib.analyses.alerts.decide import Decision
from finops_lib.runs import alerts, clock
from finops_lib.runs.opened import opened_state
from finops_lib.settings import load_settings
from tests.runs.test_alert_outbox import events
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


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
