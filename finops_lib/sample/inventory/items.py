"""What is one resource of the sample's inventory, and what is known of its fleet's lines on the last day?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

import numpy as np

from finops_lib.sample.accounts import ACCOUNT
from finops_lib.sample.charges import ARRIVED
from finops_lib.sample.curves import MONTH, Calendar
from finops_lib.sample.inventory.busy import Busy
from finops_lib.sample.lines import MICRO, Bill, Line, resource_on
from finops_lib.sample.records import Account

# Older than any look-back.
LONG_AGO = 540
_AFTER = re.compile(r"-\d+-after$")
# A machine that is off at weekends was on a few days ago.
_RECENT_DAYS = 4


@dataclass(frozen=True, slots=True)
class Item:
    """One resource as its provider describes it; times are UTC.

    Args:
        busy: metric -> how busy, for what is watched.
        busy_from, busy_until: first and last hour with points; None = as long as there are any.
    """

    type: str
    resource_id: str
    account: str
    region: str
    name: str = ""
    state: str = ""
    state_since: datetime | None = None
    created_at: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    busy: Mapping[str, Busy] = field(default_factory=dict)
    busy_from: datetime | None = None
    busy_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """One line of the bill whose resource is there, or stands stopped, on the last day.

    Args:
        fleet: the name of its fleet, also where a remedy replaced the line.
        stopped_at: when it stopped to be charged; None = it runs.
        monthly_quantity: hours or gigabytes of a month, from what it cost on its last day.
    """

    line: Line
    fleet: str
    account: Account
    kind: str
    meter: str
    resource_id: str
    name: str
    created_at: datetime
    stopped_at: datetime | None
    monthly_quantity: float

    @property
    def slot(self) -> int:
        return self.line.slot

    @property
    def is_member(self) -> bool:
        """Whether its fleet replaces its resources, as a group of machines does."""
        return self.line.fleet.life > 0

    @property
    def tags(self) -> dict[str, str]:
        """The tags without the mark by which a bill tells a user's from its own."""
        return {key.removeprefix("user:"): value for key, value in self.line.pairs}


def holdings(bill: Bill, calendar: Calendar, *, stopped: frozenset[str]) -> Iterator[Holding]:
    """Give what is there on the last day of which everything has arrived.

    Args:
        stopped: fleets whose machines were stopped and not deleted.
    """
    last = calendar.last - len(ARRIVED[bill.provider])
    positions = {name: n for n, name in enumerate(dict.fromkeys(line.fleet.name for line in bill.lines))}
    for number, line in enumerate(bill.lines):
        kind = bill.skus[number].resource
        money = bill.money[positions[line.fleet.name], : last + 1] * line.weight
        if bill.left is not None:
            money = money * bill.left[number, : last + 1]
        charged = np.flatnonzero(money)
        if not kind or not len(charged):
            continue
        is_off = int(charged[-1]) < last - _RECENT_DAYS
        if is_off and line.fleet.name not in stopped:
            continue
        day = int(charged[-1])
        resource = int(resource_on(line, np.array([day]))[0])
        price = bill.prices[number].effective / MICRO
        yield Holding(
            line=line,
            fleet=_AFTER.sub("", line.fleet.name),
            account=ACCOUNT[line.fleet.account],
            kind=kind,
            meter=bill.skus[number].meter,
            resource_id=str(bill.resources["ResourceId"][resource]),
            name=str(bill.resources["ResourceName"][resource]),
            created_at=_created(line, calendar, day),
            stopped_at=_at(calendar, int(charged[-1]) + 1, 6) if is_off else None,
            monthly_quantity=float(money[charged[-1]]) * MONTH / price,
        )


def ago(calendar: Calendar, days: int, hour: int = 9) -> datetime:
    """Give a moment so many days before the anchor."""
    return _at(calendar, calendar.index(days), hour)


def until(calendar: Calendar) -> datetime:
    """Give the end of the last day, which what is said of it cannot be later than."""
    return _at(calendar, calendar.last + 1, 0)


def iso(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}"


def _created(line: Line, calendar: Calendar, day: int) -> datetime:
    if line.fleet.life:
        generation = int(resource_on(line, np.array([day]))[0]) - line.first_resource
        return _at(calendar, max(generation * line.fleet.life - (line.slot * 7) % line.fleet.life, -LONG_AGO), 4)
    return ago(calendar, line.fleet.starts if line.fleet.starts is not None else LONG_AGO, 0)


def _at(calendar: Calendar, position: int, hour: int) -> datetime:
    return datetime.combine(calendar.first + timedelta(days=position), time(hour))
