"""What will it cost? From the lake, or for any table of daily series: `finops forecast`."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import nullcontext
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from finops_lib.analyses.forecasts import (
    HORIZONS,
    METHODS,
    Panel,
    days_needed,
    forecast,
    incomplete_days_of,
    panel_of,
    totals_by_horizon,
)
from finops_lib.analyses.scopes import EVERYTHING, canonical, parse_scope
from finops_lib.errors import ConfigError, LakeError
from finops_lib.lake.open import open_lake
from finops_lib.marts.figures import figure_sql
from finops_lib.marts.scoped import narrowed
from finops_lib.runs.context import Coverage, resolve_context
from finops_lib.runs.figures import run_query
from finops_lib.runs.progress import OnProgress, cell_progress
from finops_lib.runs.series_file import read_series_file
from finops_lib.settings import Settings

# What a series of the lake can be cut by, and the column that says it.
DIMENSIONS = {
    "provider": "x_Provider",
    "account": "account_id",
    "region": "RegionId",
    "service": "ServiceName",
    "organization": "x_Organization",
    "project": "x_Project",
    "team": "x_Team",
    "environment": "x_Environment",
    "cost_center": "x_CostCenter",
}
BY = ("provider", "account", "service")
NOBODY = "(none)"
# Cost column of the lake -> the part of it that follows the calendar.
COST_COLUMNS = {"effective_cost": "effective_scheduled", "billed_cost": "billed_scheduled"}
HISTORY_DAYS = 800
# Methods that fit series one by one: a process per core, one series at a time, so that Ctrl-C waits for few.
ONE_BY_ONE = ("prophet",)
SERIES_PER_TASK = 1


def forecast_file(
    path: Path,
    *,
    as_of: date | None = None,
    horizons: Sequence[str] = HORIZONS,
    method: str = "workbench",
    cost_column: str = "cost",
) -> pl.DataFrame:
    """Forecast every series of a table from its newest day, or from `as_of`; what came later is not looked at.

    Returns:
        series_id, origin, horizon, yhat, lo80, hi80, lo95, hi95, method, and currency if the table says it.
    Raises:
        ConfigError: a file, column, horizon, method or day that is not there.
        DataError: the table has a wrong row.
    """
    METHODS.get(method)
    table = read_series_file(path, cost_column=cost_column)
    last_day = as_of or table.newest_day
    if not table.oldest_day <= last_day <= table.newest_day:
        raise ConfigError(
            f"as_of {last_day} is not among the days of {path}, {table.oldest_day} to {table.newest_day}",
            next_step="leave --as-of out for the newest day",
            as_of=last_day,
        )
    days_needed(horizons, last_day)
    panel = panel_of(table.days, last_day=last_day)
    providers = dict(table.series.select("series_id", "provider").iter_rows())
    lags = incomplete_days_of(panel.costs, [providers[name] for name in panel.series])
    panel = Panel(panel.series, panel.first_day, panel.costs, lags)
    totals = forecast_panel(panel, horizons=horizons, method=method)
    currencies = table.series.select("series_id", "currency")
    if currencies["currency"].is_null().all():
        return totals
    return totals.join(currencies, on="series_id", how="left", maintain_order="left")


def forecast_lake(
    settings: Settings,
    *,
    by: Sequence[str] = BY,
    as_of: str = "",
    horizons: Sequence[str] = HORIZONS,
    method: str = "workbench",
    cost_column: str = "effective_cost",
    scope: str = "",
) -> pl.DataFrame:
    """Forecast the lake's cost, one series per value of the dimensions and currency.

    Args:
        by: names from DIMENSIONS; charges that lack one are a series of their own.
        as_of: last included day; empty = the newest complete one.
        cost_column: effective_cost or billed_cost.
        scope: only the charges of this expression of `analyses.scopes`, on any FOCUS column of text; "" = all.
    Returns:
        as `forecast_file`; series_id is the values joined by /.
    Raises:
        ConfigError: an unknown dimension, column, method or horizon, a day after the newest, or a scope that is none.
        LakeError: no lake, or no such charges in it.
    """
    METHODS.get(method)
    if unknown := [name for name in by if name not in DIMENSIONS]:
        raise ConfigError.unknown("dimension", unknown[0], DIMENSIONS)
    if cost_column not in COST_COLUMNS:
        raise ConfigError.unknown("cost column of the lake", cost_column, COST_COLUMNS)
    meant = parse_scope(scope) if scope else EVERYTHING
    with open_lake(settings.lake, memory_limit=settings.memory_limit, threads=settings.threads) as lake:
        coverage = [Coverage.from_row(row) for row in run_query(lake, figure_sql("run_context"), {}).to_dicts()]
        context = resolve_context(coverage, as_of=as_of, currency="", provider="")
        values = {"as_of": context.as_of, "history_days": HISTORY_DAYS}
        with narrowed(lake.con, meant) if scope else nullcontext():
            rows = run_query(lake, figure_sql("forecast_days"), values)
    if rows.is_empty():
        what = f"charges of the scope {canonical(meant)}" if scope else "such charges"
        next_step = "look which values there are: finops sql" if scope else "finops ingest, then build"
        raise LakeError(f"the lake holds no {what} up to {context.as_of}", next_step=next_step)
    days_needed(horizons, context.as_of)
    panel, currencies = _lake_panel(rows, by, context.as_of, cost_column)
    totals = forecast_panel(panel, horizons=horizons, method=method)
    # The currency is part of the key; a person reads it in a column of its own.
    names, codes = zip(*currencies, strict=True)
    keys = pl.DataFrame({"series_id": panel.series, "name": names, "currency": codes})
    named = totals.join(keys, on="series_id", how="left", maintain_order="left")
    return named.with_columns(series_id=pl.col("name")).drop("name")


def forecast_panel(panel: Panel, *, horizons: Sequence[str] = HORIZONS, method: str = "workbench") -> pl.DataFrame:
    """Give the totals of a panel; methods that fit series one by one run in a process per core."""
    days = days_needed(horizons, panel.last_day)
    if method not in ONE_BY_ONE:
        return _totals(panel, horizons, method, days)
    with cell_progress(method) as progress:
        return _in_processes(panel, horizons, method, days, progress)


def _totals(panel: Panel, horizons: Sequence[str], method: str, days: int) -> pl.DataFrame:
    return totals_by_horizon(panel, forecast(panel, days=days, method=method), horizons)


def _in_processes(panel: Panel, horizons: Sequence[str], method: str, days: int, progress: OnProgress) -> pl.DataFrame:
    starts = range(0, len(panel.series), SERIES_PER_TASK)
    parts: dict[int, pl.DataFrame] = {}
    # A fork would copy the locks of polars' threads without the threads that open them again.
    context = multiprocessing.get_context("spawn")
    workers = min(os.cpu_count() or 1, len(starts))
    with ProcessPoolExecutor(max_workers=workers, mp_context=context, initializer=follow_parent) as pool:
        tasks = {
            pool.submit(_totals, panel.rows(slice(start, start + SERIES_PER_TASK)), horizons, method, days): start
            for start in starts
        }
        try:
            for task in as_completed(tasks):
                parts[tasks[task]] = task.result()
                progress(min(len(parts) * SERIES_PER_TASK, len(panel.series)), len(panel.series), "series")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # What they are at is of no use to anybody any more.
            for worker in multiprocessing.active_children():
                worker.terminate()
            raise
    return pl.concat([parts[start] for start in starts])


def follow_parent() -> None:
    """Let a worker leave Ctrl-C to its parent, and end when the parent is gone, however that ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _lake_panel(
    rows: pl.DataFrame, by: Sequence[str], last_day: date, cost_column: str
) -> tuple[Panel, list[tuple[str, str]]]:
    names = [pl.col(DIMENSIONS[name]).fill_null(NOBODY) for name in by]
    series = pl.concat_str(*names, separator="/") if names else pl.lit("all")
    keyed = rows.with_columns(name=series).with_columns(
        series_id=pl.concat_str("name", "BillingCurrency", separator=" ")
    )
    days = keyed.group_by("series_id", "day").agg(
        cost=pl.col(cost_column).sum().cast(pl.Float64),
        scheduled=pl.col(COST_COLUMNS[cost_column]).sum().cast(pl.Float64),
    )
    about = (
        keyed.group_by("series_id")
        .agg(pl.col("name").first(), pl.col("BillingCurrency").first(), pl.col("complete_through").min())
        .sort("series_id")
    )
    lags = [(last_day - min(day or last_day, last_day)).days for day in about["complete_through"]]
    panel = panel_of(days, last_day=last_day, incomplete_days=np.array(lags, dtype=np.int64))
    return panel, list(zip(about["name"], about["BillingCurrency"], strict=True))
