"""Anomalies were found, grew or ended: who must be told, and of what only the list tells?

One episode is told once, and once more each time its money has doubled since; of one that was over when it was told the
end is not told as well. An owner is told of so many a calendar week, the largest money first; the others are in the
list, and are told next week if they still go on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from finops_lib.analyses.alerts.decide import BY_ITSELF, Decision, event_id
from finops_lib.findings import Anomaly
from finops_lib.messages import WAS_OVER, AlertEvent

DOUBLED = 2.0
ALERTS_PER_WEEK = 5
# What was over before that is history by the time it is found.
NEWS = timedelta(days=7)
_GOES_ON = ("open", "acknowledged")
_WHY_OVER = {"withdrawn": "restated data shows it no more", "closed": "the cost is back, or the new level is the usual"}


def decide_anomalies(
    anomalies: Sequence[Anomaly],
    events: Sequence[AlertEvent],
    *,
    as_of: date,
    now: datetime,
    alerts_per_week: int = ALERTS_PER_WEEK,
) -> Decision:
    """Say which anomalies are told, and which that were told are over.

    Args:
        anomalies: as they are now, with their ids.
        events: all events of kind anomaly.
        as_of: the last included day.
    """
    monday = now.date() - timedelta(days=now.weekday())
    told_this_week = Counter(event.owner for event in events if event.created_at.date() >= monday)
    by_anomaly: dict[str, list[AlertEvent]] = {}
    for event in events:
        by_anomaly.setdefault(event.threshold, []).append(event)
    fired = []
    for anomaly in sorted(anomalies, key=lambda one: (-abs(one.impact), one.anomaly_id)):
        earlier = by_anomaly.get(anomaly.anomaly_id, [])
        if not _is_news(anomaly, earlier, as_of) or told_this_week[anomaly.owner] >= alerts_per_week:
            continue
        told_this_week[anomaly.owner] += 1
        fired.append(_event(anomaly, earlier, as_of=as_of, now=now))
    at_once = [replace(event, **_ending(event, now, _WHY_OVER["closed"])) for event in fired if WAS_OVER in event.facts]
    return Decision(tuple(fired), resolutions=(*_over(anomalies, by_anomaly, now), *at_once))


def _is_news(anomaly: Anomaly, earlier: Sequence[AlertEvent], as_of: date) -> bool:
    if anomaly.status not in (*_GOES_ON, "closed") or anomaly.end < as_of - NEWS:
        return False
    if not earlier:
        return anomaly.status != "acknowledged"
    told = max(abs(event.value) for event in earlier)
    return anomaly.status in _GOES_ON and abs(anomaly.impact) >= DOUBLED * told


def _event(anomaly: Anomaly, earlier: Sequence[AlertEvent], *, as_of: date, now: datetime) -> AlertEvent:
    # The first day may move when bills are restated; the key of an incident may not.
    period_start = earlier[0].period_start if earlier else anomaly.start
    occurrence = len(earlier) + 1
    subject = earlier[0].subject if earlier else anomaly.scope
    return AlertEvent(
        event_id=event_id(subject, period_start, "anomaly", anomaly.anomaly_id, occurrence),
        subject=subject,
        period_start=period_start,
        kind="anomaly",
        threshold=anomaly.anomaly_id,
        occurrence=occurrence,
        value=anomaly.impact,
        state="firing",
        owner=anomaly.owner,
        scope=anomaly.expression,
        created_at=now,
        facts=_facts(anomaly, as_of) | ({WAS_OVER: True} if anomaly.status == "closed" else {}),
    )


def _facts(anomaly: Anomaly, as_of: date) -> dict[str, Any]:
    """Give what messages are made of, as plain values."""
    return {
        "level": anomaly.level,
        "account": anomaly.account,
        "service": anomaly.service,
        "start": anomaly.start.isoformat(),
        "end": anomaly.end.isoformat(),
        "is_over": anomaly.is_over,
        "expected": anomaly.expected,
        "actual": anomaly.actual,
        "impact": anomaly.impact,
        "currency": anomaly.currency,
        "deviation_pct": anomaly.deviation_pct,
        "confidence": anomaly.confidence,
        "cause": anomaly.cause,
        "methods": list(anomaly.methods),
        "data_through": as_of.isoformat(),
        "colour": "orange" if anomaly.impact > 0 else "yellow",
    }


def _over(anomalies: Sequence[Anomaly], by_anomaly: dict[str, list[AlertEvent]], now: datetime) -> list[AlertEvent]:
    """Give the open events of what is over; of what was told twice, each."""
    found = []
    for anomaly in anomalies:
        if anomaly.status in _GOES_ON:
            continue
        why = _WHY_OVER.get(anomaly.status, anomaly.status.replace("_", " "))
        events = by_anomaly.get(anomaly.anomaly_id, [])
        for event in events:
            if event.resolved_at is None:
                # Who was told twice is told once that it is over.
                later = events[-1].event_id if event is not events[-1] else ""
                facts = {**event.facts, **_facts(anomaly, anomaly.end)}
                found.append(replace(event, superseded_by=later, facts=facts, **_ending(event, now, why)))
    return found


def _ending(event: AlertEvent, now: datetime, why: str) -> dict[str, Any]:
    return {"state": "resolved", "resolved_at": now, "resolved_by": BY_ITSELF, "note": event.note or why}
