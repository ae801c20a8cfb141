"""More than a handful of messages for one reader become one."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from finops_lib.messages import Outgoing

DIGEST_ABOVE = 5
_OF_BUDGETS = ("actual", "forecast", "burn")
_WORST_FIRST = ("red", "orange", "yellow", "grey", "green")


@dataclass(frozen=True, slots=True)
class Fold:
    """A digest, and the messages that are in it and need not be sent by themselves."""

    digest: Outgoing
    folded: tuple[str, ...]


def fold(waiting: Sequence[Outgoing], *, foldable: Collection[str], above: int = DIGEST_ABOVE) -> list[Fold]:
    """Put messages for the same channel and target together where there are more than `above`.

    Args:
        waiting: messages that were never tried, oldest first.
        foldable: the channels whose messages may be put together; an incident stays by itself.
    """
    groups: dict[tuple[str, str], list[Outgoing]] = {}
    for message in waiting:
        # A report is read by itself.
        if message.action not in ("digest", "report") and message.channel in foldable:
            groups.setdefault((message.channel, message.target), []).append(message)
    return [_digest(messages) for messages in groups.values() if len(messages) > above]


def _digest(messages: Sequence[Outgoing]) -> Fold:
    folded = tuple(message.message_id for message in messages)
    items = sorted((dict(message.payload) for message in messages), key=_badness)
    count = len(messages)
    what = "budget alerts" if all(item.get("kind") in _OF_BUDGETS for item in items) else "alerts"
    payload = {
        "title": f"{count} {what} at once",
        "colour": items[0].get("colour", "grey"),
        "severity": items[0].get("severity", "info"),
        "sentence": f"{count} alerts came up together; here they are in one message, the worst first.",
        "items": items,
    }
    digest = Outgoing(
        message_id=hashlib.sha256("\n".join(folded).encode()).hexdigest()[:32],
        event_ids=tuple(dict.fromkeys(event for message in messages for event in message.event_ids)),
        action="digest",
        channel=messages[0].channel,
        target=messages[0].target,
        payload=payload,
        not_before=min(message.not_before for message in messages),
    )
    return Fold(digest, folded)


def _badness(payload: dict[str, object]) -> int:
    colour = str(payload.get("colour", ""))
    return _WORST_FIRST.index(colour) if colour in _WORST_FIRST else len(_WORST_FIRST)
