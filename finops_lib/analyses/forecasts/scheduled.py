"""Charges that follow the calendar: support, tax, subscriptions, month-end runs, one-day credits.

They come once a month at a place of their own, so they are put on that place again and never spread over days
(domain.md 1.6). A place is a day counted from the start of the month, or from its end for the last days. A charge that
comes a day early or late is still the same charge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts.calendar import Calendar
from finops_lib.analyses.forecasts.panel import Matrix
from finops_lib.analyses.forecasts.weeks import MAD_TO_STD, by_week, nanmedian

# Places 0..26 are the days 1 to 27, places 27..30 the last four days of the month.
FROM_START, FROM_END = 27, 4
PLACES = FROM_START + FROM_END
# A charge stands out by this many robust standard deviations and by this part of an ordinary day.
STANDS_OUT, LEAST_PART = 6.0, 0.4
# How fast the expected amount follows the newest one; each is tried on the series itself.
FOLLOWS = (1.0, 0.5, 0.25)
LOCAL_WEEKS = 7
# A charge of which this part is seen on a day that is not complete yet has come.
SEEN_PART = 0.15


@dataclass(frozen=True, slots=True)
class Scheduled:
    """What follows the calendar in a panel's history.

    `amounts` is series x day: that part of each day's cost. `rows` are the series that have any; `table` (row x month x
    place) their amounts by place, and `expected` (row x month x place) what a place was good for once that month's
    charge was known.
    """

    amounts: Matrix
    rows: NDArray[np.int64]
    table: NDArray[np.float64]
    expected: NDArray[np.float64]


def place_of(calendar: Calendar) -> NDArray[np.int64]:
    """Give the place of each day in its month, 0 to 30; days after the 27th that are not among the last four: -1."""
    late = np.where(calendar.from_start <= FROM_START, calendar.from_start - 1, -1)
    return np.where(calendar.from_end >= -FROM_END, PLACES + calendar.from_end, late)


def find_scheduled(costs: Matrix, known: NDArray[np.bool_], calendar: Calendar, given: Matrix | None) -> Scheduled:
    """Find what comes back every month, or take what is `given` as such.

    Args:
        costs: series x day, 0 where not known.
        known: series x day.
        given: the part of the costs that is known to follow the calendar; None = find it.
    """
    months, place = int(calendar.month[-1]) + 1, place_of(calendar)
    fixed = np.zeros_like(costs) if given is None else given
    found, again = np.zeros_like(costs), np.zeros_like(costs)
    for part, into, is_given in ((_excess(costs - fixed, known), found, False), (fixed, again, True)):
        rows = np.flatnonzero((part != 0).any(axis=1))
        into[rows] = _recurring(part[rows], known[rows], calendar, place, months, is_given=is_given)
    # What is said to follow the calendar but came once is no usage, and is not expected again.
    expected = found + again
    rows = np.flatnonzero((expected != 0).any(axis=1))
    table = _by_place(expected[rows], calendar, place, months)
    return Scheduled(found + fixed, rows, table, _expected(table))


def schedule(
    found: Scheduled, calendar: Calendar, ahead: Calendar, last: int, first_month: int, tail: Matrix
) -> Matrix:
    """Put the charges on the days ahead.

    Args:
        calendar: the days of the history, of which those after column `last` are not looked at.
        ahead: the days from column `last` + 1 on; `first_month` is the first one's month in the history's numbers.
        tail: row x day: what of the first days ahead is known already beyond ordinary usage, all of it or a part.
    Returns:
        row of `found.rows` x day ahead.
    """
    place, month = place_of(calendar)[: last + 1], calendar.month[: last + 1]
    now = int(month[-1])
    # What each place is good for, by the newest month in which it has passed.
    passed = np.zeros(PLACES, dtype=bool)
    passed[place[(month == now) & (place >= 0)]] = True
    former = found.expected[:, now - 1] if now else np.zeros_like(found.expected[:, 0])
    worth = np.where(passed, found.expected[:, now], former)
    places = place_of(ahead)
    coming = np.where(places >= 0, worth[:, places], 0.0)
    before = slice(max(last - 1, 0), last + 1)
    came = found.amounts[found.rows, before]
    due = np.where(place[before] >= 0, former[:, place[before]], 0.0)
    is_same_month = month[before] == first_month
    _settle(coming, np.where(is_same_month, came, 0.0), np.where(is_same_month, due, 0.0), tail)
    return np.asarray(coming)


def _settle(coming: Matrix, came: Matrix, due: Matrix, tail: Matrix) -> None:
    """Correct the days around the origin: what came a day early does not come again, what is late still comes.

    `came` and `due` are the last two days of the history; `coming` is changed in place.
    """
    if not coming.shape[1] or came.shape[1] < 2:
        return
    owed, paid = due.sum(axis=1), came.sum(axis=1)
    is_late = (np.abs(paid) < 0.3 * np.abs(owed)) & (np.abs(coming[:, 0]) < 0.3 * np.abs(owed)) & (owed != 0)
    is_early = (np.abs(owed) < 0.5 * np.abs(paid)) & (paid != 0)
    for day in range(min(2, coming.shape[1])):
        again = is_early & (np.abs(paid) > 0.5 * np.abs(coming[:, day])) & (coming[:, day] * paid > 0)
        coming[:, day] = np.where(again, 0.0, coming[:, day])
    coming[:, 0] += np.where(is_late, owed, 0.0)
    # A charge that is seen in part has come: the rest of it belongs to that day, not to the next.
    for day in range(min(tail.shape[1], coming.shape[1] - 2)):
        for later in (day + 1, day + 2):
            expected = coming[:, later]
            is_seen = (expected * tail[:, day] > 0) & (np.abs(tail[:, day]) > SEEN_PART * np.abs(expected))
            is_new = np.abs(coming[:, day]) < 0.3 * np.abs(expected)
            moved = np.where(is_seen & is_new, expected, 0.0)
            coming[:, day] += moved
            coming[:, later] -= moved


def _excess(costs: Matrix, known: NDArray[np.bool_]) -> Matrix:
    """Give how far days stand out from the same weekday of the weeks around; 0 for all that do not stand out."""
    days, seen = by_week(np.where(known, costs, 0.0)), by_week(known.astype(np.float64)) > 0
    weeks = days.shape[1]
    window = min(LOCAL_WEEKS, weeks)
    start = np.clip(np.arange(weeks) - window // 2, 0, weeks - window)
    around = np.where(seen, days, np.nan)[:, start[:, None] + np.arange(window)[None, :], :]
    around = np.swapaxes(around, 2, 3)
    # One or two days do not tell what their weekday costs: they would be their own excuse.
    overall = nanmedian(np.where(known, costs, np.nan))[:, None, None]
    local = np.where((~np.isnan(around)).sum(axis=3) >= 3, nanmedian(around), overall)
    away = np.where(seen, days - local, 0.0).reshape(len(costs), -1)[:, -costs.shape[1] :]
    local = local.reshape(len(costs), -1)[:, -costs.shape[1] :]
    counted = np.where(known & ((costs != 0) | (local != 0)), np.abs(away), np.nan)
    noise = MAD_TO_STD * nanmedian(counted)
    # A series that is charged on a few days of the month only has no ordinary day.
    rare = (known & (costs != 0)).sum(axis=1) <= np.maximum(0.2 * known.sum(axis=1), 1)
    ordinary = np.where(rare, 0.0, nanmedian(np.where(known, np.abs(local), np.nan)))
    limit = np.maximum(np.where(rare, 0.0, STANDS_OUT * noise), LEAST_PART * ordinary)
    return np.asarray(np.where(known & (np.abs(away) > limit[:, None]), away, 0.0))


def _by_place(amounts: Matrix, calendar: Calendar, place: NDArray[np.int64], months: int) -> NDArray[np.float64]:
    table = np.zeros((len(amounts), months, PLACES))
    has_place = place >= 0
    table[:, calendar.month[has_place], place[has_place]] = amounts[:, has_place]
    return table


def _recurring(
    odd: Matrix,
    known: NDArray[np.bool_],
    calendar: Calendar,
    place: NDArray[np.int64],
    months: int,
    *,
    is_given: bool,
) -> Matrix:
    """Keep of the odd days those that come back month after month at one place, give or take a day."""
    table = _by_place(odd, calendar, place, months)
    seen = _by_place(known.astype(np.float64), calendar, place, months) > 0
    kept = np.zeros_like(table)
    for sign in (1.0, -1.0):
        stands = sign * table > 0
        near = stands.copy()
        for part in (slice(0, FROM_START), slice(FROM_START, PLACES)):
            near[:, :, part][:, :, 1:] |= stands[:, :, part][:, :, :-1]
            near[:, :, part][:, :, :-1] |= stands[:, :, part][:, :, 1:]
        kept += np.where(stands & _comes_back(near, seen)[:, None, :], table, 0.0)
    # Odd days all over the month are bursts: some of them meet a place again by chance.
    counted = np.maximum(known.sum(axis=1), 1)
    stray = ((table != 0) & (kept == 0)).sum(axis=(1, 2)) / counted
    if not is_given:
        kept[stray > 0.03] = 0.0
    has_place = place >= 0
    amounts = np.zeros_like(odd)
    amounts[:, has_place] = kept[:, calendar.month[has_place], place[has_place]]
    return amounts


def _comes_back(near: NDArray[np.bool_], seen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Say at which places (row x place) a charge came in each of the last three months, or in most of the last six."""
    hits, months = np.zeros(near.shape[::2]), np.zeros(near.shape[::2])
    in_three = np.zeros(near.shape[::2], dtype=bool)
    for month in range(near.shape[1] - 1, -1, -1):
        counted = seen[:, month] & (months < 6)
        hits += counted & near[:, month]
        months += counted
        in_three |= (months == 3) & (hits == 3)
    often = (hits >= 3) & (hits >= 0.75 * months)
    return np.asarray(in_three | often | ((months <= 2) & (months > 0) & (hits == months)))


def _expected(table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mix the ways to follow the amounts, by how well each foretold the months of the series itself."""
    ways, errors = [], []
    totals = table.sum(axis=2)
    begun = np.cumsum(totals != 0, axis=1) > 0
    for kept in FOLLOWS:
        way = np.zeros_like(table)
        now = np.zeros_like(table[:, 0])
        is_first = np.ones(len(table), dtype=bool)
        for month in range(table.shape[1]):
            charged = begun[:, month]
            step = np.where(is_first & charged, 1.0, np.where(charged, kept, 0.0))[:, None]
            now = now + step * (table[:, month] - now)
            is_first &= ~charged
            way[:, month] = now
        missed = np.abs(way.sum(axis=2)[:, :-1] - totals[:, 1:]) * begun[:, :-1]
        # The newest month may be known in part only.
        errors.append((missed[:, -7:-1] ** 2).sum(axis=1))
        ways.append(way)
    scale = np.maximum((totals**2).mean(axis=1), 1e-18)
    weights = 1 / (np.stack(errors) / scale + 0.02)
    weights /= weights.sum(axis=0)
    return np.asarray((np.stack(ways) * weights[:, :, None, None]).sum(axis=0))
