"""Messages for tests of channels: an ordinary one, and one whose names were written by somebody hostile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from finops_lib.messages import Leased, Outgoing
from tests.stand_in import Request, StandIn

NOON = datetime(2026, 10, 3, 12, tzinfo=UTC)

ORDINARY: Mapping[str, Any] = {
    "title": "shop: 103 % of 600k USD expected",
    "subject_line": "[ORANGE] shop: 103 % of 600k USD expected, 618k USD, used up 28 Oct 2026",
    "badge": "orange \u00b7 forecast 100 %",
    "colour": "orange",
    "severity": "warning",
    "sentence": "Expected by the end: 618k USD. 482k USD of 600k USD are used by 21 Oct 2026.",
    "figures": [["Budget", "600,000 USD"], ["Used", "482,000 USD (80.3 %)"], ["Expected", "618,000 USD (103 %)"]],
    "drivers": [["Amazon EC2 (service)", "212k USD, +31.0k USD"], ["AWS Glue (service)", "18k USD"]],
    "notes": ["Effective cost, all that is known; days that are not complete can still grow."],
    "link": "https://finops.example.org/outputs/budgets/1/report.html?a=1&b=2",
    "acknowledge": "finops alerts acknowledge 0123456789abcdef",
    "at": NOON.isoformat(),
    "event_id": "0123456789abcdef",
    "dedup_key": "bgt:shop:2026-10-01:forecast:100",
    "thread": "a" * 32,
    "subject": "shop",
    "scope": "team = 'shop'",
    "kind": "forecast",
    "source": "finops:shop",
}
# Markup of every channel, a mention, line breaks that could begin a header, a direction override, a formula, a null.
HOSTILE_NAME = (
    "<!channel> <@U1> *b* _i_ ~s~ `c` &amp; <script>alert(1)</script><img src=x onerror=alert(1)>"
    "\r\nBcc: x@evil.example\u2028\u202egnp.exe\u200b\x00 @everyone =cmd() | [a](http://evil.example) " + "x" * 10_000
)
HOSTILE: Mapping[str, Any] = {
    name: (
        [[HOSTILE_NAME] * 2] * 12
        if isinstance(value, list) and name != "notes"
        else [HOSTILE_NAME] * 9
        if name == "notes"
        else value
        if name in ("at", "thread")
        else HOSTILE_NAME
    )
    for name, value in ORDINARY.items()
}


def held(payload: Mapping[str, Any] = ORDINARY, *, may_repeat: bool = False, **changes: Any) -> Leased:
    """Give a message as its sender holds it."""
    parts = {
        "message_id": "f" * 32,
        "event_ids": ("0123456789abcdef",),
        "action": "trigger",
        "channel": "chat",
        "target": "",
        "payload": payload,
        "not_before": NOON,
    }
    return Leased(Outgoing(**{**parts, **changes}), 0, may_repeat)


class Receiver(StandIn):
    """A webhook: takes everything, as PagerDuty's does, or what the test says."""

    def answer(self, request: Request) -> Mapping[str, Any]:
        return {"status": "success", "dedup_key": str(request.body.get("dedup_key", ""))}
