"""Who is told, by which channel, when, and which names they may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from typing import Any

import pytest

from finops_lib.analyses.alerts.decide import Decision
from finops_lib.analyses.alerts.digest import fold
from finops_lib.analyses.alerts.quiet import QuietHours, not_before
from finops_lib.analyses.alerts.routing import DEFAULT_ROUTE, Directory, Recipient, Routed, acknowledgements, route
from finops_lib.messages import AlertEvent, Outgoing
from tests.analyses.alert_histories import NOON, SHOP, History

ALL = {"chat": "slack", "post": "mail", "pager": "pagerduty"}


def directory(channels: Mapping[str, str] = ALL, **parts: Any) -> Directory:
    return Directory(channels=channels, routes=parts.pop("routes", {"default": DEFAULT_ROUTE}), **parts)


def words(event: AlertEvent) -> dict[str, Any]:
    return {"drivers": [driver["label"] for driver in event.facts.get("drivers", ())], "reason": event.facts["reason"]}


def equals(scope: str, row: Mapping[str, str]) -> bool:
    """A grammar of one sentence: `field = value`."""
    field, value = scope.split(" = ")
    return row.get(field) == value


def routed(decision: Decision, to: Directory, now: datetime = NOON, **more: Any) -> Routed:
    return route(decision, to, now=now, words=words, may_read=equals, **more)


def places(found: Routed) -> list[tuple[str, str, str]]:
    return [(message.action, message.channel, message.target) for message in found.messages]


def at(percent: float, earlier: tuple[float, ...] = (), **look: Any) -> Decision:
    """Give what is told when cost reaches `percent` of the amount."""
    history = History()
    for before in earlier:
        history.look(actual=before)
    return history.look(actual=percent, **look)


@pytest.mark.parametrize(
    ("percent", "earlier", "expected"),
    [
        (50, (), [("chat", "")]),
        (80, (50,), [("chat", ""), ("post", "ann@example.org")]),
        (100, (80,), [("post", "ann@example.org"), ("post", "boss@example.org")]),
        (120, (100,), [("pager", "")]),
        # One message each, however many thresholds were passed at once.
        (120, (), [("pager", ""), ("post", "ann@example.org"), ("post", "boss@example.org"), ("chat", "")]),
    ],
)
def test_each_threshold_has_its_readers(
    percent: float, earlier: tuple[float, ...], expected: list[tuple[str, str]]
) -> None:
    found = routed(at(percent, earlier), directory(), parent_owner="boss@example.org")
    assert [(channel, target) for _, channel, target in places(found)] == expected
    assert found.unreached == ()


def test_what_is_not_configured_is_told_where_the_next_lower_threshold_is() -> None:
    assert places(routed(at(120, (100,)), directory({"chat": "slack"}))) == [("trigger", "chat", "")]
    assert places(routed(at(120, (100,)), directory({"phone": "apprise"}))) == [("trigger", "phone", "")]


def test_nobody_to_tell_is_said() -> None:
    found = routed(at(50), directory({}))
    assert (found.messages, found.unreached) == ((), ("shop: nobody is told of actual 50",))


def test_an_owner_without_an_address_is_said() -> None:
    decision = at(80, (50,))
    nameless = replace(decision, events=(replace(decision.events[0], owner="the shop people"),))
    found = routed(nameless, directory())
    assert places(found) == [("trigger", "chat", "")]
    assert found.unreached == ("shop: owner has no address for post",)
    known = directory(recipients=(Recipient("the shop people", "shop@example.org"),))
    assert ("trigger", "post", "shop@example.org") in places(routed(nameless, known))


def test_a_route_of_its_own_wins_and_knows_kinds_and_people() -> None:
    routes = {"default": DEFAULT_ROUTE, "quiet": {"80": ["post:carl@example.org"], "forecast": ["chat"]}}
    history = History(budget=replace(History().budget, route="quiet"))
    assert places(routed(history.look(actual=81), directory(routes=routes))) == [
        ("trigger", "post", "carl@example.org")
    ]
    history.look(actual=81, forecast=101)
    assert places(routed(history.look(actual=81, forecast=101), directory(routes=routes))) == [("trigger", "chat", "")]


def test_the_same_decision_makes_the_same_ids() -> None:
    once, twice = (routed(at(80), directory()) for _ in range(2))
    assert [m.message_id for m in once.messages] == [m.message_id for m in twice.messages]
    assert len({m.message_id for m in once.messages}) == len(once.messages)


DRIVERS = (
    {"label": "compute", "dimension": "service", "cost": "10", "change": "1"},
    {"label": "secret project", "dimension": "project", "cost": "9", "change": "1"},
)


def sight(scope: str) -> tuple[Routed, list[Outgoing]]:
    """Give what ann gets of the shop's budget when she may read of `scope`."""
    to = directory({"post": "mail"}, recipients=(Recipient("ann", "ann@example.org", scope),))
    found = routed(at(80, (50,), drivers=DRIVERS, reason="because of secret project"), to)
    return found, list(found.messages)


def test_without_a_scope_of_their_own_people_read_everything() -> None:
    [message] = sight("")[1]
    assert message.payload == {"drivers": ["compute", "secret project"], "reason": "because of secret project"}


def test_whose_scope_is_the_budgets_reads_everything() -> None:
    [message] = sight("team = 'shop'")[1]
    assert message.payload["drivers"] == ["compute", "secret project"]


def test_who_may_not_read_of_the_budget_gets_nothing() -> None:
    found, messages = sight("team = web")
    assert messages == []
    assert found.unreached[0] == "shop: ann may not read of it"


@pytest.mark.parametrize(
    ("scope", "is_told"),
    [
        ("team = 'shop' and environment = 'prod'", True),
        ("environment = 'prod'", False),
        ("team in ('shop', 'web')", False),
        ("team = 'shop' and environment != 'prod'", False),
    ],
)
def test_a_budget_of_an_expression_is_told_to_whom_its_fixed_fields_belong(scope: str, is_told: bool) -> None:
    budget = replace(SHOP, scope=scope, scope_type="expression", scope_value=scope)
    to = directory({"post": "mail"}, recipients=(Recipient("ann", "ann@example.org", "team = shop"),))
    history = History(budget=budget)
    history.look(actual=50)
    assert bool(routed(history.look(actual=80), to).messages) == is_told


def test_a_driver_outside_of_the_readers_scope_is_not_named() -> None:
    def may_read(scope: str, row: Mapping[str, str]) -> bool:
        return row.get("team") == "shop" and "project" not in row

    to = directory({"post": "mail"}, recipients=(Recipient("ann", "ann@example.org", "team = 'shop' and not hidden"),))
    decision = at(80, (50,), drivers=DRIVERS, reason="because of secret project")
    [message] = route(decision, to, now=NOON, words=words, may_read=may_read).messages
    assert message.payload == {"drivers": ["compute"], "reason": ""}


def test_a_channel_can_have_a_scope_as_well() -> None:
    to = directory({"chat": "slack"}, recipients=(Recipient("everyone", "chat", "team = web"),))
    assert routed(at(50), to).messages == ()


def test_what_was_never_told_is_not_taken_back() -> None:
    history = History()
    for percent in (101, 101, 90, 90):
        decision = history.look(forecast=percent)
    [event] = decision.resolutions
    assert [action for action, _, _ in places(routed(decision, directory()))] == ["resolve", "resolve"]
    silent = Decision(resolutions=(replace(event, superseded_by="worse"),))
    assert routed(silent, directory()).messages == ()


def test_nobody_is_woken_for_a_period_that_is_over_and_its_incident_is_closed() -> None:
    history = History(now=datetime(2026, 10, 29, 12, tzinfo=UTC))
    history.look(actual=119)
    assert places(routed(history.look(actual=121), directory(), history.now)) == [("trigger", "pager", "")]
    over = history.look(actual=122)
    assert places(routed(over, directory(), history.now)) == [("resolve", "pager", "")]
    late = History(now=datetime(2026, 11, 1, tzinfo=UTC))
    assert "pager" not in {channel for _, channel, _ in places(routed(late.look(actual=121), directory(), late.now))}


def test_taking_note_stops_the_pager_and_tells_nobody_else() -> None:
    [event] = at(120).events
    [message] = acknowledgements(event, directory(), now=NOON, words=words)
    assert (message.action, message.channel) == ("acknowledge", "pager")


NIGHT = QuietHours(time(20), time(7), "Europe/Berlin")
LATE = datetime(2026, 10, 3, 21, 30, tzinfo=UTC)


def test_quiet_hours_hold_back_all_but_what_is_critical() -> None:
    to = directory(quiet=(NIGHT,))
    # 7:00 in Berlin, two hours ahead of UTC in early October.
    [held] = routed(at(50), to, LATE).messages
    assert held.not_before == datetime(2026, 10, 4, 5, tzinfo=UTC)
    urgent = routed(at(120), to, LATE).messages
    assert {message.not_before for message in urgent} == {LATE}


@pytest.mark.parametrize(
    ("moment", "free"),
    [
        ("2026-10-03T17:59", "2026-10-03T17:59"),  # 19:59 in Berlin
        ("2026-10-03T18:00", "2026-10-04T05:00"),
        ("2026-10-04T04:59", "2026-10-04T05:00"),
        ("2026-10-04T05:00", "2026-10-04T05:00"),
        ("2026-10-24T22:00", "2026-10-25T06:00"),  # the clocks go back that night: 7:00 is 6:00 UTC
        ("2026-03-28T22:00", "2026-03-29T05:00"),  # and forward on that one
    ],
)
def test_quiet_hours_follow_the_clock_on_the_wall(moment: str, free: str) -> None:
    asked, expected = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (moment, free))
    assert not_before(asked, [NIGHT]) == expected


def test_a_weekend_is_two_whole_days_and_a_week_without_an_end_is_not_waited_for() -> None:
    saturday = datetime(2026, 10, 3, 9, tzinfo=UTC)
    weekend = QuietHours(time(0), time(0), "UTC", (5, 6))
    assert not_before(saturday, [weekend]) == datetime(2026, 10, 5, tzinfo=UTC)
    assert not_before(saturday, [QuietHours(time(0), time(0), "UTC")]) == saturday


def message(number: int, channel: str = "chat", target: str = "", colour: str = "yellow") -> Outgoing:
    return Outgoing(f"m{number}", (f"e{number}",), "trigger", channel, target, {"colour": colour, "n": number}, NOON)


def test_more_than_five_messages_for_one_reader_become_one() -> None:
    five = [message(number) for number in range(5)]
    assert fold(five, foldable={"chat"}) == []
    [folded] = fold([*five, message(5, colour="red"), message(6, target="else")], foldable={"chat"})
    assert folded.folded == ("m0", "m1", "m2", "m3", "m4", "m5")
    assert (folded.digest.action, folded.digest.payload["colour"], folded.digest.payload["items"][0]["n"]) == (
        "digest",
        "red",
        5,
    )
    assert fold([message(number, "pager") for number in range(9)], foldable={"chat"}) == []
