"""What people have decided, and no history can know: what will change, by how much, from when, and who says so."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, get_args

from finops_lib.errors import ConfigError

Per = Literal["day", "month", "once"]


@dataclass(frozen=True, slots=True)
class FutureEvent:
    """A decided change of future cost: a commitment that expires, an approved saving, a launch, a one-off.

    `amount` is added to what is expected otherwise, in the currency of the series (a saving is negative): `per` day, on
    each day from `starts_on` through `ends_on`; per month, evenly over the days of each calendar month in that range;
    or once, on `starts_on`. `ends_on` None = until further notice. An event that is not `active` counts nothing: it is
    switched off, and kept. `series` names the series it belongs to.
    """

    name: str
    starts_on: date
    amount: Decimal
    per: Per
    owner: str
    ends_on: date | None = None
    series: str = ""
    active: bool = True

    def __post_init__(self) -> None:
        if self.per not in get_args(Per):
            raise ConfigError.unknown(f"rhythm of the event {self.name!r}: per", self.per, get_args(Per))
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise ConfigError(
                f"the event {self.name!r} ends on {self.ends_on}, before it starts on {self.starts_on}",
                next_step="give an ends_on that is not before starts_on, or none",
                name=self.name,
            )

    def amount_on(self, day: date) -> Decimal:
        """Give what the event adds to the cost of one day; 0 on days it does not touch and while it is switched off."""
        if not self.active or day < self.starts_on or (self.ends_on is not None and day > self.ends_on):
            return Decimal(0)
        if self.per == "once":
            return self.amount if day == self.starts_on else Decimal(0)
        return self.amount if self.per == "day" else self.amount / monthrange(day.year, day.month)[1]
