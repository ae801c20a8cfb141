"""What waits is sent: the outbox of the state database, the configured channels, and the sender between them."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from finops_lib.analyses.alerts.digest import fold as fold_messages
from finops_lib.delivery import CHANNELS, LETTER
from finops_lib.delivery.outbox import Delivered, Door, Sending
from finops_lib.errors import ConfigError, FinOpsError
from finops_lib.messages import Leased, Outgoing
from finops_lib.runs import clock, processes
from finops_lib.runs.acting import acting_user
from finops_lib.runs.letters import with_letter
from finops_lib.runs.opened import opened_state
from finops_lib.runs.secrets import Scrubber, known_secrets, resolve
from finops_lib.settings import Settings
from finops_lib.state import outbox
from finops_lib.state.open import State
from finops_lib.state.outbox import OutboxRecord, Sender

# Longer than any channel may take for one message; each message that is begun starts it anew.
LEASE = timedelta(minutes=5)
_BATCH = 20


def deliver_waiting(settings: Settings, state: State, *, sleep: Callable[[float], None] = time.sleep) -> Delivered:
    """Send what waits in the outbox and is due; give what became of it.

    What a channel does not take stays in the outbox with the reason; no error of a channel is raised.
    """
    now = clock.now()
    outbox.release_dead(state, host=processes.this_host(), is_alive=processes.is_alive)
    doors = doors_of(settings)
    foldable = {name for name, door in doors.items() if door.channel.folds}
    outbox.fold(state, lambda waiting: _folds(waiting, foldable), at=now)
    sender = Sender(processes.this_host(), os.getpid(), processes.birth_of(os.getpid()))
    # The last place where what a provider or a channel repeats can be taken out, whoever wrote the message.
    scrubber = Scrubber.of(known_secrets([settings.workbench.model_dump(mode="json")], os.environ))
    return Sending(
        _StateBox(state, sender),
        doors,
        reveal=resolve,
        random=random.random,
        sleep=sleep,
        enclose=lambda held: with_letter(settings, _scrubbed(held, scrubber)),
        scrub=scrubber.scrub,
    ).run()


def deliver_all(settings: Settings) -> Delivered:
    """Open the state and send what waits in its outbox and is due."""
    with opened_state(settings) as state:
        return deliver_waiting(settings, state)


def doors_of(settings: Settings) -> dict[str, Door]:
    """Give the configured channels by name."""
    configured = settings.workbench.channels
    return {name: Door(CHANNELS.get(config.kind), config.checked_options()) for name, config in configured.items()}


def unreachable_channels(settings: Settings) -> list[tuple[str, FinOpsError]]:
    """Give the channels that cannot be reached, each with the reason; nobody is told anything."""
    found = []
    for name, door in doors_of(settings).items():
        try:
            door.channel.try_reach(door.options, reveal=resolve)
        except FinOpsError as error:
            found.append((name, error))
    return found


def listed_outbox(settings: Settings, *, limit: int) -> list[dict[str, Any]]:
    """Give the messages as rows, newest first; never their text."""
    with opened_state(settings) as state:
        return [_outbox_row(one) for one in outbox.list_outbox(state, limit=limit)]


def retry(settings: Settings, message_id: str) -> Outgoing:
    """Let a message that is not sent be tried again at once; ConfigError if there is none."""
    with opened_state(settings) as state:
        return outbox.requeue(state, message_id, at=clock.now())


def send_test(settings: Settings, channel: str, *, target: str) -> str:
    """Send a message that says it is a test, past the outbox; give what the channel calls it.

    Raises:
        ConfigError: no such channel, a target where none is needed or none where one is, or a secret that is not there.
        NotDelivered: the channel did not take it.
    """
    doors = doors_of(settings)
    if channel not in doors:
        raise ConfigError.unknown("channel", channel, doors)
    door = doors[channel]
    if door.channel.needs_target != bool(target):
        need = "needs" if door.channel.needs_target else "takes no"
        raise ConfigError(f"channel {channel!r} {need} --to", next_step=f"finops alerts test {channel} --help")
    now = clock.now()
    identity = f"test-{now:%Y%m%d%H%M%S%f}"
    payload = {
        "title": "Test of the FinOps workbench",
        "sentence": f"Sent by {acting_user()}: this channel works. Nothing has to be done.",
        "colour": "green",
        "badge": "test",
        "severity": "info",
        "at": now.isoformat(),
        "dedup_key": identity,
        "subject": "finops",
        "kind": "test",
    }
    # An incident that a test leaves open would be looked for; resolving an unknown one does nothing.
    action = "trigger" if door.channel.folds else "resolve"
    message = Outgoing(identity, (), action, channel, target, payload, now)  # type: ignore[arg-type]
    return door.channel.send(door.options, Leased(message, 0, False), reveal=resolve)


@dataclass(frozen=True, slots=True)
class _StateBox:
    """The outbox of the state database, as the sender sees it."""

    state: State
    sender: Sender

    def take(self, skip: Collection[str]) -> Sequence[Leased]:
        now = clock.now()
        return outbox.lease(self.state, self.sender, at=now, until=now + LEASE, limit=_BATCH, skip=skip)

    def begin(self, held: Leased) -> bool:
        now = clock.now()
        return outbox.begin(self.state, held.message.message_id, self.sender, at=now, until=now + LEASE)

    def sent(self, held: Leased, provider_ref: str) -> None:
        outbox.mark_sent(
            self.state,
            held.message.message_id,
            at=clock.now(),
            provider_ref=provider_ref,
            may_repeat=held.may_repeat,
        )

    def failed(self, held: Leased, error: str, *, wait_s: float | None, is_unclear: bool, counts: bool) -> None:
        now = clock.now()
        outbox.mark_failed(
            self.state,
            held.message.message_id,
            self.sender,
            at=now,
            error=error,
            next_try=None if wait_s is None else now + timedelta(seconds=wait_s),
            is_unclear=is_unclear,
            counts=counts,
        )

    def release(self, held: Leased) -> None:
        outbox.release(self.state, [held.message.message_id], self.sender)


def _scrubbed(held: Leased, scrubber: Scrubber) -> Leased:
    """Give a message without known secrets; what finds its file, and the incident it belongs to, stays as it is."""
    payload = held.message.payload
    kept = {name: payload[name] for name in (LETTER, "dedup_key", "thread") if name in payload}
    return replace(held, message=replace(held.message, payload={**scrubber.scrub_tree(payload), **kept}))


def _folds(waiting: Sequence[Outgoing], foldable: Collection[str]) -> list[tuple[Outgoing, Sequence[str]]]:
    return [(one.digest, one.folded) for one in fold_messages(waiting, foldable=foldable)]


def _outbox_row(one: OutboxRecord) -> dict[str, Any]:
    return {
        "message_id": one.message.message_id,
        "standing": one.standing,
        "action": one.message.action,
        "channel": one.message.channel,
        "target": one.message.target,
        "events": list(one.message.event_ids),
        "created_at": one.created_at,
        "attempts": one.attempts,
        "next_try": one.next_try if one.standing == "waiting" else None,
        "sent_at": one.sent_at,
        "provider_ref": one.provider_ref,
        "last_error": one.last_error,
    }
