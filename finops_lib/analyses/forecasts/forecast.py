"""From a panel to an outlook: cut what is incomplete, ask a method, measure its misses, add what was decided."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts import prior
from finops_lib.analyses.forecasts.calendar import calendar_of
from finops_lib.analyses.forecasts.intervals import (
    FARTHEST,
    LEVELS,
    REACHES,
    Misses,
    misses_of,
    offsets_of,
    quantiles_of,
    typical_of,
)
from finops_lib.analyses.forecasts.methods import METHODS, Continuation, History, Method
from finops_lib.analyses.forecasts.outlook import INSUFFICIENT, Outlook
from finops_lib.analyses.forecasts.panel import Matrix, Panel
from finops_lib.errors import ConfigError
from finops_lib.plans import FutureEvent

# Fewer days say nothing (domain.md 1.7).
FEWEST_DAYS = 3
# So many series say how misses are spread as well as all of a larger panel.
ENOUGH_SERIES = 2_000
# Series that are worked on at once, so that memory stays bounded.
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Experience:
    """What the held-out misses of a panel teach: `typical` (sum) relative miss, `quantiles` (sum x level) around it."""

    typical: NDArray[np.float64]
    quantiles: Matrix


def forecast(
    panel: Panel,
    *,
    days: int = 90,
    method: str = "workbench",
    events: Sequence[FutureEvent] = (),
    experience: Experience | None = None,
) -> Outlook:
    """Say what each series will cost on each of the coming days, with calibrated quantiles of sums.

    The expected cost of a series depends on that series alone. How wide its intervals are also depends on the others:
    `experience` is learned from the panel itself unless it is given.

    Args:
        days: how many days after the panel's last day are asked for.
        method: a name from METHODS.
        events: decided changes; those that are not active count nothing.
    Raises:
        ConfigError: an unknown method, or an event of a series that the panel does not have.
    """
    ask = METHODS.get(method)
    if days < 1:
        raise ConfigError(f"a forecast of {days} days", next_step="ask for one day at least")
    incomplete = _incomplete(panel)
    lag = int(incomplete.max(initial=0))
    worked: Iterable[_Worked] = _work(panel, incomplete, ask, lag + days)
    if experience is None and len(panel.series) <= ENOUGH_SERIES:
        worked = list(worked)
        experience = _learn(worked)
    experience = experience or experience_of(panel, method=method)
    rows = len(panel.series)
    daily = np.full((rows, lag + days), np.nan)
    offsets = np.zeros((rows, len(REACHES), len(LEVELS)))
    chosen = np.full(rows, INSUFFICIENT, dtype=object)
    for work in worked:
        history, went = work.history, work.went
        known = history.known.sum(axis=1) >= FEWEST_DAYS
        part, own_lag = work.rows[known], history.partial.shape[1]
        ahead = _with_what_is_known(went.ahead(-1, own_lag + days), history.partial)[known]
        charged = np.nan_to_num(panel.costs[part, panel.days - lag : panel.days - own_lag])
        daily[part] = np.concatenate([charged, ahead], axis=1)
        offsets[part] = _offsets(work, experience)[known]
        chosen[part] = np.array(went.method, dtype=object)[known]
    origin = panel.last_day - timedelta(days=lag)
    outlook = Outlook(panel.series, origin, daily, tuple(chosen), offsets, lag - incomplete)
    _add(outlook, events)
    return outlook


def experience_of(panel: Panel, *, method: str = "workbench") -> Experience:
    """Learn from a panel's past how far off the method is; of a large panel a part is enough."""
    if len(panel.series) > ENOUGH_SERIES:
        panel = panel.rows(np.linspace(0, len(panel.series) - 1, ENOUGH_SERIES).astype(np.int64))
    return _learn(_work(panel, _incomplete(panel), METHODS.get(method), FARTHEST))


@dataclass(frozen=True, slots=True)
class _Worked:
    """What a method made of some rows of a panel; `misses` None where it brings its own intervals."""

    rows: NDArray[np.int64]
    history: History
    went: Continuation
    misses: Misses | None


def _work(panel: Panel, incomplete: NDArray[np.int64], ask: Method, days: int) -> Iterator[_Worked]:
    for rows, history in _histories(panel, incomplete, days):
        went = ask(history, days)
        has_own = went.offsets is not None
        misses = None if has_own else misses_of(went.ahead, history.costs, history.known, history.calendar)
        yield _Worked(rows, history, went, misses)


def _learn(worked: Iterable[_Worked]) -> Experience:
    found = [work.misses for work in worked if work.misses is not None]
    if not found:
        return Experience(prior.TYPICAL, prior.QUANTILES)
    typical = typical_of(found)
    return Experience(typical, quantiles_of(found, typical))


def _incomplete(panel: Panel) -> NDArray[np.int64]:
    """Give the newest days that are not complete per series; a day of which nothing is known is one of them."""
    unknown = np.isnan(panel.costs[:, ::-1])
    trailing = np.where(unknown.all(axis=1), panel.days, np.argmin(unknown, axis=1)) if panel.days else 0
    return np.minimum(np.maximum(panel.incomplete, trailing), panel.days)


def _histories(panel: Panel, incomplete: NDArray[np.int64], days: int) -> Iterator[tuple[NDArray[np.int64], History]]:
    """Give rows with the same number of incomplete days together, not too many at once."""
    for lag in np.unique(incomplete):
        same = np.flatnonzero(incomplete == lag)
        stop = panel.days - int(lag)
        if stop < 1:
            continue
        calendar = calendar_of(panel.first_day, stop + max(days, FARTHEST) + int(lag))
        for start in range(0, len(same), AT_ONCE):
            part = same[start : start + AT_ONCE]
            costs = panel.costs[part, :stop]
            known = ~np.isnan(costs)
            costs = np.where(known, costs, 0.0)
            scheduled = None if panel.scheduled is None else np.nan_to_num(panel.scheduled[part, :stop])
            # Before its first charge a series did not exist.
            known &= np.cumsum(costs != 0, axis=1) > 0
            yield part, History(costs, known, np.nan_to_num(panel.costs[part, stop:]), scheduled, calendar)


def _with_what_is_known(ahead: Matrix, partial: Matrix) -> Matrix:
    """Count of each incomplete day what is known or what is expected, whichever is more money (domain.md 1.5)."""
    days = partial.shape[1]
    expected = ahead[:, :days]
    more = np.where(expected < 0, np.minimum(expected, partial), np.maximum(expected, partial))
    return np.concatenate([more, ahead[:, days:]], axis=1)


def _offsets(work: _Worked, experience: Experience) -> NDArray[np.float64]:
    if work.went.offsets is not None:
        return work.went.offsets
    assert work.misses is not None
    return offsets_of(work.misses, experience.typical, experience.quantiles)


def _add(outlook: Outlook, events: Sequence[FutureEvent]) -> None:
    row_of = {name: row for row, name in enumerate(outlook.series)}
    for event in events:
        if not event.series and len(row_of) != 1:
            raise ConfigError(
                f"the event {event.name!r} does not say which of {len(row_of)} series it belongs to",
                next_step="give it the name of a series",
            )
        if event.series and event.series not in row_of:
            raise ConfigError.unknown(f"series of the event {event.name!r}:", event.series, row_of)
        row = row_of[event.series] if event.series else 0
        for day in range(int(outlook.days_known[row]), outlook.daily.shape[1]):
            outlook.daily[row, day] += float(event.amount_on(outlook.origin + timedelta(days=day + 1)))
