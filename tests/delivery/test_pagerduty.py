"""PagerDuty: Events API v2, by its rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pytest

from finops_lib.delivery import NotDelivered
from finops_lib.delivery.pagerduty import PagerDuty, PagerDutyOptions, body_of
from tests.delivery.letters import HOSTILE, ORDINARY, Receiver, held
from tests.stand_in import Fault

KEY = "0123456789abcdef0123456789abcdef"


def options(receiver: Receiver) -> PagerDutyOptions:
    return PagerDutyOptions(routing_key="env:PD_KEY", base_url=receiver.url, timeout_s=0.5)


@pytest.mark.parametrize("payload", [ORDINARY, HOSTILE, {**ORDINARY, "link": "javascript:alert(1)"}])
@pytest.mark.parametrize("action", ["trigger", "acknowledge", "resolve"])
def test_an_event_keeps_the_rules_of_events_v2(payload: Mapping[str, Any], action: str) -> None:
    body = body_of(payload, action=action, routing_key=KEY)
    assert body["event_action"] == action
    assert (len(body["routing_key"]), 1 <= len(body["dedup_key"]) <= 255) == (32, True)
    if action != "trigger":
        assert set(body) == {"routing_key", "event_action", "dedup_key"}
        return
    event = body["payload"]
    assert {"summary", "source", "severity"} <= set(event)
    assert 1 <= len(event["summary"]) <= 1024
    assert event["severity"] in ("info", "warning", "error", "critical")
    assert datetime.fromisoformat(event["timestamp"]).tzinfo is not None
    assert all(link["href"].startswith("https://") for link in body.get("links", ()))
    assert all(character.isprintable() for character in event["summary"])


def test_an_incident_is_opened_acknowledged_and_resolved_under_one_key() -> None:
    with Receiver() as receiver:
        for action in ("trigger", "acknowledge", "resolve"):
            said = PagerDuty().send(options(receiver), held(action=action), reveal=lambda _: KEY)
            assert said == "bgt:shop:2026-10-01:forecast:100"
    assert {request.path for request in receiver.requests} == {"/v2/enqueue"}
    assert [request.body["event_action"] for request in receiver.requests] == ["trigger", "acknowledge", "resolve"]
    details = receiver.requests[0].body["payload"]["custom_details"]
    assert details["Used"] == "482,000 USD (80.3 %)"
    assert details["What moves it most, with the change"][0].startswith("Amazon EC2 (service)")


@pytest.mark.parametrize(
    ("fault", "is_unclear", "is_final"),
    [
        (Fault(400, {"status": "invalid event"}), False, True),
        (Fault(202, {"status": "odd"}), True, False),
        (Fault(202, "not JSON"), True, False),
        (Fault(500, ""), False, False),
    ],
    ids=["refused", "odd", "no JSON", "broken"],
)
def test_what_is_not_confirmed_is_not_delivered(fault: Fault, is_unclear: bool, is_final: bool) -> None:
    with Receiver() as receiver, pytest.raises(NotDelivered) as caught:
        receiver.faults = {"/v2": [fault]}
        PagerDuty().send(options(receiver), held(), reveal=lambda _: KEY)
    assert (caught.value.is_unclear, caught.value.is_final) == (is_unclear, is_final)
    assert KEY not in str(caught.value)
