"""PagerDuty, Events API v2: an incident is known by its dedup key, so no repeat doubles it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from finops_lib.delivery import CHANNELS, NotDelivered, Options, Reveal
from finops_lib.delivery.plain import clean, web_link
from finops_lib.delivery.post import check_address, post
from finops_lib.messages import Leased
from finops_lib.strict import SecretReference

SUMMARY_LIMIT, KEY_LIMIT = 1024, 255
SEVERITIES = ("info", "warning", "error", "critical")
# The interface takes 512 KB; nobody reads more than a screen.
_DETAIL_LIMIT = 1000
_EVENTS = "https://events.pagerduty.com"


class PagerDutyOptions(Options):
    """`routing_key`: where the integration's key is kept; `base_url`: another region, or a stand-in."""

    routing_key: SecretReference
    base_url: str = _EVENTS


class PagerDuty:
    """Events API v2, `POST /v2/enqueue`."""

    options: type[Options] = PagerDutyOptions
    spacing_s = 0.2
    needs_target = False
    # Each incident is opened and closed by itself.
    folds = False

    def send(self, options: PagerDutyOptions, held: Leased, *, reveal: Reveal) -> str:
        """Send one event; gives the dedup key that PagerDuty confirms."""
        key = reveal(options.routing_key)
        answer = post(
            f"{options.base_url.rstrip('/')}/v2/enqueue",
            body_of(held.message.payload, action=held.message.action, routing_key=key),
            whose="PagerDuty",
            headers={},
            timeout_s=options.timeout_s,
            secrets=(key,),
        )
        try:
            said = json.loads(answer.content)
        except ValueError:
            said = None
        if not isinstance(said, dict) or said.get("status") != "success":
            raise NotDelivered(f"PagerDuty did not confirm the event: {clean(answer.text, 200)}", is_unclear=True)
        return clean(said.get("dedup_key", ""), KEY_LIMIT)

    def try_reach(self, options: PagerDutyOptions, *, reveal: Reveal) -> str:
        """Look whether key and address are there; asking would mean opening an incident."""
        reveal(options.routing_key)
        check_address(options.base_url, whose="PagerDuty")
        return "the routing key is there"


def body_of(payload: Mapping[str, Any], *, action: str, routing_key: str) -> dict[str, Any]:
    """Give the JSON of one event."""
    body: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": action,
        "dedup_key": clean(payload["dedup_key"], KEY_LIMIT),
    }
    if action != "trigger":
        return body
    severity = payload.get("severity", "")
    body["client"] = "finops"
    body["payload"] = {
        "summary": clean(payload.get("title", ""), SUMMARY_LIMIT),
        "source": clean(payload.get("source", "") or "finops", 255),
        "severity": severity if severity in SEVERITIES else "warning",
        "timestamp": payload.get("at", ""),
        "component": clean(payload.get("subject", ""), 255),
        "group": clean(payload.get("scope", ""), 255),
        "class": clean(payload.get("kind", ""), 255),
        "custom_details": _details(payload),
    }
    if link := web_link(payload.get("link", "")):
        body["links"] = [{"href": link, "text": "Open the report"}]
    return body


def _details(payload: Mapping[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = {"what": clean(payload.get("sentence", ""), _DETAIL_LIMIT)}
    details |= {clean(label, 100): clean(value, _DETAIL_LIMIT) for label, value in payload.get("figures", ())}
    drivers = [f"{clean(label)}: {clean(value)}" for label, value in payload.get("drivers", ())]
    if drivers:
        details["What moves it most, with the change"] = drivers
    if payload.get("notes"):
        details["Notes"] = [clean(note, _DETAIL_LIMIT) for note in payload["notes"]]
    if payload.get("acknowledge"):
        details["Take note of it"] = clean(payload["acknowledge"])
    return details


CHANNELS.register("pagerduty")(PagerDuty())
