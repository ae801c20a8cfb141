"""Which channels and people are told of an event, when, and which names may they read?

Question: who may read the names inside a message (domain.md 9.3)?
Choice: a recipient sees a budget only if its scope matches what the budget's own scope fixes (team = 'shop'), and a
driver only if its scope matches the driver as well; a budget that cannot be said by fixed fields is outside.
Why: a name that should have been left out cannot be taken back. Declined: proving that one expression contains another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from finops_lib.analyses.alerts.decide import Decision
from finops_lib.analyses.alerts.quiet import QuietHours, not_before
from finops_lib.analyses.alerts.thresholds import ANY_SPEND
from finops_lib.analyses.scopes import Both, Claim, parse_scope
from finops_lib.messages import WAS_OVER, Action, AlertEvent, Outgoing

# Told by whoever knows the grammar of scopes: does this scope expression match a charge of these columns?
MayRead = Callable[[str, Mapping[str, str]], bool]
# Makes the words of a message from an event.
Words = Callable[[AlertEvent], Mapping[str, Any]]

Route = Mapping[str, Sequence[str]]
DEFAULT = "default"
# domain.md 1.10. A destination is a channel's name, or a kind for all channels of it, and after a colon a person.
DEFAULT_ROUTE: Route = {
    "50": ("slack",),
    "80": ("slack", "mail:owner"),
    "100": ("mail:owner", "mail:parent_owner"),
    "120": ("pagerduty",),
    "forecast": ("slack", "mail:owner"),
    "burn": ("slack",),
    "stale": ("mail:operators",),
    "rule": ("slack",),
    "anomaly": ("slack", "mail:owner"),
}
# What a kind of event without a row of its own is told like.
_LIKE = {"forecast": "80", "burn": "50", "stale": "50", "rule": "50", "anomaly": "50"}
_NEEDS_TARGET = "mail"
_PAGER = "pagerduty"
_CRITICAL_FROM = 120


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who reads messages.

    Args:
        address: a mail address, or the name of a channel whose readers it stands for.
        scope: expression of what they may read names of; "" = everything.
    """

    name: str
    address: str
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Directory:
    """Who can be told, and how.

    Args:
        channels: name -> kind.
        routes: name -> what (a threshold in percent, or a kind of event) -> destinations.
    """

    channels: Mapping[str, str]
    routes: Mapping[str, Route]
    recipients: tuple[Recipient, ...] = ()
    quiet: tuple[QuietHours, ...] = ()


@dataclass(frozen=True, slots=True)
class Routed:
    """Messages, and in words why some event reaches nobody or not everybody."""

    messages: tuple[Outgoing, ...]
    unreached: tuple[str, ...] = ()


def route(
    decision: Decision,
    directory: Directory,
    *,
    now: datetime,
    words: Words,
    may_read: MayRead,
    parent_owner: str = "",
) -> Routed:
    """Make the messages of a decision; the same decision makes messages of the same ids.

    Args:
        parent_owner: owner of the budget that the decision's budget is part of; "" = there is none.
    """
    told: list[tuple[AlertEvent, Action]] = [(event, "trigger") for event in decision.events]
    # What was never told is not taken back either, nor what was told to be over.
    open_until_now = [one for one in decision.resolutions if not (one.superseded_by or WAS_OVER in one.facts)]
    told += [(event, "resolve") for event in open_until_now]
    messages: dict[str, Outgoing] = {}
    unreached: list[str] = []
    for event, action in told:
        found, missing = _messages(event, action, directory, now, words, may_read, parent_owner)
        messages |= {message.message_id: message for message in found}
        unreached += missing
        if not found and action == "trigger":
            unreached.append(f"{event.subject}: nobody is told of {event.kind} {event.threshold}".rstrip())
    return Routed(tuple(messages.values()), tuple(dict.fromkeys(unreached)))


def acknowledgements(event: AlertEvent, directory: Directory, *, now: datetime, words: Words) -> list[Outgoing]:
    """Make the messages that stop the pager, once somebody has taken note of an event; nobody else is told."""
    if event.superseded_by:
        return []
    pagers = {name: kind for name, kind in directory.channels.items() if kind == _PAGER}
    return [
        Outgoing(
            message_id=_message_id(event, "acknowledge", channel, ""),
            event_ids=(event.event_id,),
            action="acknowledge",
            channel=channel,
            target="",
            payload=words(event),
            not_before=now,
        )
        for channel, _ in _destinations(event, directory.routes, directory.channels)
        if channel in pagers
    ]


def _messages(
    event: AlertEvent,
    action: Action,
    directory: Directory,
    now: datetime,
    words: Words,
    may_read: MayRead,
    parent_owner: str,
) -> tuple[list[Outgoing], list[str]]:
    found, missing = [], []
    is_ended = WAS_OVER in event.facts or event.facts.get("period_end", "9999") <= now.date().isoformat()
    channels = directory.channels
    if is_ended and action == "trigger":
        # Nobody is woken for what is over.
        channels = {name: kind for name, kind in channels.items() if kind != _PAGER}
    for channel, target in _destinations(event, directory.routes, channels):
        kind = channels[channel]
        if is_ended and action == "resolve" and kind != _PAGER:
            # That a period is over is no news to people, but an incident must not stay open.
            continue
        reader = _reader(channel, target, kind, event, directory, parent_owner)
        if reader is None:
            if target != "parent_owner" or parent_owner:
                missing.append(f"{event.subject}: {target or 'owner'} has no address for {channel}")
            continue
        seen = _as_seen_by(reader, event, may_read)
        if seen is None:
            missing.append(f"{event.subject}: {reader.name} may not read of it")
            continue
        address = reader.address if kind == _NEEDS_TARGET else ""
        is_urgent = kind == _PAGER or is_critical(event)
        found.append(
            Outgoing(
                message_id=_message_id(event, action, channel, address),
                event_ids=(event.event_id,),
                action=action,
                channel=channel,
                target=address,
                payload=words(seen),
                not_before=now if is_urgent else not_before(now, directory.quiet),
            )
        )
    return found, missing


def is_critical(event: AlertEvent) -> bool:
    """Whether an event is bad enough to break quiet hours."""
    return event.kind == "actual" and event.threshold != ANY_SPEND and float(event.threshold) >= _CRITICAL_FROM


def _destinations(
    event: AlertEvent, routes: Mapping[str, Route], channels: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Give channel and target of everybody who is told, each once; what an event superseded is told with it."""
    table = routes.get(event.facts.get("route") or DEFAULT) or routes.get(DEFAULT) or DEFAULT_ROUTE
    keys = [f"{event.kind} {event.threshold}", *event.facts.get("also", ())]
    found: dict[tuple[str, str], None] = {}
    for key in keys:
        kind, _, threshold = key.partition(" ")
        for channel, target in _row(table, kind, threshold, channels):
            found[channel, target] = None
    yield from found


def _row(table: Route, kind: str, threshold: str, channels: Mapping[str, str]) -> list[tuple[str, str]]:
    """Give the destinations of the row that fits best and has any; an event is told somewhere if anywhere."""
    names = [kind] if kind != "actual" else []
    level = float(_LIKE[kind]) if kind in _LIKE else 100.0 if threshold == ANY_SPEND else float(threshold)
    rows = sorted((key for key in table if key.isdecimal()), key=int)
    lower = [key for key in reversed(rows) if int(key) <= level]
    higher = [key for key in rows if int(key) > level]
    for name in (*names, *lower, *higher):
        if name in table and (found := list(_expand(table[name], channels))):
            return found
    return [(channel, "owner" if kind == _NEEDS_TARGET else "") for channel, kind in channels.items()]


def _expand(destinations: Iterable[str], channels: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for destination in destinations:
        name, _, target = destination.partition(":")
        named = [name] if name in channels else [channel for channel, kind in channels.items() if kind == name]
        yield from ((channel, target) for channel in named)


def _reader(
    channel: str, target: str, kind: str, event: AlertEvent, directory: Directory, parent_owner: str
) -> Recipient | None:
    """Give who reads what is sent there; None = a person without an address."""
    by_name = {recipient.name: recipient for recipient in directory.recipients}
    by_address = {recipient.address.lower(): recipient for recipient in directory.recipients}
    if kind != _NEEDS_TARGET:
        return by_address.get(channel.lower()) or Recipient(channel, channel)
    person = {"": event.owner, "owner": event.owner, "parent_owner": parent_owner}.get(target, target)
    if person in by_name:
        return by_name[person]
    if "@" not in person:
        return None
    # Whoever owns a budget may read what it is made of.
    return by_address.get(person.lower()) or Recipient(person, person)


def _as_seen_by(reader: Recipient, event: AlertEvent, may_read: MayRead) -> AlertEvent | None:
    """Give the event without the names that the reader may not see; None = it is none of their business."""
    if not reader.scope or reader.scope == event.scope:
        return event
    row = _said_of(event.scope)
    if not row or not may_read(reader.scope, row):
        return None
    drivers = event.facts.get("drivers", ())
    shown = [one for one in drivers if may_read(reader.scope, {**row, one.get("dimension", ""): one.get("label", "")})]
    hidden = len(drivers) - len(shown)
    # The reason is written for the owner and may name what is hidden.
    reason = {"reason": ""} if hidden else {}
    return replace(event, facts={**event.facts, "drivers": shown, "hidden_drivers": hidden, **reason})


def _said_of(scope: str) -> dict[str, str]:
    """Give the fields that a scope fixes, where it says nothing else; {} = it cannot be said by fields alone."""
    tree = parse_scope(scope)
    claims = tree.parts if isinstance(tree, Both) else (tree,)
    fixed = [claim for claim in claims if isinstance(claim, Claim) and claim.test == "=" and not claim.key]
    return {claim.field: claim.values[0] for claim in fixed} if len(fixed) == len(claims) else {}


def _message_id(event: AlertEvent, action: Action, channel: str, address: str) -> str:
    return hashlib.sha256("\n".join((event.event_id, action, channel, address)).encode()).hexdigest()[:32]
