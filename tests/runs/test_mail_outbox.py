"""Mail from decision to reader: refused, cut off, its sender killed; sent once, or once more and saying so."""

from __future__ import annotations

import json
import signal
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest

from finops_lib.delivery import REPEAT
from finops_lib.delivery.outbox import Delivered
from finops_lib.runs import alert_outbox
from finops_lib.state.outbox import PERHAPS_TWICE
from tests.delivery.relay import relay
from tests.runs.office import Finops, Office, events, set_up, wait_until


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
