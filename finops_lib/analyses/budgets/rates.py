"""What is one currency worth in another, by which kind of rate, on which day? Never 1 for want of a rate."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import polars as pl

from finops_lib.errors import ConfigError

Kind = Literal["book", "spot", "invoice"]


class MissingRate(ConfigError):
    """A conversion that nobody has given a rate for."""

    def __init__(self, source: str, target: str, kind: Kind, day: date) -> None:
        super().__init__(
            f"no {kind} rate {source} to {target} for {day.day} {day:%b %Y}", next_step="finops fx import FILE"
        )

    @property
    def reason(self) -> str:
        """Say it as the reason of a status."""
        return f"{self.what}: {self.next_step}"


@dataclass(frozen=True, slots=True)
class Rates:
    """Dated rates; each holds from its day on, until a newer one of its kind."""

    _days: Mapping[tuple[str, str, str], Sequence[date]] = field(default_factory=dict)
    _rates: Mapping[tuple[str, str, str], Sequence[Decimal]] = field(default_factory=dict)

    @classmethod
    def of(cls, frame: pl.DataFrame | None) -> Rates:
        """Read from_currency, to_currency, day, kind, rate (Decimal or text); None = there are none."""
        days: dict[tuple[str, str, str], list[date]] = defaultdict(list)
        rates: dict[tuple[str, str, str], list[Decimal]] = defaultdict(list)
        rows: list[dict[str, Any]] = [] if frame is None else frame.sort("day").to_dicts()
        for row in rows:
            key = (row["from_currency"], row["to_currency"], row["kind"])
            days[key].append(row["day"])
            rates[key].append(Decimal(str(row["rate"])))
        return cls(days, rates)

    def on(self, source: str, target: str, day: date, kind: Kind) -> Decimal:
        """Give the rate in force on a day.

        Raises:
            MissingRate: none of that kind has begun by then.
        """
        found = self.known_on(source, target, day, kind)
        if found is None:
            raise MissingRate(source, target, kind, day)
        return found

    def known_on(self, source: str, target: str, day: date, kind: Kind) -> Decimal | None:
        """Give the rate in force on a day, or None."""
        if source == target:
            return Decimal(1)
        key = (source, target, kind)
        place = bisect_right(self._days.get(key, ()), day)
        return self._rates[key][place - 1] if place else None
