"""Alerts, failures and reports of hostile names, as each channel sends them: made of what a harmless name's are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

import pytest

from finops_lib.analyses.alerts.anomalies import decide_anomalies
from finops_lib.analyses.alerts.rules import Rule, decide_rule
from finops_lib.analyses.alerts.stale import decide_stale
from finops_lib.delivery import ENCLOSED
from finops_lib.delivery.letter import sealed
from finops_lib.delivery.mail import MailOptions, letter_of
from finops_lib.delivery.mail_page import subject_of
from finops_lib.delivery.pagerduty import body_of as pagerduty_body
from finops_lib.delivery.slack_blocks import body_of as slack_body
from finops_lib.messages import AlertEvent
from finops_lib.reports import page
from finops_lib.reports.letter import read_letter, write_letter
from finops_lib.reports.markup import Showable
from finops_lib.reports.page import Action, Figure
from finops_lib.runs.alert_words import words_of
from finops_lib.runs.failures import tell_owner_of_run
from finops_lib.runs.opened import opened_state
from finops_lib.settings import Settings, load_settings
from finops_lib.state.outbox import list_outbox
from tests.analyses.alert_histories import NOON, SHOP, History
from tests.analyses.anomalies.judgements import anomaly
from tests.analyses.test_alert_rules import frame
from tests.delivery.letters import held
from tests.hostile import HARMLESS, NAMES, elements_of, steering
from tests.reports.executed import a_chart, a_table, executed
from tests.runs.made_run import made_run

every_name = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
OPTIONS = MailOptions(host="127.0.0.1", sender="finops@example.org")
# Nobody listens there: what is told stays in the outbox.
WORKBENCH = """
reports_url: https://finops.example.org/reports/
channels:
  post: {kind: mail, options: {host: 127.0.0.1, port: 9, tls: none, sender: finops@example.org, timeout_s: 0.2}}
recipients: [{name: operators, address: ops@example.org}]
"""


def events_of(name: str) -> Iterator[AlertEvent]:
    """Give an event of each kind in which all that a bill or a person may call something is called so."""
    driver = {"label": name, "dimension": name, "cost": "400", "before": "369", "change": "31"}
    history = History(budget=replace(SHOP, name=name, scope_type="team", scope_value=name))
    for actual in (40, 81):
        decision = history.look(
            actual=actual, forecast=103, reason=name, colour="orange", drivers=(driver,) * 3,
            exhaustion_date=date(2026, 10, 28), data_through=date(2026, 10, 21),
        )  # fmt: skip
        yield from decision.events
    yield replace(decision.events[0], state="resolved", resolved_at=NOON, resolved_by=name, note=name)
    yield from decide_stale({name: datetime(2026, 10, 1, 6, tzinfo=UTC)}, [], now=NOON).events
    rule = Rule("limit", "billed_cost", "team = 'shop'", ">", 100, "USD")
    for event in decide_rule(rule, frame([100, 150]), [], as_of=date(2026, 10, 2), now=NOON).events:
        yield replace(event, subject=name, scope=name, facts={**event.facts, "metric": name, "comparator": name})
    found = replace(anomaly(), anomaly_id="a1", cause=name)
    for event in decide_anomalies([found], (), as_of=date(2026, 6, 12), now=NOON, alerts_per_week=5).events:
        yield replace(event, subject=name, scope=name, facts={**event.facts, "cause": name, "level": name})


def shape(value: Any) -> Any:
    """Give what JSON is made of: its keys and the kinds of its values."""
    if isinstance(value, Mapping):
        return {key: shape(item) for key, item in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def read_back(payload: Mapping[str, Any], *, may_repeat: bool = False) -> EmailMessage:
    """Give the mail as whoever gets it reads it."""
    sent = letter_of(OPTIONS, held(payload, may_repeat=may_repeat, target="ann@example.org"))
    return BytesParser(policy=default).parsebytes(sent.as_bytes())


def assert_same_mail(hostile: EmailMessage, harmless: EmailMessage) -> None:
    """See that both have the same headers, parts, elements and lines."""
    assert hostile.keys() == harmless.keys()
    assert [hostile[header] for header in ("From", "To")] == [harmless[header] for header in ("From", "To")]
    assert not hostile.defects
    assert (len(hostile["Subject"]) <= 200, steering(hostile["Subject"])) == (True, set())
    assert max(map(len, hostile.as_bytes().splitlines())) < 998
    parts, expected = list(hostile.walk()), list(harmless.walk())
    assert [part.get_content_type() for part in parts] == [part.get_content_type() for part in expected]
    for part, other in zip(parts, expected, strict=True):
        if part.get_content_type() == "text/html" and not part.is_attachment():
            assert elements_of(part.get_content()) == elements_of(other.get_content())
        elif part.get_content_type() == "text/plain":
            said = part.get_content().replace("\r\n", "\n")
            assert steering(said) <= {"\n"}
            assert not any(line.startswith(("Bcc:", "# ")) for line in said.splitlines())


@every_name
def test_no_name_changes_what_an_alert_is_made_of(name: str) -> None:
    told = list(zip(events_of(name), events_of(HARMLESS), strict=True))
    assert {event.kind for event, _ in told} == {"forecast", "stale", "rule", "anomaly"}
    for event, expected in told:
        payload, harmless = words_of(event), words_of(expected)
        assert_same_message(payload, harmless)
        incidents = [pagerduty_body(words, action="trigger", routing_key="k" * 32) for words in (payload, harmless)]
        assert_same_json(*incidents)


def assert_same_message(payload: Mapping[str, Any], harmless: Mapping[str, Any]) -> None:
    """See that a chat and a mail make of both payloads the same."""
    posted = slack_body(payload, may_repeat=False)
    assert_same_json(posted, slack_body(harmless, may_repeat=False))
    assert not any("<" in text.replace("<https://finops.example.org/", "") for text in texts(posted))
    mail = read_back(payload)
    assert mail["Subject"] == subject_of(payload)
    assert_same_mail(mail, read_back(harmless))


def assert_same_json(hostile: Mapping[str, Any], harmless: Mapping[str, Any]) -> None:
    assert shape(hostile) == shape(harmless)
    # The only line breaks are those of our own lists.
    assert set().union(*map(steering, texts(hostile))) <= {"\n"}
    assert max(map(len, texts(hostile))) <= 3000


def test_no_name_changes_what_a_failure_is_made_of(settings: Settings) -> None:
    settings.workbench_file.write_text(WORKBENCH, encoding="utf-8")
    settings = load_settings()
    for number, name in enumerate((HARMLESS, *NAMES.values())):
        changes = {"status": "FAILED", "error": name, "error_cell": 7, "report": None}
        run = made_run(settings, run_id=f"20261003T120000Z-overview-{number:04}", **changes)  # type: ignore[arg-type]
        with opened_state(settings) as state:
            assert tell_owner_of_run(settings, state, run, name) == "operators"
    with opened_state(settings) as state:
        waiting = {dict(one.message.payload["figures"])["Run"]: one.message.payload for one in list_outbox(state)}
    harmless, *hostile = [waiting[run_id] for run_id in sorted(waiting)]
    assert len(hostile) == len(NAMES)
    for payload in hostile:
        assert_same_message(payload, harmless)


def report_of(name: str, *also: Showable) -> EmailMessage:
    """Give a report's mail whose every cell speaks of a name."""
    shown = (
        page.answer(name, name, "red", name, headline=name),
        page.figures([Figure(name, name, name, status="ok", word=name)] * 3),
        a_table(3, name),
        page.callout(name, name),
        page.actions([Action(name, name, name, name)] * 3),
    )
    letter = write_letter(
        read_letter(executed(*shown, *also, strips=(name,) * 2), name=name), link="https://a.example/", footer=name
    )
    content = sealed(letter, attachments={"overview.html": "<p>all</p>"})
    return read_back({"at": NOON.isoformat(), ENCLOSED: content})


@every_name
def test_no_name_changes_what_a_reports_mail_is_made_of(name: str) -> None:
    assert_same_mail(report_of(name), report_of(HARMLESS))


def test_no_finding_of_a_chart_changes_the_mail_that_shows_it() -> None:
    name = NAMES["attribute"]
    assert_same_mail(report_of(name, a_chart(name)), report_of(HARMLESS, a_chart(HARMLESS)))
