"""A report reaches each of its readers once, and nobody whom it must not reach."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from finops_lib.delivery import REPEAT
from finops_lib.errors import ConfigError, QualityError
from finops_lib.reports import page
from finops_lib.runs import clock
from finops_lib.runs.alert_outbox import deliver_all
from finops_lib.runs.deliver import deliver
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings, load_settings
from finops_lib.state.outbox import list_outbox
from tests.delivery.letters import Receiver
from tests.delivery.relay import Relay, relay
from tests.reports.sample_page import HOSTILE
from tests.runs.made_run import made_run

SECRET = "s3cr3t-hook-address"
WORKBENCH = """
reports_url: https://finops.example.org/reports/
channels:
  post: {{kind: mail, options: {{host: 127.0.0.1, port: {port}, tls: none, sender: finops@example.org, timeout_s: 2}}}}
  chat: {{kind: slack, options: {{url: env:CHAT_ADDRESS, timeout_s: 2}}}}
recipients:
  - {{name: operators, address: ops@example.org}}
  - {{name: ann, address: ann@example.org, reports: [overview]}}
  - {{name: bob, address: Bob@example.org, reports: [overview, savings]}}
  - {{name: gone, address: gone@example.org, reports: [overview], unsubscribed: true}}
  - {{name: room, address: chat}}
"""


@dataclass
class Office:
    """A project with a relay and a chat of its own."""

    settings: Settings
    relay: Relay
    chat: Receiver

    @property
    def readers(self) -> list[str]:
        return sorted(self.relay.readers)


@pytest.fixture
def office(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with relay() as taken, Receiver() as chat:
        monkeypatch.setenv("CHAT_ADDRESS", f"{chat.url}/{SECRET}")
        settings.workbench_file.write_text(WORKBENCH.format(port=taken.port), encoding="utf-8")
        yield Office(load_settings(), taken, chat)


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    content: str = body.get_content()
    return content


def standings(settings: Settings) -> dict[str, str]:
    with opened_state(settings) as state:
        return {one.message.target: one.standing for one in list_outbox(state)}


def test_those_who_have_it_among_their_reports_get_it_each_alone(office: Office) -> None:
    run = made_run(office.settings)
    done = deliver(office.settings, run.run_id)
    assert {one.addressee.name: one.standing for one in done.sent} == {"ann": "sent", "bob": "sent"}
    assert office.readers == ["Bob@example.org", "ann@example.org"]
    for mail in office.relay.mails:
        assert mail["Subject"] == "[RED] Overview: 412k USD, 596k expected"
        assert mail["To"] in ("ann@example.org", "Bob@example.org")
        assert f"Report: https://finops.example.org/reports/overview/{run.run_id}/report.html" in text_of(mail)
        [report] = list(mail.iter_attachments())
        assert report.get_filename() == "overview-2026-10-02.html"
        assert "the whole report" in report.get_content()


def test_whoever_is_named_gets_it_and_nobody_else(office: Office) -> None:
    run = made_run(office.settings)
    deliver(office.settings, run.run_id, to=["bob", "cfo@example.org", "BOB@example.org"])
    assert office.readers == ["Bob@example.org", "cfo@example.org"]


def test_who_is_unsubscribed_gets_none_even_if_named(office: Office) -> None:
    run = made_run(office.settings)
    for name in ("gone", "gone@example.org", "GONE@example.org"):
        assert deliver(office.settings, run.run_id, to=[name]).sent == []
    assert office.readers == []


def test_a_name_that_nobody_has_sends_nothing_to_anybody(office: Office) -> None:
    run = made_run(office.settings)
    with pytest.raises(ConfigError, match="unknown recipient 'anne'; next: did you mean 'ann'"):
        deliver(office.settings, run.run_id, to=["bob", "anne"])
    assert office.readers == []


def test_the_same_report_again_is_not_sent_again(office: Office) -> None:
    run = made_run(office.settings)
    deliver(office.settings, run.run_id, to=["ann"])
    done = deliver(office.settings, run.run_id)
    assert {one.addressee.name: one.standing for one in done.sent} == {"ann": "sent before", "bob": "sent"}
    assert office.readers == ["Bob@example.org", "ann@example.org"]


def test_a_dry_run_writes_the_mail_and_sends_none(office: Office) -> None:
    run = made_run(office.settings)
    done = deliver(office.settings, run.run_id, dry_run=True)
    assert [one.standing for one in done.sent] == ["not sent", "not sent"]
    content = (office.settings.outputs / "overview" / run.run_id / "mail.eml").read_bytes()
    assert done.sent[0].mail_bytes == len(content)
    assert b"example.org>" not in content.split(b"\r\n\r\n", 1)[0]
    assert (office.readers, standings(office.settings)) == ([], {})
    # Neither From nor To nor any reader is in the file that all of them share.
    assert b"ann@" not in content
    assert b"bob@" not in content.lower()


def test_a_channel_that_people_read_gets_headline_and_link(office: Office) -> None:
    run = made_run(office.settings)
    deliver(office.settings, run.run_id, to=["room"])
    [request] = office.chat.requests
    said = str(request.body)
    assert "412k USD, 596k expected" in said
    assert f"https://finops.example.org/reports/overview/{run.run_id}/report.html" in said


@pytest.mark.parametrize(
    "changes",
    [
        {"checks_failed": "daily_cost holds what the lake holds: 1 of 1 differ, by up to 0.25"},
        {"reconcile_failed": "aws 2026-09: invoice, INV-1: -0.01 USD billed"},
        {"status": "FAILED", "error": "ValueError: no such thing in cell 7", "error_cell": 7},
    ],
)
def test_a_run_that_is_held_back_reaches_its_owner_only(office: Office, changes: dict[str, Any]) -> None:
    run = made_run(office.settings, **changes)
    with pytest.raises(QualityError, match=r"is not sent: .*; operators is told"):
        deliver(office.settings, run.run_id, to=["ann"])
    assert office.readers == ["ops@example.org"]
    text = text_of(office.relay.mails[0])
    for value in changes.values():
        assert str(value) in " ".join(text.split()) or value == "FAILED"
    assert run.run_id in text
    assert "412k" not in text
    # However often it is tried, the owner is told once.
    with pytest.raises(QualityError):
        deliver(office.settings, run.run_id)
    assert office.readers == ["ops@example.org"]


def test_the_owner_of_the_job_is_told_before_the_operators(office: Office) -> None:
    (office.settings.project / "scheduler").mkdir()
    (office.settings.notebooks / "overview.ipynb").write_text("{}", encoding="utf-8")
    (office.settings.project / "scheduler" / "schedule.yaml").write_text(
        'jobs:\n  weekly: {notebook: overview, cron: "0 7 * * mon", owner: bob}\n', encoding="utf-8"
    )
    run = made_run(office.settings, checks_failed="the sums differ")
    with pytest.raises(QualityError, match="bob is told"):
        deliver(office.settings, run.run_id)
    assert office.readers == ["Bob@example.org"]


def test_a_dry_run_tells_no_owner(office: Office) -> None:
    run = made_run(office.settings, checks_failed="the sums differ")
    with pytest.raises(QualityError, match="is not sent: the sums differ;"):
        deliver(office.settings, run.run_id, dry_run=True)
    assert office.readers == []


def test_what_speaks_of_whole_sources_is_not_made_for_a_part(office: Office) -> None:
    with office.settings.workbench_file.open("a", encoding="utf-8") as workbench:
        workbench.write("  - {name: eve, address: eve@example.org, scope: \"team = 'shop'\"}\n")
    (office.settings.notebooks / "ingestion.ipynb").write_text("{}", encoding="utf-8")
    run = made_run(office.settings, notebook="ingestion", run_id="20261003T120000Z-ingestion-ab12")
    (office.settings.outputs / "ingestion" / run.run_id / "result.json").write_text("{}", encoding="utf-8")
    [one] = deliver(load_settings(), run.run_id, to=["eve"]).sent
    assert one.standing == "failed"
    assert "ingestion is about whole sources" in one.error
    assert office.readers == []


def test_a_relay_that_is_busy_gets_it_later_and_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    run = made_run(office.settings)
    office.relay.rcpt = ["451 greylisted"]
    done = deliver(office.settings, run.run_id, to=["ann"])
    assert [(one.standing, office.readers) for one in done.sent] == [("waiting", [])]
    later = clock.now() + timedelta(minutes=10)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert deliver_all(office.settings).sent == 1
    assert deliver_all(office.settings).sent == 0
    assert office.readers == ["ann@example.org"]


def test_a_report_whose_receipt_was_lost_comes_once_more_under_its_id_and_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made_run(office.settings)
    office.relay.data, office.relay.hang_s = ["drop"], 0
    assert [one.standing for one in deliver(office.settings, run.run_id, to=["ann"]).sent] == ["waiting"]
    later = clock.now() + timedelta(minutes=10)
    monkeypatch.setattr(clock, "now", lambda: later)
    assert deliver_all(office.settings).sent == 1
    assert [one.standing for one in deliver(office.settings, run.run_id, to=["ann"]).sent] == ["sent before"]
    first, repeat = office.relay.mails
    assert repeat["Message-ID"] == first["Message-ID"]
    assert [REPEAT in text_of(mail) for mail in (first, repeat)] == [False, True]


def test_a_letter_whose_file_is_gone_is_a_dead_letter_that_says_so(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = made_run(office.settings)
    office.relay.rcpt = ["451 greylisted"]
    deliver(office.settings, run.run_id, to=["ann"])
    (office.settings.outputs / "overview" / run.run_id / "mail.eml").unlink()
    later = clock.now() + timedelta(minutes=10)
    monkeypatch.setattr(clock, "now", lambda: later)
    done = deliver_all(office.settings)
    assert done.dead == 1
    assert done.errors == {"post": f"the mail overview/{run.run_id}/mail.eml is no longer in the outputs folder"}
    assert office.readers == []
    # Made again, it reaches its reader under the same id.
    deliver(office.settings, run.run_id, to=["ann"])
    assert standings(office.settings) == {"ann@example.org": "sent"}
    assert office.readers == ["ann@example.org"]


def test_a_report_that_was_swept_away_is_said_to_be(office: Office) -> None:
    run = made_run(office.settings)
    (office.settings.outputs / "overview" / run.run_id / "report.ipynb").unlink()
    [one] = deliver(office.settings, run.run_id, to=["ann"]).sent
    assert (one.standing, office.readers) == ("failed", [])
    assert f"the report of run {run.run_id} is no longer in" in one.error


def test_a_secret_reaches_no_mail(office: Office) -> None:
    hook = os.environ["CHAT_ADDRESS"]
    run = made_run(office.settings, page.answer("Q?", f"See {hook} now.", headline=f"It is {hook}"))
    folder = office.settings.outputs / "overview" / run.run_id
    (folder / "report.html").write_text(f"<p>see {hook}</p>", encoding="utf-8")
    deliver(office.settings, run.run_id, to=["ann", "room"])
    [mail] = office.relay.mails
    parts = [str(part.get_content()) for part in mail.walk() if not part.is_multipart()]
    said = "".join(parts) + str(mail["Subject"]) + str(office.chat.requests[0].body)
    assert "It is" in said
    assert SECRET not in said
    assert SECRET not in (folder / "mail.eml").read_text(encoding="ascii")


def test_a_secret_that_is_a_word_takes_no_letter_from_its_message(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The letter's file lies in outputs/overview.
    monkeypatch.setenv("PAGE_TOKEN", "overview")
    run = made_run(office.settings)
    assert [one.standing for one in deliver(office.settings, run.run_id, to=["ann"]).sent] == ["sent"]


@pytest.mark.parametrize("name", [text for text in HOSTILE if text])
def test_no_name_changes_a_mail_or_a_message(office: Office, name: str) -> None:
    run = made_run(office.settings, page.answer(name, name, "red", name, headline=name))
    deliver(office.settings, run.run_id, to=["ann", "room"])
    [mail] = office.relay.mails
    assert office.readers == ["ann@example.org"]
    assert (mail["Bcc"], len(mail.get_all("To", []))) == (None, 1)
    assert len(mail["Subject"]) <= 160
    html = mail.get_body(("html",))
    assert html is not None
    assert "<script" not in html.get_content()
    assert "<img" not in html.get_content()
    assert "\u202e" not in html.get_content() + text_of(mail)
    [request] = office.chat.requests
    assert "\u202e" not in str(request.body)


def test_a_sender_that_is_killed_before_the_mail_is_out_sends_it_once(office: Office) -> None:
    run = made_run(office.settings)
    waits = threading.Event()
    reached = threading.Event()
    _hold(office.relay, reached, waits)
    command = [sys.executable, "-m", "finops_lib.cli", "deliver", run.run_id, "--to", "ann"]
    process = subprocess.Popen(command, env={**os.environ, "FINOPS_PROJECT": str(office.settings.project)},
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
    assert reached.wait(60), process.communicate(timeout=5)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    waits.set()
    time.sleep(0.2)
    assert office.readers == []
    done = deliver(office.settings, run.run_id, to=["ann"])
    assert [one.standing for one in done.sent] == ["sent"]
    assert office.readers == ["ann@example.org"]


def _hold(taken: Relay, reached: threading.Event, waits: threading.Event) -> None:
    """Let the relay's first answer to RCPT wait until the test says so."""

    class Answers(list[str]):
        def pop(self, index: int = -1) -> str:  # type: ignore[override]
            answer = super().pop(index)
            reached.set()
            waits.wait(60)
            return answer

    taken.rcpt = Answers(["451 wait"])


def test_the_command_says_who_got_it(office: Office, tmp_path: Path) -> None:
    run = made_run(office.settings, checks_failed="the sums differ")
    command = [sys.executable, "-m", "finops_lib.cli", "deliver", run.run_id, "--dry-run"]
    done = subprocess.run(command, env={**os.environ, "FINOPS_PROJECT": str(office.settings.project)},
                          capture_output=True, text=True, check=False)  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (f"finops: {run.run_id} is not sent: the sums differ; next: finops runs show {run.run_id}\n")
