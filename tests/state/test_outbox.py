"""Messages that wait: leased by one sender, sent at least once, and never lost."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from finops_lib.errors import ConfigError
from finops_lib.messages import Outgoing
from finops_lib.state import outbox
from finops_lib.state.open import State
from finops_lib.state.outbox import Sender
from tests.state.conftest import on_every_state

pytestmark = on_every_state

NOON = datetime(2026, 10, 3, 12, tzinfo=UTC)
SOON = NOON + timedelta(minutes=5)
ONE, TWO = Sender("here", 1, 1.5), Sender("here", 2, 2.5)


def message(number: int = 1, **changes: Any) -> Outgoing:
    parts = {
        "message_id": f"m{number}",
        "event_ids": (f"e{number}",),
        "action": "trigger",
        "channel": "chat",
        "target": "",
        "payload": {"title": f"alert {number}"},
        "not_before": NOON,
    }
    return Outgoing(**{**parts, **changes})


def enqueue(state: State, messages: Sequence[Outgoing], at: datetime = NOON) -> None:
    with state.write() as session:
        outbox.enqueue(session, messages, at=at)


def lease(state: State, sender: Sender = ONE, at: datetime = NOON, **more: Any) -> list[str]:
    held = outbox.lease(state, sender, at=at, until=at + timedelta(minutes=5), limit=20, **more)
    return [one.message.message_id for one in held]


def begin(state: State, message_id: str = "m1", sender: Sender = ONE, at: datetime = NOON) -> bool:
    return outbox.begin(state, message_id, sender, at=at, until=at + timedelta(minutes=5))


def fail(state: State, message_id: str = "m1", sender: Sender = ONE, **changes: Any) -> None:
    parts = {"at": NOON, "error": "no", "next_try": NOON, "is_unclear": False}
    outbox.mark_failed(state, message_id, sender, **{**parts, **changes})


def test_a_message_comes_back_as_it_was_entered_and_the_same_id_is_entered_once(state: State) -> None:
    enqueue(state, [message(), message(2)])
    enqueue(state, [message(payload={"title": "another"})])
    held = outbox.lease(state, ONE, at=NOON, until=SOON, limit=20)
    assert [one.message for one in held] == [message(), message(2)]
    assert [(one.attempts, one.may_repeat) for one in held] == [(0, False)] * 2


def test_nobody_else_gets_what_is_leased_until_the_lease_is_over(state: State) -> None:
    enqueue(state, [message()])
    assert (lease(state), lease(state, TWO), lease(state, TWO, SOON)) == (["m1"], [], ["m1"])


def test_whoever_lost_its_lease_does_not_begin(state: State) -> None:
    enqueue(state, [message()])
    lease(state)
    lease(state, TWO, SOON)
    assert not begin(state, at=SOON)
    assert begin(state, sender=TWO, at=SOON)
    # Nor may it, once its own time is over.
    enqueue(state, [message(2)])
    lease(state, ONE)
    assert not begin(state, "m2", at=SOON)


def test_a_sender_that_died_before_it_began_has_sent_nothing(state: State) -> None:
    enqueue(state, [message(), message(2)])
    lease(state)
    begin(state, "m2")
    again = outbox.lease(state, TWO, at=SOON, until=SOON, limit=20)
    # m2 was begun: whether it arrived nobody knows.
    assert [(one.message.message_id, one.may_repeat, one.attempts) for one in again] == [
        ("m1", False, 0),
        ("m2", True, 1),
    ]


def test_what_a_dead_sender_of_this_machine_held_is_free_at_once(state: State) -> None:
    enqueue(state, [message(), message(2)])
    outbox.lease(state, ONE, at=NOON, until=SOON, limit=1)
    outbox.lease(state, TWO, at=NOON, until=SOON, limit=1)
    assert outbox.release_dead(state, host="elsewhere", is_alive=lambda pid, born: False) == 0
    assert outbox.release_dead(state, host="here", is_alive=lambda pid, born: pid == 2) == 1
    assert lease(state, Sender("here", 3, 3.5)) == ["m1"]


def test_what_failed_waits_for_its_time_and_what_is_dead_for_a_person(state: State) -> None:
    enqueue(state, [message()])
    lease(state), begin(state)
    fail(state, next_try=SOON, error="503")
    assert (lease(state), lease(state, at=SOON)) == ([], ["m1"])
    begin(state, at=SOON)
    fail(state, next_try=None, error="gone")
    assert lease(state, at=SOON + timedelta(days=9)) == []
    [dead] = outbox.list_outbox(state, standing="dead")
    assert (dead.attempts, dead.last_error) == (2, "gone")
    assert outbox.requeue(state, "m", at=SOON).message_id == "m1"
    [again] = outbox.lease(state, ONE, at=SOON, until=SOON, limit=1)
    assert (again.attempts, again.may_repeat) == (0, False)


def test_a_try_that_got_no_answer_may_have_arrived_and_one_that_was_told_to_wait_is_none(state: State) -> None:
    enqueue(state, [message()])
    lease(state), begin(state)
    fail(state, is_unclear=True)
    [held] = outbox.lease(state, ONE, at=NOON, until=SOON, limit=1)
    assert (held.attempts, held.may_repeat) == (1, True)
    begin(state)
    fail(state, counts=False)
    [held] = outbox.lease(state, ONE, at=NOON, until=SOON, limit=1)
    assert (held.attempts, held.may_repeat) == (1, False)


def test_what_is_sent_is_sent(state: State) -> None:
    enqueue(state, [message()])
    lease(state), begin(state)
    outbox.mark_sent(state, "m1", at=NOON, provider_ref="ok")
    assert lease(state, at=NOON + timedelta(days=9)) == []
    [sent] = outbox.list_outbox(state)
    assert (sent.standing, sent.provider_ref, sent.sent_at) == ("sent", "ok", NOON)
    with pytest.raises(ConfigError, match="m1 was sent on 2026-10-03 12:00 UTC"):
        outbox.requeue(state, "m1", at=NOON)
    with pytest.raises(ConfigError, match="there is no message 'x'"):
        outbox.requeue(state, "x", at=NOON)


def test_an_incident_is_not_closed_before_it_is_opened(state: State) -> None:
    resolve = message(0, event_ids=("e1",), action="resolve")
    enqueue(state, [resolve, message()])
    assert lease(state) == ["m1"]
    begin(state)
    outbox.mark_sent(state, "m1", at=NOON, provider_ref="")
    assert lease(state) == ["m0"]


def test_an_incident_whose_opening_lay_dead_is_closed_after_it_again(state: State) -> None:
    enqueue(state, [message(), message(2, event_ids=("e1",), action="resolve")])
    lease(state), begin(state)
    fail(state, next_try=None)
    assert lease(state) == ["m2"]
    outbox.mark_sent(state, "m2", at=NOON, provider_ref="")
    outbox.requeue(state, "m1", at=NOON)
    assert lease(state) == ["m1"]
    outbox.mark_sent(state, "m1", at=NOON, provider_ref="")
    assert lease(state) == ["m2"]


def test_quiet_hours_and_resting_channels_are_kept(state: State) -> None:
    enqueue(state, [message(not_before=SOON), message(2, channel="mail")])
    assert lease(state, skip={"mail"}) == []
    assert lease(state, at=SOON, skip={"mail"}) == ["m1"]


def test_a_digest_takes_the_place_of_what_is_in_it(state: State) -> None:
    enqueue(state, [message(), message(2), message(3, not_before=SOON)])
    digest = message(9, event_ids=("e1", "e2"), action="digest")

    def choose(waiting: Sequence[Outgoing]) -> list[tuple[Outgoing, Sequence[str]]]:
        found = [one.message_id for one in waiting]
        return [(digest, found)] if len(found) > 1 else []

    assert outbox.fold(state, choose, at=NOON) == 1
    assert outbox.fold(state, choose, at=NOON) == 0
    assert sorted(lease(state, at=SOON)) == ["m3", "m9"]
    folded = {one.message.message_id: one.provider_ref for one in outbox.list_outbox(state, standing="sent")}
    assert folded == {"m1": "in digest m9", "m2": "in digest m9"}


def test_what_was_tried_is_not_put_into_a_digest(state: State) -> None:
    enqueue(state, [message()])
    lease(state), begin(state)
    fail(state)
    assert (
        outbox.fold(
            state, lambda waiting: [(message(9), [one.message_id for one in waiting])] if waiting else [], at=SOON
        )
        == 0
    )


def test_senders_at_the_same_moment_never_hold_the_same_message(state: State) -> None:
    enqueue(state, [message(number) for number in range(60)])
    taken: dict[int, list[str]] = {}
    errors: list[Exception] = []

    def send(number: int) -> None:
        sender, mine = Sender("here", number, 1.0), taken.setdefault(number, [])
        try:
            while held := outbox.lease(state, sender, at=NOON, until=SOON, limit=3):
                for one in held:
                    assert begin(state, one.message.message_id, sender)
                    outbox.mark_sent(state, one.message.message_id, at=NOON, provider_ref="")
                    mine.append(one.message.message_id)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    sent = [message_id for mine in taken.values() for message_id in mine]
    assert sorted(sent) == sorted(f"m{number}" for number in range(60))


def test_what_is_sent_or_dead_waits_no_more(state: State) -> None:
    enqueue(state, [message(number) for number in (1, 2, 3, 4)])
    assert outbox.count_unsent(state) == 4
    assert set(lease(state)) == {"m1", "m2", "m3", "m4"}
    begin(state, "m1")
    outbox.mark_sent(state, "m1", at=NOON, provider_ref="")
    fail(state, "m2", next_try=None)
    fail(state, "m3")
    # One has failed and will be tried again, one is still held by its sender.
    assert outbox.count_unsent(state) == 2
