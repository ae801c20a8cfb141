"""On which days did a series of any table leave its range? `finops anomalies detect --input FILE`.

A table is judged in blocks of whole accounts of one provider, so that memory stays bounded; what most of a block does
at once is a common move. Up to BLOCK series are one block, whatever their providers.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finops_lib.analyses.anomalies.detectors import Matrix
from finops_lib.analyses.anomalies.flagged import SCHEMA, flagged_days
from finops_lib.analyses.anomalies.methods import METHODS, ONE_BY_ONE, Panel
from finops_lib.analyses.anomalies.workbench import TOLD_FROM, Judged
from finops_lib.errors import ConfigError
from finops_lib.runs.forecast import follow_parent
from finops_lib.runs.planned_file import Planned, read_planned
from finops_lib.runs.progress import OnProgress, cell_progress
from finops_lib.runs.series_file import SeriesFile, read_series_file

BLOCK = 2_000
SERIES_PER_TASK = 8


def detect_file(
    path: Path,
    *,
    planned: Path | None = None,
    cost_column: str = "cost",
    methods: Sequence[str] = ("workbench",),
    min_score: float = TOLD_FROM,
    newest: int | None = None,
) -> pl.DataFrame:
    """Tell the days on which something happened to a series of a table, or to an account as a whole.

    Args:
        planned: a table of announced changes; they are not told.
        methods: names from METHODS.
        min_score: a day is told from here; 0 = every candidate.
        newest: only so many of the table's last days are told, each as when all are; None = all.
    Returns:
        the columns of `flagged.SCHEMA`, and currency if the table says it; sorted by series and day.
    Raises:
        ConfigError: a file, column or method that is not there, or a score out of range.
        DataError: a table has a wrong row.
    """
    check_methods(methods)
    if not 0.0 <= min_score <= 1.0:
        raise ConfigError(f"--min-score {min_score} is not between 0 and 1", next_step=f"the usual one is {TOLD_FROM}")
    announced = read_planned(planned) if planned else ()
    table = read_series_file(path, cost_column=cost_column)
    series, blocks = table.series, list(_blocks(table.series))
    rows = _rows_of(table, pl.concat(blocks))
    # The rows as text and days are not needed any more, and there may be many millions.
    del table
    found = []
    with cell_progress("anomalies") as progress:
        done = 0
        for block in blocks:
            panel = replace(_panel(rows, done, block, announced), newest=newest)
            opinions = {name: _judge(name, panel, progress) for name in methods}
            currency = block.get_column("currency").first()
            flagged = flagged_days(panel, opinions, min_score=min_score)
            found.append(flagged.with_columns(currency=pl.lit(currency, pl.String)))
            done += block.height
            progress(done, series.height, "series")
    told = pl.concat(found).sort("series_id", "date", "currency")
    return told.select(*SCHEMA) if series["currency"].is_null().all() else told


def check_methods(methods: Sequence[str]) -> None:
    """Refuse names that are no methods, none, and one that is named twice."""
    if not methods:
        raise ConfigError("--method names nothing", next_step=f"choose of: {', '.join(METHODS.names())}")
    for name in methods:
        METHODS.get(name)
    if doubled := next((name for name in methods if list(methods).count(name) > 1), ""):
        raise ConfigError(f"--method names {doubled!r} twice", next_step="name each method once")


def _blocks(series: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Give the series in blocks of one currency each, accounts kept whole."""
    for part in series.sort("currency", "series_id", nulls_last=False).partition_by("currency", maintain_order=True):
        if part.height <= BLOCK:
            yield part
            continue
        for of_provider in part.partition_by("provider", maintain_order=True):
            yield from _cut(of_provider)


def _cut(series: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Cut the series of a provider between accounts, into blocks of about equal size of at least BLOCK series."""
    count = max(series.height // BLOCK, 1)
    accounts = series.sort("account", "series_id").partition_by("account", maintain_order=True)
    size, kept = series.height / count, 0
    block: list[pl.DataFrame] = []
    cuts = 1
    for account in accounts:
        block.append(account)
        kept += account.height
        if kept >= cuts * size - 0.5:
            yield pl.concat(block)
            block, cuts = [], int(kept / size + 1e-9) + 1
    if block:
        yield pl.concat(block)


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a table as numbers: place of the series in the order of the blocks, day, cost."""

    first_day: date
    days: int
    place: NDArray[np.uint32]
    day: NDArray[np.int32]
    cost: NDArray[np.float64]

    def of(self, begin: int, count: int) -> Matrix:
        """Give `count` series from a place on as a matrix; absent days cost nothing."""
        mine = np.flatnonzero((self.place >= begin) & (self.place < begin + count))
        costs = np.zeros((count, self.days))
        costs[self.place[mine] - begin, self.day[mine]] = self.cost[mine]
        return costs


def _rows_of(table: SeriesFile, order: pl.DataFrame) -> _Rows:
    places = order.select(pl.col("series_id").cast(table.days.schema["series_id"])).with_row_index("place")
    day = (pl.col("day") - pl.lit(table.oldest_day)).dt.total_days().cast(pl.Int32)
    joined = table.days.lazy().join(places.lazy(), on="series_id").select("place", day, "cost")
    rows = joined.collect(engine="streaming")
    days = (table.newest_day - table.oldest_day).days + 1
    return _Rows(table.oldest_day, days, rows["place"].to_numpy(), rows["day"].to_numpy(), rows["cost"].to_numpy())


def _panel(rows: _Rows, begin: int, block: pl.DataFrame, announced: Sequence[Planned]) -> Panel:
    names = block.get_column("series_id").to_list()
    # A series without an account is one of its own, unless none has any.
    own = block.get_column("account").to_list()
    accounts = tuple(account or name for account, name in zip(own, names, strict=True)) if any(own) else ()
    changes = tuple((one.node, one.day) for one in announced)
    return Panel(tuple(names), accounts, rows.first_day, rows.of(begin, len(names)), changes)


def _judge(name: str, panel: Panel, progress: OnProgress) -> Judged:
    if name not in ONE_BY_ONE or len(panel.series) <= SERIES_PER_TASK:
        return METHODS.get(name)(panel)
    return _in_processes(name, panel, progress)


def _in_processes(name: str, panel: Panel, progress: OnProgress) -> Judged:
    """Judge a few series at a time, in a process per core."""
    count = len(panel.series)
    starts = range(0, count, SERIES_PER_TASK)
    parts: dict[int, Judged] = {}
    # A fork would copy the locks of polars' threads without the threads that open them again.
    context = multiprocessing.get_context("spawn")
    workers = min(os.cpu_count() or 1, len(starts))
    with ProcessPoolExecutor(max_workers=workers, mp_context=context, initializer=follow_parent) as pool:
        tasks = {
            pool.submit(_judge_part, name, panel.rows(slice(start, start + SERIES_PER_TASK))): start for start in starts
        }
        try:
            for task in as_completed(tasks):
                parts[tasks[task]] = task.result()
                progress(min(len(parts) * SERIES_PER_TASK, count), count, name)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # What they are at is of no use to anybody any more.
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise
    fields = ("confidence", "expected", "noise", "tests")
    return Judged((), **{field: np.concatenate([getattr(parts[s], field) for s in starts]) for field in fields})


def _judge_part(name: str, panel: Panel) -> Judged:
    return METHODS.get(name)(panel)
