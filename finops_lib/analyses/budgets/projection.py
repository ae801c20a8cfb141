"""Where does a period end, and on which day is the money gone? Possible courses, counted (domain.md 1.7 and 1.8).

A day that is not complete yet contributes what is known of it or what is expected, whichever is more, and never less
than nothing; so news of such a day can make a status worse, never better.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.budgets.ledger import LAKE_DIGITS, NOTHING, Ledger

Matrix = NDArray[np.float64]
PATHS = 1000
EARLY, MIDDLE, LATE = 0.1, 0.5, 0.9
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Projection:
    """The end of a period as far as it can be told.

    Args:
        totals: of the whole period at 10, 50 and 90 % of the futures.
        used_up: the day the amount is used up in 10, 50 and 90 % of the futures; None = not in the period. Of a budget
            that has crossed it already, `first_crossing` knows the day.
        p_exceed: share of the futures in which it is.
        fan: 3 x day after `through`: running totals at 10, 50 and 90 %.
        method: what the forecaster chose; "" = nothing was left to be forecast.
    """

    totals: tuple[Decimal, Decimal, Decimal]
    used_up: tuple[date | None, date | None, date | None]
    p_exceed: float
    fan: Matrix
    method: str = ""


def project(ledger: Ledger, amount: Decimal, paths: Matrix, *, as_of: date) -> Projection:
    """Continue a ledger along possible courses.

    Args:
        paths: course x day, from the day after `ledger.through` to the end of the period at least.
        as_of: days after it have not happened yet; until then the incomplete ones have.
    """
    actual = ledger.actual
    ahead = paths[:, : ledger.days_left].copy()
    late = min((as_of - ledger.through).days, ledger.days_left)
    for place in range(max(late, 0)):
        day = ledger.through + timedelta(days=place + 1)
        known = ledger.regular.get(day, NOTHING) + ledger.recurring.get(day, NOTHING)
        ahead[:, place] = np.maximum(ahead[:, place], float(known)) + float(max(ledger.once.get(day, NOTHING), NOTHING))
    running = np.cumsum(ahead, axis=1)
    room = float(amount - actual)
    crosses = running >= room
    if not running.size:
        return Projection((actual,) * 3, (None,) * 3, 0.0, np.zeros((3, 0)))
    first = np.where(crosses.any(axis=1), crosses.argmax(axis=1), _NEVER)
    early, likely, late_day = (_nth_day(first, share, ledger.through) for share in (EARLY, MIDDLE, LATE))
    fan = np.quantile(running, (EARLY, MIDDLE, LATE), axis=0)
    low, middle, high = (actual + _exact(end) for end in fan[:, -1])
    p_exceed = float(crosses.any(axis=1).mean())
    return Projection((low, middle, high), (early, likely, late_day), p_exceed, fan + float(actual))


def first_crossing(ledger: Ledger, amount: Decimal) -> date | None:
    """Give the day on which the known cost reached the amount; a credit after that does not undo it.

    Days that are not complete yet are asked where the complete ones have not crossed; refunds on them do not count.
    """
    complete = next((day for day, total in ledger.running(through=ledger.through) if total >= amount), None)
    if complete is not None or ledger.at_least < amount:
        return complete
    total = ledger.actual
    for day, cost in ledger.by_day.items():
        if day > ledger.through:
            total += max(cost, NOTHING)
            if total >= amount:
                return day
    return None


def _nth_day(first: NDArray[np.int64], share: float, through: date) -> date | None:
    """Give the day by which that share of all courses has crossed; None if fewer ever do."""
    ordered: Sequence[int] = np.sort(first).tolist()
    place = ordered[max(int(np.ceil(share * len(ordered))) - 1, 0)]
    return None if place == _NEVER else through + timedelta(days=place + 1)


def _exact(amount: float) -> Decimal:
    return Decimal(repr(float(amount))).quantize(LAKE_DIGITS)
