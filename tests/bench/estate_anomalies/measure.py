"""Live through a quarter of the sample estate and print what its people were told: alerts a week, true and false."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

from finops_lib.findings import Anomaly
from finops_lib.messages import AlertEvent
from tests.bench.clock import stopwatch
from tests.bench.estate_anomalies.bills import LAST_DAY, final_bills
from tests.bench.estate_anomalies.quarter import Lived, live
from tests.bench.estate_anomalies.verdict import Label, Labels, labels_of
from tests.bench.place import scaled, settings_in

# The last quarter holds most labels: the estate is made so that its reports have something to say.
DAYS = 91


def measure(folder: Path) -> None:
    """Print alerts per week, every label, every false alert, precision and recall."""
    days = [LAST_DAY - timedelta(days=back) for back in range(scaled(DAYS) - 1, -1, -1)]
    with stopwatch() as took:
        bills = final_bills(folder)
        labels = labels_of(bills.truth, settings_in(folder / "whole"))
        lived = live(folder, bills, labels, days, on_alert=_say)
    print("\n".join(lines(lived, labels, days)))
    print(f"{took.wall:.0f} s, {took.cpu:.0f} CPU s for {len(days)} mornings, loads included")


def lines(lived: Lived, labels: Labels, days: Sequence[date]) -> Iterator[str]:
    """Say what came of the days, line by line."""
    asked = labels.within(days)
    yield f"{days[0]} to {days[-1]}: {len(asked)} of {len(labels.labels)} labels begin in these {len(days)} days"
    weeks = Counter(event.created_at.date() - timedelta(days=event.created_at.weekday()) for event, _ in lived.alerts)
    first = days[0] - timedelta(days=days[0].weekday())
    mondays = [first + timedelta(weeks=n) for n in range((days[-1] - first).days // 7 + 2)]
    yield "alerts a week: " + " ".join(f"{weeks[monday]}" for monday in mondays if monday <= days[-1])
    told = [(labels.of(anomaly), event.created_at.date(), anomaly) for event, anomaly in lived.alerts]
    for label in asked:
        mine = [(on, anomaly) for found, on, anomaly in told if found == label]
        standing = _standing(label, mine, lived, labels)
        yield f"{standing:7}  {label.name:18} {label.kind:18} {label.start}  {_first(mine)}"
    false = [(on, anomaly) for found, on, anomaly in told if found is None]
    for on, anomaly in false:
        yield f"FALSE    {on}  {_words(anomaly)}"
    found = sum(any(other == label for other, _, _ in told) for label in asked)
    true = len(told) - len(false)
    yield (
        f"{len(told)} alerts, {true} of them true: precision {true / max(len(told), 1):.2f}; "
        f"{found} of {len(asked)} labels told: recall {found / max(len(asked), 1):.2f}"
    )
    seen = [one for one in lived.anomalies if one.status != "withdrawn"]
    real = sum(labels.of(one) is not None for one in seen)
    yield f"{len(seen)} anomalies in the list, {real} of them true; {lived.sent} messages, " + (
        "each once, and the audit log is whole" if lived.is_sound else "NOT ALL SENT, OR THE AUDIT LOG IS BROKEN"
    )


def _say(event: AlertEvent, anomaly: Anomaly) -> None:
    """Print an alert as it is told: a quarter takes minutes."""
    print(f"{event.created_at.date()}  {_words(anomaly)}", flush=True)


def _standing(label: Label, told: Sequence[tuple[date, Anomaly]], lived: Lived, labels: Labels) -> str:
    if told:
        return "found" if told[0][0] <= label.late_from + timedelta(days=1) else "late"
    return "listed" if any(labels.of(one) == label for one in lived.anomalies) else "MISSED"


def _first(told: Sequence[tuple[date, Anomaly]]) -> str:
    if not told:
        return ""
    on, anomaly = told[0]
    again = f", {len(told)} alerts" if len(told) > 1 else ""
    return f"told {on} {_words(anomaly)}{again}"


def _words(anomaly: Anomaly) -> str:
    money = f"{anomaly.impact:+,.0f} {anomaly.currency}"
    node, days = f"{anomaly.level} {anomaly.scope[-60:]}", f"{anomaly.start}..{anomaly.end}"
    return f"{node} {days} {money} {anomaly.test} {anomaly.confidence:.2f}"
