"""What is known of each series' course, and how it goes on from any week of its past or from its newest day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts import prior
from finops_lib.analyses.forecasts.calendar import Calendar
from finops_lib.analyses.forecasts.level import AHEAD, candidates
from finops_lib.analyses.forecasts.mix import mixed_levels
from finops_lib.analyses.forecasts.panel import Matrix
from finops_lib.analyses.forecasts.scheduled import Scheduled, find_scheduled, schedule
from finops_lib.analyses.forecasts.weeks import Weeks, week_ends, weeks_of
from finops_lib.analyses.forecasts.year_end import YearEnds, year_ends_of

# So many days after an origin are looked at for charges that have come already.
TAIL = 3


@dataclass(frozen=True, slots=True)
class Course:
    """A history, taken apart: what follows the calendar, the shape of the week, and the level of each week.

    `levels` (horizon of AHEAD x series x week) is what an average day of the coming weeks was expected to cost, at the
    end of each week. `calendar` reaches as far ahead as anyone will ask. `days` is the length of the history; `known`
    (series x day) goes on after it with what is known of the days that are not complete.
    """

    days: int
    calendar: Calendar
    scheduled: Scheduled
    year_ends: YearEnds
    weeks: Weeks
    levels: NDArray[np.float64]
    never_negative: NDArray[np.bool_]
    known: Matrix
    method: tuple[str, ...]

    def ahead(self, week: int, days: int) -> Matrix:
        """Give the expected cost of each of the `days` days after a week, as known at its end: series x day."""
        last = int(week_ends(self.days)[week])
        span = _part(self.calendar, last + 1, last + 1 + days)
        daily = _daily_level(self.levels[:, :, week], days)
        daily = np.where(self.never_negative[:, None], np.maximum(daily, 0.0), daily)
        daily *= np.tile(self.weeks.shape, (1, -(-days // 7)))[:, :days]
        if span.is_year_end.any():
            daily *= self.year_ends.factor(self.calendar, last, span)
        rows = self.scheduled.rows
        if rows.size:
            tail = self.known[rows, last + 1 : last + 1 + TAIL]
            tail = tail - daily[rows, : tail.shape[1]]
            daily[rows] += schedule(self.scheduled, self.calendar, span, last, int(span.month[0]), tail)
        return daily


def course_of(
    costs: Matrix, known: NDArray[np.bool_], calendar: Calendar, *, partial: Matrix, given: Matrix | None = None
) -> Course:
    """Take a history apart.

    Args:
        costs: series x day, 0 where not known.
        calendar: the days of the history, and after them as many as are to be forecast.
        partial: series x day after the history, of which only a part is known.
        given: what of the costs follows the calendar; None = find it.
    """
    days = costs.shape[1]
    past = _part(calendar, 0, days)
    scheduled = find_scheduled(costs, known, past, given)
    usage = costs - scheduled.amounts
    year_ends, filled = year_ends_of(usage, known, past)
    weeks = weeks_of(filled, known)
    tried = candidates(weeks)
    levels, trusted = mixed_levels(weeks, tried, prior.CANDIDATES)
    age = known.sum(axis=1)
    method = [_rung(int(days_known), tried.names[best]) for days_known, best in zip(age, trusted, strict=True)]
    for row in scheduled.rows:
        method[row] += " + calendar charges"
    never_negative = np.asarray((usage >= -1e-9).all(axis=1))
    until_now = np.concatenate([costs, partial], axis=1)
    return Course(days, calendar, scheduled, year_ends, weeks, levels, never_negative, until_now, tuple(method))


def _rung(days_known: int, best: str) -> str:
    """Name the rung of the ladder of domain.md 1.7 that a history of so many days stands on."""
    if days_known < 14:
        return "run rate"
    return "weekday x level" if days_known < 42 else best


def _part(calendar: Calendar, start: int, stop: int) -> Calendar:
    return Calendar(
        calendar.first_day,
        *(
            getattr(calendar, name)[start:stop]
            for name in ("weekday", "from_start", "from_end", "month", "is_year_end")
        ),
    )


def _daily_level(levels: Matrix, days: int) -> Matrix:
    """Turn mean costs over the next 1, 2, 4 ... weeks into the level of each day; their sums stay what they are."""
    ends = 7 * np.array([0, *AHEAD])
    sums = np.concatenate([np.zeros((1, levels.shape[1])), levels * ends[1:, None]])
    steps = np.diff(sums, axis=0) / np.diff(ends)[:, None]
    part = np.minimum(np.searchsorted(ends[1:], np.arange(days), side="right"), len(AHEAD) - 1)
    return np.asarray(steps[part].T)
