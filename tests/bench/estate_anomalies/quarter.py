"""Live through some days: every morning the bills are loaded and judged, and people answer what they were told."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import yaml

from finops_lib.findings import Anomaly
from finops_lib.marts.build import build
from finops_lib.messages import AlertEvent
from finops_lib.runs import anomalies, clock
from finops_lib.runs.anomaly_detect import detect_in_lake
from finops_lib.runs.ingest import ingest
from finops_lib.runs.opened import opened_state
from finops_lib.sample import sample_workbench_yaml
from finops_lib.settings import Settings
from finops_lib.state.anomalies import list_anomalies
from finops_lib.state.audit import verify
from finops_lib.state.outbox import list_outbox
from tests.bench.estate_anomalies.bills import DELIVERED_AT, Bills
from tests.bench.estate_anomalies.verdict import Labels
from tests.bench.place import settings_in
from tests.delivery.letters import Receiver

# So long a month that is over still gets charges.
STILL_OPEN = timedelta(days=4)


@dataclass
class Lived:
    """What came of it.

    Args:
        alerts: what was told, each with the anomaly as it was known that morning.
        anomalies: what is written down in the end.
        sent: messages that the receiver got.
        is_sound: whether the audit log is whole.
    """

    alerts: list[tuple[AlertEvent, Anomaly]] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    sent: int = 0
    is_sound: bool = False


def live(
    folder: Path,
    bills: Bills,
    labels: Labels,
    days: Sequence[date],
    *,
    on_alert: Callable[[AlertEvent, Anomaly], None] = lambda _, __: None,
) -> Lived:
    """Live through some days in a row, in a lake that knows what came before them."""
    lived = Lived()
    with Receiver() as receiver:
        settings = _settings(folder, receiver.url)
        for number, day in enumerate(days):
            # Of the history every month is loaded once.
            since = day - STILL_OPEN if number else date.min
            with _at(datetime.combine(day + timedelta(days=1), DELIVERED_AT)):
                for source, path in bills.delivered(day, since, folder / "delivered"):
                    ingest(settings, [str(path)], source=source, replace=True)
                build(settings.lake)
                _answer(settings, lived.alerts, labels)
                done = detect_in_lake(settings)
                known = _known(settings)
                for event in done.recorded.alerts:
                    lived.alerts.append((event, known[event.threshold]))
                    on_alert(*lived.alerts[-1])
        lived.sent = len(receiver.requests)
        lived.anomalies = list(_known(settings).values())
        with opened_state(settings) as state:
            lived.is_sound = verify(state).broken_at is None and not [
                one for one in list_outbox(state) if one.standing != "sent"
            ]
    return lived


def _answer(settings: Settings, alerts: Sequence[tuple[AlertEvent, Anomaly]], labels: Labels) -> None:
    """Say of yesterday's alerts what they were: somebody looks into a real one, and a false one is called so."""
    told = {event.threshold: anomaly for event, anomaly in alerts if event.created_at > clock.now() - timedelta(days=2)}
    known = _known(settings)
    for name, anomaly in told.items():
        if known[name].status not in ("open", "closed"):
            continue
        if labels.of(anomaly):
            anomalies.acknowledge(settings, name, note="looked into")
        else:
            anomalies.resolve(settings, name, cause="", is_false_positive=True)


def _known(settings: Settings) -> dict[str, Anomaly]:
    with opened_state(settings) as state:
        return {one.anomaly_id: one for one in list_anomalies(state)}


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    with patch.object(clock, "now", lambda: moment):
        yield


def _settings(folder: Path, url: str) -> Settings:
    os.environ["REPLAY_WEBHOOK"] = f"{url}/hook"
    params = folder / "params"
    params.mkdir(parents=True)
    told = {"channels": {"slack": {"kind": "slack", "options": {"url": "env:REPLAY_WEBHOOK"}}}}
    text = sample_workbench_yaml(str(folder / "bills")) + yaml.safe_dump(told)
    (params / "workbench.yaml").write_text(text, encoding="utf-8")
    return settings_in(folder)
