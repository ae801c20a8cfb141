"""The judge of the lived-through quarter: which alert is about which label, and what the lines say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from finops_lib.analyses.alerts.anomalies import decide_anomalies
from finops_lib.findings import Anomaly
from tests.analyses.anomalies.judgements import anomaly
from tests.bench.estate_anomalies.bills import known_by
from tests.bench.estate_anomalies.measure import lines
from tests.bench.estate_anomalies.quarter import Lived
from tests.bench.estate_anomalies.verdict import Label, Labels

# account, service, region, project, team, environment, resource
PLACE = ("1", "A", "eu", "shop", "web", "prod", "i-1")
SPIKE = Label("spike", "spike_one_day", "aws", date(2026, 6, 10), date(2026, 6, 12), 300.0, frozenset({PLACE}))
DROP = replace(SPIKE, name="drop", kind="drop", start=date(2026, 6, 20), end=date(2026, 6, 22))
DAYS = [date(2026, 6, 1) + timedelta(days=n) for n in range(30)]


def node(expression: str, **changes: object) -> Anomaly:
    return replace(anomaly(expression=expression), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("expression", "is_about_it"),
    [
        ("provider = 'aws' and account = '1' and service = 'A'", True),
        ("provider = 'aws' and account = '1' and service = 'A' and ResourceId = 'I-1'", True),
        ("provider = 'aws' and team = 'web'", True),
        ("provider = 'aws'", True),
        ("provider = 'aws' and account = '1' and service = 'B'", False),
        ("provider = 'aws' and team = 'data'", False),
    ],
)
def test_an_alert_is_true_at_the_node_of_a_label_and_at_those_around_it(expression: str, is_about_it: bool) -> None:
    assert SPIKE.is_told_by(node(expression)) == is_about_it


def test_an_alert_of_other_days_another_provider_or_direction_is_about_something_else() -> None:
    same = "provider = 'aws' and account = '1' and service = 'A'"
    early = node(same, start=date(2026, 6, 1), end=date(2026, 6, 3))
    late = node(same, start=date(2026, 7, 20), end=date(2026, 7, 20))
    fell = node(same, impact=-300.0)
    azure = node("provider = 'azure'", provider="azure")
    assert [SPIKE.is_told_by(one) for one in (early, late, fell, azure)] == [False] * 4
    # What fell comes back, which is no event of its own.
    back = node(same, start=date(2026, 6, 23), end=date(2026, 6, 24))
    assert [DROP.is_told_by(one) for one in (fell, back)] == [False, True]
    assert DROP.is_told_by(node(same, start=DROP.start, end=DROP.end, impact=-300.0))
    assert Labels((SPIKE, DROP)).of(back) == DROP


def test_the_lines_count_what_was_told_late_not_at_all_and_without_a_cause() -> None:
    true = node("provider = 'aws' and team = 'web'", anomaly_id="a1")
    false = node("provider = 'aws' and team = 'data'", anomaly_id="b2")
    at = datetime(2026, 6, 13, 6, tzinfo=UTC)
    events = decide_anomalies([true, false], [], as_of=date(2026, 6, 12), now=at).events
    known = {one.anomaly_id: one for one in (true, false)}
    lived = Lived([(event, known[event.threshold]) for event in events], [true, false], sent=2, is_sound=True)
    said = "\n".join(lines(lived, Labels((SPIKE, DROP)), DAYS))
    # Monday 8 June is the second week of the days.
    assert "alerts a week: 0 2 0 0 0" in said
    assert "found    spike" in said
    assert "MISSED   drop" in said
    assert said.count("FALSE") == 1
    assert "2 alerts, 1 of them true: precision 0.50; 1 of 2 labels told: recall 0.50" in said
    assert "2 anomalies in the list, 1 of them true; 2 messages, each once" in said
    late = replace(SPIKE, start=date(2026, 6, 4))
    assert "late     spike" in "\n".join(lines(lived, Labels((late,)), DAYS))


def test_of_the_newest_days_only_a_part_has_arrived() -> None:
    said = known_by("azure", date(2026, 6, 10))
    # Azure leaves three days open: of 8 June 90 % are there, of the 10th 20 %.
    assert "<= date '2026-06-07'" in said
    assert "= date '2026-06-10' and" in said
    assert "% 1000 < 200" in said
    assert "% 1000 < 900" in said
