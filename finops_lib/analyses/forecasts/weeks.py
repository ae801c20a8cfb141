"""Daily usage as whole weeks: the shape of a series' week, and what each week cost without its outliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finops_lib.analyses.forecasts.panel import Matrix

Cube = NDArray[np.float64]
# The shape of a week is taken from half a year: long enough to be exact, short enough to follow a change.
SHAPE_WEEKS = 26
# How far a day may lie from the middle of its week, in robust standard deviations of the series.
OUTLIER = 3.5
# A day of the week that carries less than this part of an average day says nothing about the level.
QUIET_DAY = 0.05
# A day may cost this much of the second most expensive one.
RECORD = 1.3
# Median absolute deviation -> standard deviation of a normal distribution.
MAD_TO_STD = 1.4826


@dataclass(frozen=True, slots=True)
class Weeks:
    """Series x week, the newest week last; it ends on the last complete day, so a week need not begin on Monday.

    `shape` (series x 7) is the cost of each day of such a week over that of an average day. `level` is the mean daily
    cost of a week without outliers, `raw` with them; both 0 where nothing is known. `weight` is the part of a week that
    is known, 0 before the series began. `noise` is the robust standard deviation of a day around its week, series.
    `newest` is the mean daily cost at the end of a week, by its last days.
    """

    shape: Matrix
    level: Matrix
    raw: Matrix
    weight: Matrix
    noise: NDArray[np.float64]
    newest: Matrix


def week_ends(days: int) -> NDArray[np.int64]:
    """Give the last column of each week of so many days, the oldest first."""
    return days - 1 - 7 * np.arange(-(-days // 7) - 1, -1, -1)


def weeks_of(usage: Matrix, known: NDArray[np.bool_]) -> Weeks:
    """Arrange daily usage in weeks.

    Args:
        usage: series x day, what follows the calendar taken out.
        known: series x day, False before a series began and where its cost is not known.
    """
    days = by_week(np.where(known, usage, 0.0))
    counted = by_week(known.astype(np.float64))
    days = _without_records(days)
    shape = _shape(days, counted)
    carried = (counted * shape[:, None, :]).sum(axis=2)
    middle = _middle(days, counted, shape)
    away = np.abs(days - shape[:, None, :] * middle[:, :, None])
    recent = away[:, -SHAPE_WEEKS:, :].reshape(len(usage), -1)
    noise = MAD_TO_STD * _median_where(recent, counted[:, -SHAPE_WEEKS:, :].reshape(len(usage), -1) > 0)
    limit = OUTLIER * noise[:, None, None] * np.maximum(np.sqrt(shape), 0.5)[:, None, :]
    expected = shape[:, None, :] * middle[:, :, None]
    cleaned = np.clip(days, expected - limit, expected + limit)
    # Where most days cost nothing the median sees nothing: bursts are the level there, not its outliers.
    cleaned = np.where(_is_sparse(days, counted, shape)[:, None, None], days, cleaned)
    whole = np.maximum(carried, 1e-9)
    has_days = carried > 0.5
    level = np.where(has_days, (cleaned * counted).sum(axis=2) / whole, 0.0)
    raw = np.where(has_days, days.sum(axis=2) / whole, 0.0)
    return Weeks(
        shape=shape,
        level=np.where(_outliers_are_the_rule(level, raw, has_days), raw, level),
        raw=raw,
        weight=np.where(has_days, carried / 7.0, 0.0),
        noise=noise,
        newest=_newest(days, counted, shape),
    )


def _outliers_are_the_rule(
    level: Matrix, raw: Matrix, known: NDArray[np.bool_], *, weeks: int = 8
) -> NDArray[np.bool_]:
    """Say for which weeks, as seen then, outliers were a quarter of most weeks' money: then they are the level."""
    removed = np.where(known, np.abs(raw - level) / np.maximum(np.abs(raw), 1e-12), np.nan)
    before = np.full((len(level), weeks - 1), np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(np.concatenate([before, removed], axis=1), weeks, axis=1)
    return np.asarray((nanmedian(windows) > 0.25) & ((~np.isnan(windows)).sum(axis=2) >= 3))


def _newest(days: Cube, counted: Cube, shape: Matrix, *, least: float = 1.9) -> Matrix:
    """Give the level of the last days of each week: as few as carry about two ordinary days."""
    carried = counted * shape[:, None, :]
    mass = np.cumsum(carried[:, :, ::-1], axis=2)
    taken = (mass - carried[:, :, ::-1] < least)[:, :, ::-1] * counted
    whole = (taken * shape[:, None, :]).sum(axis=2)
    return np.asarray(np.where(whole > 0.5, (taken * days).sum(axis=2) / np.maximum(whole, 1e-9), 0.0))


def _without_records(days: Cube) -> Cube:
    """Bring a day that cost far more than any other, before and after, down to the second: it stands for nothing."""
    size = np.abs(days).reshape(len(days), -1)
    second = np.partition(size, -2, axis=1)[:, -2] if size.shape[1] > 1 else size[:, 0]
    limit = np.where(second > 0, RECORD * second, np.inf)[:, None, None]
    return np.clip(days, -limit, limit)


def by_week(daily: Matrix) -> Cube:
    """Cut into weeks from the end; the oldest one is filled up with nothing."""
    missing = -daily.shape[1] % 7
    padded = np.concatenate([np.zeros((len(daily), missing)), daily], axis=1)
    return padded.reshape(len(daily), -1, 7)


def _shape(days: Cube, counted: Cube) -> Matrix:
    """Take for each day of the week the median of its share over the newest weeks; flat where there is none."""
    recent, whole = days[:, -SHAPE_WEEKS:, :], (counted[:, -SHAPE_WEEKS:, :] > 0).all(axis=2)
    mean = recent.mean(axis=2)
    typical = np.abs(mean).mean(axis=1, keepdims=True)
    usable = whole & (np.abs(mean) > 0.05 * typical) & (typical > 0)
    shares = np.where(usable[:, :, None], recent / np.where(usable, mean, 1.0)[:, :, None], np.nan)
    shares = np.clip(shares, -3.0, 7.0)
    weeks = usable.sum(axis=1)
    with np.errstate(invalid="ignore"):
        shape = nanmedian(np.swapaxes(shares, 1, 2))
    total = shape.sum(axis=1, keepdims=True)
    has_shape = (weeks >= 2) & (total[:, 0] > 3.5) & (shape >= -1e-9).all(axis=1)
    shape = np.where(has_shape[:, None], 7 * shape / np.where(has_shape[:, None], total, 1.0), 1.0)
    # Two weeks show a shape, but not exactly: lean towards the flat week.
    trust = (weeks / (weeks + 1.0))[:, None]
    return np.asarray(np.where(shape == 0, 0.0, trust * shape + (1 - trust)), dtype=np.float64)


def nanmedian(values: Cube) -> Matrix:
    """Give the median along the last axis, nan left out; 0 where nothing is left."""
    count = (~np.isnan(values)).sum(axis=-1)
    ordered = np.sort(values, axis=-1)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    high = np.minimum(high, np.maximum(count - 1, 0))
    middle = 0.5 * (
        np.take_along_axis(ordered, low[..., None], axis=-1) + np.take_along_axis(ordered, high[..., None], axis=-1)
    )
    return np.asarray(np.where(count > 0, middle[..., 0], 0.0))


def _median_where(values: Matrix, counted: NDArray[np.bool_]) -> NDArray[np.float64]:
    return nanmedian(np.where(counted, values, np.nan))


def _middle(days: Cube, counted: Cube, shape: Matrix) -> Matrix:
    """Give the median level of each week, a day counting as much as it carries: one or two odd days do not move it."""
    carries = counted * np.where(shape > QUIET_DAY, shape, 0.0)[:, None, :]
    level = days / np.maximum(shape, QUIET_DAY)[:, None, :]
    order = np.argsort(np.where(carries > 0, level, np.inf), axis=2)
    ranked, mass = np.take_along_axis(level, order, axis=2), np.take_along_axis(carries, order, axis=2).cumsum(axis=2)
    half = mass[:, :, -1:] / 2
    at = np.argmax(mass >= half - 1e-12, axis=2)
    middle = np.take_along_axis(ranked, at[:, :, None], axis=2)[:, :, 0]
    return np.asarray(np.where(mass[:, :, -1] > 0, middle, 0.0))


def _is_sparse(days: Cube, counted: Cube, shape: Matrix) -> NDArray[np.bool_]:
    """Say which series cost nothing on most of the days on which their week should."""
    due = (counted > 0) & (shape > QUIET_DAY)[:, None, :]
    charged = (due & (days != 0)).sum(axis=(1, 2))
    return np.asarray(charged < 0.6 * np.maximum(due.sum(axis=(1, 2)), 1))
