"""An episode is known again when it has grown or was restated, and taken back when the data shows it no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from finops_lib.analyses.anomalies.identity import anomaly_id, no_longer_there, recognise
from tests.analyses.anomalies.judgements import anomaly


def test_the_same_episode_gets_the_same_id_in_every_run() -> None:
    assert anomaly_id(anomaly()) == anomaly_id(anomaly(end=date(2026, 7, 1), impact=999.0))
    others = [anomaly(scope="aws/1/B"), anomaly(currency="EUR"), anomaly(impact=-5.0), anomaly(start=date(2026, 6, 9))]
    assert len({anomaly_id(one) for one in (anomaly(), *others)}) == 5


def test_an_episode_that_grew_or_moved_by_two_days_keeps_its_id() -> None:
    before = replace(anomaly(), anomaly_id="first")
    grown = anomaly(end=date(2026, 6, 20))
    moved = anomaly(start=date(2026, 6, 8), end=date(2026, 6, 8))
    assert [recognise([one], [before])[0].anomaly_id for one in (grown, moved)] == ["first", "first"]


def test_another_node_direction_or_week_is_another_episode() -> None:
    before = replace(anomaly(), anomaly_id="first")
    for one in (
        anomaly(scope="aws/1/B"),
        anomaly(impact=-300.0),
        anomaly(currency="EUR"),
        anomaly(start=date(2026, 6, 15), end=date(2026, 6, 15)),
    ):
        assert recognise([one], [before])[0].anomaly_id != "first"


def test_one_known_episode_is_not_taken_for_two() -> None:
    before = replace(anomaly(end=date(2026, 6, 20)), anomaly_id="first")
    halves = [anomaly(), anomaly(start=date(2026, 6, 18), end=date(2026, 6, 20))]
    ids = [one.anomaly_id for one in recognise(halves, [before])]
    assert ids[0] == "first"
    assert ids[1] != "first"


def test_a_new_episode_never_takes_the_id_of_one_that_began_on_its_day() -> None:
    # The known one was restated away from the day its id was made of.
    moved = replace(anomaly(start=date(2026, 6, 20), end=date(2026, 6, 20)), anomaly_id=anomaly_id(anomaly()))
    [found] = recognise([anomaly()], [moved])
    assert found.anomaly_id != moved.anomaly_id


def test_only_what_nobody_explained_and_was_looked_at_is_taken_back() -> None:
    through = date(2026, 6, 30)
    rest = {"since": date(2026, 6, 1), "through": through}
    statuses = ("open", "acknowledged", "closed", "resolved", "false_positive", "expected", "withdrawn")
    some = [replace(anomaly(), anomaly_id=status, status=status) for status in statuses]
    assert [one.anomaly_id for one in no_longer_there(some, set(), **rest)] == ["open", "acknowledged", "closed"]
    assert no_longer_there(some[:1], {"open"}, **rest) == []
    old = [replace(some[0], start=date(2026, 6, 1) + timedelta(days=1))]
    assert no_longer_there(old, set(), **rest) == []
