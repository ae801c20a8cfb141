"""Which flagged days are one thing that happened? An episode opens, grows, and closes.

Flagged days of one direction that lie at most three days apart belong together. What they cost too much is counted from
the day the cost left its usual course, which a test of whole weeks says only days later, to the day it came back. A new
level is the usual one after four weeks: the episode closes, and since the detector re-bases it stays silent.

Question: against what is the money of an episode counted? Choice: the first days against what the detector expected of
them, the later ones against the same weekdays of the four weeks on its eve.
Why: a detector that re-bases learns the new level, so that its own expectation would make a month of waste cheap.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.detectors import Matrix
from finops_lib.analyses.anomalies.flagged import Combined

# A weekend does not end an episode; after four weeks a new level is the usual one.
INTERRUPTION, LONGEST = 3, 28
EVE = 28
# So long the detector's expectation is still what it was before.
NOT_YET_LEARNED = 4
# Tests of whole weeks flag a change up to two weeks after it began.
WHOLE_WEEKS, LEAD = ("level", "diffuse"), 14
# These tests look for rises only, and say so without a sign.
RISES = ("new", "diffuse")
# Nearer to the flagged days than to the usual.
OUT = 0.5


@dataclass(frozen=True, slots=True)
class Episode:
    """Days of one row; `start` and `end` are columns, both included.

    Args:
        expected, actual: sums over these days.
        confidence: of the surest day, `test` the test that was that sure.
        methods: which of them told at least one of the days.
        is_over: the cost came back, or has stayed for so long that it is the usual one.
        usual: what each day of the row would have cost without it.
    """

    row: int
    start: int
    end: int
    direction: int
    expected: float
    actual: float
    confidence: float
    test: str
    methods: tuple[str, ...]
    is_over: bool
    usual: NDArray[np.float64] = field(compare=False, repr=False)

    @property
    def impact(self) -> float:
        return self.actual - self.expected


def episodes_of(judged: Combined, told_from: Matrix | float) -> list[Episode]:
    """Give the episodes of all rows, in the order of rows and days.

    Args:
        told_from: the confidence from which a day is flagged, one for all or node x day.
    """
    flags = (judged.confidence > 0) & (judged.confidence >= told_from)
    found = []
    for row in np.flatnonzero(flags.any(axis=1)):
        told_until = {1: -1, -1: -1}
        for days in _runs(judged, int(row), flags[row]):
            episode = _follow(judged, int(row), days, told_from)
            # What the new level's own tail flags again is still the same thing.
            if episode.start > told_until[episode.direction]:
                told_until[episode.direction] = episode.end
                found.append(episode)
    return found


def _runs(judged: Combined, row: int, flags: NDArray[np.bool_]) -> Iterator[list[int]]:
    """Give the flagged days that belong together."""
    run: list[int] = []
    for day in np.flatnonzero(flags).tolist():
        is_near = run and day - run[-1] <= INTERRUPTION + 1
        if run and not (is_near and _direction(judged, row, day) == _direction(judged, row, run[-1])):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _direction(judged: Combined, row: int, day: int) -> int:
    sign = str(judged.tests[row, day])[-1:]
    if sign in ("+", "-"):
        return 1 if sign == "+" else -1
    if str(judged.tests[row, day]).startswith(RISES):
        return 1
    return 1 if judged.actual[row, day] >= judged.expected[row, day] else -1


def _follow(judged: Combined, row: int, days: list[int], told_from: Matrix | float) -> Episode:
    surest = max(days, key=lambda day: judged.confidence[row, day])
    direction = _direction(judged, row, days[0])
    lead = LEAD if str(judged.tests[row, days[0]]).startswith(WHOLE_WEEKS) else 0
    is_new = any(str(judged.tests[row, day]).startswith("new") for day in days)
    # Of what is new nothing was usual, whatever a detector has learned of its first days.
    usual = np.zeros(judged.actual.shape[1]) if is_new else usual_of(judged, row, days[0], lead=lead)
    start, end = _reach(judged.actual[row] - usual, days, direction, lead=lead)
    through = slice(start, end + 1)
    expected, actual = float(usual[through].sum()), float(judged.actual[row, through].sum())
    if (actual - expected) * direction <= 0:
        # The eve tells another story than the detector: only what it flagged is told, by its own expectation.
        start, end, through = days[0], days[-1], slice(days[0], days[-1] + 1)
        usual = judged.expected[row]
        expected, actual = float(usual[through].sum()), float(judged.actual[row, through].sum())
    levels = np.broadcast_to(told_from, judged.confidence.shape)[row, through]
    return Episode(
        row=row,
        start=start,
        end=end,
        direction=1 if actual >= expected else -1,
        expected=expected,
        actual=actual,
        confidence=float(judged.confidence[row, surest]),
        test=str(judged.tests[row, surest]),
        methods=tuple(
            n for n, own in judged.by_method.items() if ((own[row, through] >= levels) & (own[row, through] > 0)).any()
        ),
        is_over=judged.actual.shape[1] - 1 - end > INTERRUPTION or end - start + 1 >= LONGEST,
        usual=usual,
    )


def usual_of(judged: Combined, row: int, first: int, *, lead: int = 0) -> NDArray[np.float64]:
    """Give what each day would have cost if nothing had happened, from the eve of the episode on.

    Args:
        first: the first flagged day, as a column; the cost may have gone out up to `lead` days before it.
    """
    usual: NDArray[np.float64] = judged.expected[row].copy()
    known = first if lead else first + NOT_YET_LEARNED
    eve = judged.expected[row, max(first - lead - EVE, 0) : max(first - lead, 0)]
    if len(eve) < 7:
        usual[first:] = judged.expected[row, first]
        return usual
    # The days of the eve end just before the episode, so the weekday is counted on from there.
    begin = max(first - lead, 0)
    of_weekday = np.array([np.median(eve[(len(eve) + weekday) % 7 :: 7]) for weekday in range(7)])
    days = np.arange(begin if lead else known, len(usual))
    usual[days] = of_weekday[(days - begin) % 7]
    return usual


def _reach(excess: NDArray[np.float64], days: list[int], direction: int, *, lead: int) -> tuple[int, int]:
    """Say on which day the cost went out and on which it came back; weekends inside are left aside."""
    # A test of whole weeks goes on flagging when the cost is back: the height is that of the days that are out.
    flagged = direction * excess[days]
    far = flagged[flagged >= OUT * max(float(flagged.mean()), 1e-9)]
    is_out = direction * excess >= OUT * (float(far.mean()) if far.size else np.inf)
    out = [day for day in days if is_out[day]] or days
    start = out[0]
    for day in range(out[0] - 1, max(days[0] - lead, 0) - 1, -1):
        if start - day > INTERRUPTION:
            break
        start = day if is_out[day] else start
    last = min(out[-1], start + LONGEST - 1)
    for day in range(last + 1, min(start + LONGEST, len(excess))):
        if day - last > INTERRUPTION:
            break
        last = day if is_out[day] else last
    return start, last
