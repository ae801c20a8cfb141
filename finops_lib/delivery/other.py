"""Any other channel, by apprise: Teams, Discord, Telegram, ntfy and a hundred more, each by one address.

apprise says only whether it worked, so a failure may have arrived; the next try says that it may be a repeat.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from finops_lib.delivery import CHANNELS, REPEAT, NotDelivered, Options, Reveal
from finops_lib.delivery.plain import clean, web_link
from finops_lib.errors import ConfigError
from finops_lib.messages import Leased
from finops_lib.strict import SecretReference

if TYPE_CHECKING:
    from apprise import Apprise

_TITLE_LIMIT = 200
_ITEMS_SHOWN = 20
# Not seen, and enough for `@everyone` to be nobody. `clean` has taken out those that a name brought.
_ZERO_WIDTH_SPACE = "\u200b"


class OtherOptions(Options):
    """`url`: where apprise's address of the channel is kept; it holds the token."""

    url: SecretReference


class Other:
    """What apprise can reach."""

    options: type[Options] = OtherOptions
    spacing_s = 1.0
    needs_target = False
    folds = True

    def send(self, options: OtherOptions, held: Leased, *, reveal: Reveal) -> str:
        """Send one message as plain text."""
        notifier = _notifier(reveal(options.url), options.timeout_s)
        payload = held.message.payload
        body = "\n".join(_lines(payload, may_repeat=held.may_repeat))
        if not notifier.notify(
            title=unmentioned(payload.get("title", ""), _TITLE_LIMIT), body=body, body_format="text"
        ):
            raise NotDelivered("apprise could not deliver the message", is_unclear=True)
        return ""

    def try_reach(self, options: OtherOptions, *, reveal: Reveal) -> str:
        """Look whether apprise understands the address."""
        _notifier(reveal(options.url), options.timeout_s)
        return "apprise understands the address"


def unmentioned(text: object, limit: int = 300) -> str:
    """Clean text and break up what some channel could take for a mention."""
    shown = clean(text, limit)
    for mark in ("@", "<", "#"):
        shown = shown.replace(mark, mark + _ZERO_WIDTH_SPACE)
    return shown


def _lines(payload: Mapping[str, Any], *, may_repeat: bool) -> Iterator[str]:
    yield unmentioned(payload.get("sentence", ""), 1000)
    for label, value in payload.get("figures", ()):
        yield f"{unmentioned(label)}: {unmentioned(value)}"
    for place, (label, value) in enumerate(payload.get("drivers", ()), start=1):
        yield f"{place}. {unmentioned(label)}: {unmentioned(value)}"
    items = payload.get("items", ())
    for item in items[:_ITEMS_SHOWN]:
        yield unmentioned(item.get("title", ""))
    if len(items) > _ITEMS_SHOWN:
        yield f"and {len(items) - _ITEMS_SHOWN} more"
    for note in payload.get("notes", ()):
        yield unmentioned(note, 1000)
    if link := web_link(payload.get("link", "")):
        yield link
    if payload.get("acknowledge"):
        yield f"Take note of it: {unmentioned(payload['acknowledge'])}"
    if may_repeat:
        yield REPEAT


def _notifier(address: str, timeout_s: float) -> Apprise:
    try:
        from apprise import Apprise
    except ImportError as error:
        raise ConfigError(
            "a channel of kind apprise needs the package apprise", next_step="pip install finops[channels]"
        ) from error
    # Its log lines name addresses; what went wrong is said by us.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    notifier = Apprise()
    parts = "&" if "?" in address else "?"
    if not notifier.add(f"{address}{parts}rto={timeout_s}&cto={min(timeout_s, 5.0)}"):
        raise ConfigError("apprise does not understand the address", next_step="correct it where it is kept")
    return notifier


CHANNELS.register("apprise")(Other())
