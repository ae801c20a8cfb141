"""An office for tests of what is sent: a chat, a pager and a mail relay of its own, and a clock that the test winds."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from finops_lib.analyses.alerts.decide import Decision, event_id
from finops_lib.delivery.outbox import Delivered
from finops_lib.messages import AlertEvent
from finops_lib.runs import alert_outbox, alerts, clock
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings, load_settings
from finops_lib.state.outbox import list_outbox
from tests.analyses.alert_histories import History
from tests.conftest import PROJECT
from tests.delivery.letters import Receiver
from tests.stand_in import Request

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


def wait_until(holds: Callable[[], bool], process: subprocess.Popen[str], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
