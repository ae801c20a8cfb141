"""The sender: takes waiting messages, sends each through its channel, and says what became of it.

A try that fails is made again after 1, 5, 30 and 120 minutes; after that the message is a dead letter, which people see
and can send again. A channel that asks for a little patience gets it; one that fails several times in a row is left
alone until the next run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from finops_lib.breaker import Breaker
from finops_lib.delivery import Channel, NotDelivered, Reveal
from finops_lib.errors import ConfigError, FinOpsError
from finops_lib.messages import Leased

BACK_OFF_S = (60.0, 300.0, 1800.0, 7200.0)
# Senders that failed together shall not come back together.
JITTER = 0.2
# A channel that asks for no more than this is waited for; beyond it the next run comes back.
PATIENCE_S = 30.0
_CLOCKS_DIFFER_S = 0.05


@dataclass(frozen=True, slots=True)
class Door:
    """A configured channel."""

    channel: Channel
    options: Any


class Box(Protocol):
    """Where messages wait. Every call is a transaction of its own."""

    def take(self, skip: Collection[str]) -> Sequence[Leased]:
        """Give some due messages that nobody else sends now; none of the channels in `skip`."""
        ...

    def begin(self, held: Leased) -> bool:
        """Say that sending begins; False = somebody else has the message by now."""
        ...

    def sent(self, held: Leased, provider_ref: str) -> None:
        """Say that the channel has taken it, and what it calls it."""
        ...

    def failed(self, held: Leased, error: str, *, wait_s: float | None, is_unclear: bool, counts: bool) -> None:
        """Say that it was not taken; try again after `wait_s`, None = never by itself."""
        ...

    def release(self, held: Leased) -> None:
        """Give back a message whose sending did not begin."""
        ...


@dataclass(slots=True)
class Delivered:
    """What one run of the sender did, in messages; `errors` has the last one of each channel."""

    sent: int = 0
    failed: int = 0
    dead: int = 0
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Sending:
    """One run of the sender.

    Args:
        doors: channel's name -> channel.
        reveal: gives the secret behind a reference.
        random: gives a number from 0 to 1, for the jitter.
        enclose: gives a message with the letter it names; NotDelivered where that is gone.
        scrub: takes known secrets out of what a channel answers.
        sleep, elapsed: seconds.
    """

    box: Box
    doors: Mapping[str, Door]
    reveal: Reveal
    random: Callable[[], float]
    sleep: Callable[[float], None] = time.sleep
    elapsed: Callable[[], float] = time.monotonic
    enclose: Callable[[Leased], Leased] = lambda held: held
    scrub: Callable[[str], str] = str
    done: Delivered = field(default_factory=Delivered)
    _breakers: dict[str, Breaker] = field(default_factory=dict)
    _last: dict[str, float] = field(default_factory=dict)
    # Channel -> when it may be asked again; None = not in this run.
    _resting: dict[str, float | None] = field(default_factory=dict)

    def run(self) -> Delivered:
        """Send until nothing is due that can be sent."""
        while True:
            batch = self.box.take(set(self._resting))
            for held in batch:
                self._handle(held)
            if not batch and not self._rested():
                return self.done

    def _handle(self, held: Leased) -> None:
        name = held.message.channel
        door = self.doors.get(name)
        if name in self._resting:
            self.box.release(held)
        elif door is None:
            self._fail(held, NotDelivered(f"there is no channel {name!r} in params/workbench.yaml", is_final=True))
        elif held.attempts > len(BACK_OFF_S):
            # Its sender never came back to say why.
            self._fail(held, NotDelivered(f"each of {held.attempts} tries ended with its sender", is_final=True))
        else:
            self._keep_distance(name, door.channel.spacing_s)
            if self.box.begin(held):
                self._send(held, door)

    def _send(self, held: Leased, door: Door) -> None:
        name = held.message.channel
        breaker = self._breakers.setdefault(name, Breaker(name))
        try:
            # Before the channel is called: that a letter is gone says nothing against it.
            whole = self.enclose(held)
            with breaker.call():
                reference = self._sent_or_refused(whole, door)
        except NotDelivered as error:
            self._fail(held, error)
            if error.wait_s is not None and not breaker.is_open and error.wait_s <= PATIENCE_S:
                self._resting[name] = self.elapsed() + error.wait_s
            elif error.wait_s is not None or breaker.is_open:
                self._resting[name] = None
        except ConfigError as error:
            self._fail(held, error)
            self._resting[name] = None
        else:
            if reference is not None:
                self.box.sent(held, reference)
                self.done.sent += 1
        self._last[name] = self.elapsed()

    def _sent_or_refused(self, held: Leased, door: Door) -> str | None:
        """Send and give what the channel calls it; None = refused for good, which says nothing against the channel."""
        try:
            return door.channel.send(door.options, held, reveal=self.reveal)
        except NotDelivered as error:
            if not error.is_final:
                raise
            self._fail(held, error)
            return None

    def _fail(self, held: Leased, error: FinOpsError) -> None:
        """Say that a try failed, and when the next one is."""
        asked = error.wait_s if isinstance(error, NotDelivered) else None
        is_final = isinstance(error, NotDelivered) and error.is_final
        wait: float | None
        if asked is not None:
            wait = asked
        elif is_final or held.attempts >= len(BACK_OFF_S):
            wait = None
        else:
            wait = BACK_OFF_S[held.attempts] * (1 + JITTER * self.random())
        # Whatever this try says, an earlier one may have arrived.
        is_unclear = held.may_repeat or (isinstance(error, NotDelivered) and error.is_unclear)
        what = self.scrub(error.what)
        self.done.errors[held.message.channel] = what
        if is_unclear and wait is None:
            # Whoever is to send a dead letter again should know that its reader may have it.
            what += "; it may have arrived all the same"
        self.box.failed(held, what, wait_s=wait, is_unclear=is_unclear, counts=asked is None)
        if wait is None:
            self.done.dead += 1
        else:
            self.done.failed += 1

    def _keep_distance(self, name: str, spacing_s: float) -> None:
        if name in self._last and (wait := self._last[name] + spacing_s - self.elapsed()) > 0:
            self.sleep(wait)

    def _rested(self) -> bool:
        """Wait for the channel that can be asked again first; False = there is none."""
        moments = {name: moment for name, moment in self._resting.items() if moment is not None}
        if not moments:
            return False
        name = min(moments, key=lambda name: moments[name])
        self.sleep(max(moments[name] - self.elapsed(), 0) + _CLOCKS_DIFFER_S)
        del self._resting[name]
        return True
