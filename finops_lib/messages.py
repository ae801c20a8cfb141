"""What is told to people: alert events and their messages. Frozen records that analyses, state and delivery share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Literal

AlertKind = Literal["actual", "forecast", "burn", "stale", "rule", "anomaly"]
AlertState = Literal["firing", "superseded", "resolved"]
Action = Literal["trigger", "acknowledge", "resolve", "digest", "report"]


# Among the facts of an event: what it tells of was over when it was told.
WAS_OVER = "was_over"


@dataclass(frozen=True, slots=True)
class AlertEvent:
    """One thing that happened to a budget, a rule or a source, told at most once.

    Args:
        event_id: derived from the key, so that two runs at the same moment make the same event.
        subject: the budget's or rule's or source's name; of an anomaly: its node.
        period_start: first day of the budget period; of a rule or source: the day it fired; of an anomaly: its first
            day when it was told.
        threshold: percent of the amount; of a rule: its name; of stale: ""; of an anomaly: its id.
        occurrence: 1 for the first firing of (subject, period, kind, threshold), then 2 ...
        value: what was measured, in percent for budgets; of an anomaly: its money.
        facts: all that messages are made of: text, numbers as text; no secret.
        scope: the canonical scope expression the event speaks of, so that nobody outside it is told.
    """

    event_id: str
    subject: str
    period_start: date
    kind: AlertKind
    threshold: str
    occurrence: int
    value: float
    state: AlertState
    owner: str
    scope: str
    created_at: datetime
    facts: Mapping[str, Any] = field(default_factory=dict)
    superseded_by: str = ""
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""
    resolved_at: datetime | None = None
    resolved_by: str = ""
    note: str = ""

    @property
    def dedup_key(self) -> str:
        """What PagerDuty and people know the incident by, whatever the occurrence (domain.md 1.10)."""
        if self.kind == "anomaly":
            return f"anomaly:{self.threshold}"
        return f"bgt:{self.subject}:{self.period_start}:{self.kind}:{self.threshold}"[:255]

    @property
    def key(self) -> str:
        """What no two events share."""
        return f"{self.subject}\n{self.period_start}\n{self.kind}\n{self.threshold}\n{self.occurrence}"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message that waits to be sent through one channel to one target.

    Args:
        message_id: the idempotency key: the same events, action, channel and target give the same id.
        channel: a name from the channels of workbench.yaml.
        target: a mail address, or "" where the channel itself says where it goes.
        payload: what the channel renders (facts, never finished markup), as JSON-ready values.
        not_before: quiet hours hold it back until then.
    """

    message_id: str
    event_ids: tuple[str, ...]
    action: Action
    channel: str
    target: str
    payload: Mapping[str, Any]
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Leased:
    """A message that one sender holds for a while, so that no other sends it.

    Args:
        attempts: how often it was tried before.
        may_repeat: an earlier try ended without an answer, so it may have arrived already.
    """

    message: Outgoing
    attempts: int
    may_repeat: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture inside a letter.

    Args:
        name: by which the letter's HTML refers to it (`cid:name`).
        alt: what it shows, for those who do not see it.
    """

    name: str
    alt: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """A report as a mail, before anybody is named as its reader: the same for all who may see the same.

    Args:
        colour: of the status; "" = the report has none.
        headline: what the subject says, and a message in a channel.
        changed: the one sentence of what changed.
        html: a page with its styles on the elements; its pictures are `pictures`.
        text: the same to be read alone.
    """

    subject: str
    colour: str
    headline: str
    changed: str
    html: str
    text: str
    pictures: tuple[Picture, ...] = ()
