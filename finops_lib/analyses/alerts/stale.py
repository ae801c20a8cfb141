"""A source stopped delivering, or delivers again: one event per source, however many budgets it leaves in the dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from finops_lib.analyses.alerts.decide import BY_ITSELF, Decision, event_id
from finops_lib.messages import AlertEvent


def decide_stale(silent: Mapping[str, datetime], events: Sequence[AlertEvent], *, now: datetime) -> Decision:
    """Say which sources fell silent and which speak again.

    A silence is told once: it is named by the day of the last delivery, so that the next run finds it told.

    Args:
        silent: the sources that should have delivered by now, each with the moment of its newest delivery.
        events: all events of kind stale.
    """
    told = {event.event_id for event in events}
    fired = []
    for source, since in sorted(silent.items()):
        identity = event_id(source, since.date(), "stale", "", 1)
        if identity in told:
            continue
        hours = (now - since).total_seconds() / 3600
        fired.append(
            AlertEvent(
                event_id=identity,
                subject=source,
                period_start=since.date(),
                kind="stale",
                threshold="",
                occurrence=1,
                value=hours,
                state="firing",
                owner="operators",
                scope="",
                created_at=now,
                facts={"since": since.isoformat(), "hours": hours, "colour": "grey"},
            )
        )
    is_back = [
        replace(event, state="resolved", resolved_at=now, resolved_by=BY_ITSELF, note=event.note or "delivers again")
        for event in events
        if event.resolved_at is None and silent.get(event.subject, now).date() != event.period_start
    ]
    return Decision(tuple(fired), resolutions=tuple(is_back))
