"""Read a table of daily series (CSV or Parquet) strictly: what is wrong is named by its row, and nothing is guessed.

Columns: series_id, date, the money column, and provider, account and currency if they are there (design.md 7).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from finops_lib.errors import ConfigError, DataError

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
# A day, or its midnight as some tools write it.
_DAY = r"^(\d{4}-\d{2}-\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?$"


@dataclass(frozen=True, slots=True)
class SeriesFile:
    """`days`: series_id, day, cost (Float64), one row per series and day.

    `series`: series_id, provider, account, currency, sorted by series_id. Where the file does not say, provider is the
    first part of the id, account what stands before its last part, two parts at most, and currency null; "" where it
    has none. An account that the file names is told with its provider: provider/account.
    """

    days: pl.DataFrame
    series: pl.DataFrame

    @property
    def oldest_day(self) -> date:
        day: date = self.days.get_column("day").min()  # type: ignore[assignment]
        return day

    @property
    def newest_day(self) -> date:
        day: date = self.days.get_column("day").max()  # type: ignore[assignment]
        return day


def read_series_file(path: Path, *, cost_column: str = "cost") -> SeriesFile:
    """Read a table of daily series.

    Raises:
        ConfigError: no such file, not .csv or .parquet, or no such money column.
        DataError: a column is missing, nothing is in it, or a row is wrong; says which.
    """
    lazy = open_table(path)
    try:
        kinds = lazy.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(path, error) from error
    for column in ("series_id", "date"):
        if column not in kinds:
            # Of a file that is no table the "names" are bytes.
            has = [name for name in kinds.names() if name.isprintable()][:12]
            raise DataError(
                f"{path}: no column {column}; it has {', '.join(has) or 'none'}",
                next_step="name the columns series_id, date and cost",
                path=path,
                column=column,
            )
    if cost_column not in kinds:
        raise ConfigError.unknown(f"money column of {path}:", cost_column, set(kinds) - {"series_id", "date"})
    extras = [column for column in ("provider", "account", "currency") if column in kinds]
    read = lazy.select(
        pl.col("series_id").cast(pl.String).cast(pl.Categorical),
        day_of(kinds["date"]).alias("day"),
        _money(cost_column, kinds[cost_column]).alias("cost"),
        *(pl.col(column).cast(pl.String).cast(pl.Categorical) for column in extras),
    )
    try:
        rows = read.collect(engine="streaming")
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(path, error) from error
    if rows.is_empty():
        raise DataError(f"{path} has no rows", next_step="give a file with daily costs", path=path)
    _check(path, lazy, rows, cost_column)
    return SeriesFile(rows.select("series_id", "day", "cost"), _series(path, rows, extras))


def open_table(path: Path) -> pl.LazyFrame:
    """Open a CSV file, all of it text, or a Parquet file; ConfigError if it is neither or not there."""
    if not path.is_file():
        raise ConfigError(f"{path}: no such file", next_step="check the path", path=path)
    if path.suffix == ".parquet":
        return pl.scan_parquet(path)
    if path.suffix == ".csv":
        return pl.scan_csv(path, infer_schema=False)
    raise ConfigError(
        f"{path}: a table of daily series is a .csv or .parquet file", next_step="convert it, or rename it", path=path
    )


def unreadable(path: Path, error: Exception) -> DataError:
    """Say of what polars could not read where it is, and what it said first."""
    first = (str(error).splitlines() or ["unreadable"])[0]
    return DataError(f"{path} cannot be read: {first}", next_step="write the file again", path=path)


def day_of(kind: pl.DataType) -> pl.Expr:
    """Read the column `date`; null where it is no day."""
    if kind == pl.String:
        return pl.col("date").str.extract(_DAY).str.to_date("%Y-%m-%d", strict=False)
    if isinstance(kind, pl.Datetime):
        return pl.when(pl.col("date").dt.time() == pl.time(0, 0, 0)).then(pl.col("date").dt.date())
    return pl.col("date") if kind == pl.Date else pl.lit(None, pl.Date)


def _money(column: str, kind: pl.DataType) -> pl.Expr:
    if kind == pl.String:
        return pl.when(pl.col(column).str.contains(_NUMBER)).then(pl.col(column)).cast(pl.Float64, strict=False)
    return pl.col(column).cast(pl.Float64, strict=False) if kind.is_numeric() else pl.lit(None, pl.Float64)


def _check(path: Path, lazy: pl.LazyFrame, rows: pl.DataFrame, cost_column: str) -> None:
    wrong = {
        "series_id": pl.col("series_id").is_null() | (pl.col("series_id").cast(pl.String) == ""),
        "date": pl.col("day").is_null(),
        cost_column: pl.col("cost").is_null() | ~pl.col("cost").is_finite(),
    }
    is_what = {"series_id": "a name of a series", "date": "a day (YYYY-MM-DD)", cost_column: "a number"}
    for column, is_wrong in wrong.items():
        found = rows.lazy().with_row_index().filter(is_wrong).select("index").head(1).collect()
        if not found.is_empty():
            index = found.item()
            value = lazy.select(column).slice(index, 1).collect().item()
            # The header is the first line of a CSV file.
            place = f"line {index + 2}" if path.suffix == ".csv" else f"row {index + 1}"
            raise DataError(
                f"{path}, {place}: {column} {value!r} is not {is_what[column]}",
                next_step="correct it and run the command again; nothing was written",
                path=path,
                row=index,
                column=column,
            )
    twice = rows.lazy().group_by("series_id", "day").len().filter(pl.col("len") > 1).head(1).collect(engine="streaming")
    if not twice.is_empty():
        [row] = twice.to_dicts()
        raise DataError(
            f"{path}: series {row['series_id']!r} has {row['len']} rows for {row['day']}",
            next_step="add them up or leave all but one out: one series has one cost a day",
            path=path,
            series=row["series_id"],
            day=row["day"],
        )


def _series(path: Path, rows: pl.DataFrame, extras: list[str]) -> pl.DataFrame:
    counts = [pl.col(column).drop_nulls().n_unique().alias(f"{column}s") for column in extras]
    firsts = [pl.col(column).drop_nulls().first() for column in extras]
    series = rows.group_by("series_id").agg(*firsts, *counts)
    for column in extras:
        several = series.filter(pl.col(f"{column}s") > 1).sort("series_id").head(1)
        if not several.is_empty():
            raise DataError(
                f"{path}: series {several['series_id'].item()!r} has more than one {column}",
                next_step=f"give each {column} a series of its own",
                path=path,
            )
    name = pl.col("series_id").cast(pl.String)
    said = {
        column: (pl.col(column) if column in extras else pl.lit(None)).cast(pl.String)
        for column in ("provider", "account", "currency")
    }
    # An id without parts names no provider: all such series are judged together.
    parts = name.str.split("/")
    has_parts = name.str.contains("/", literal=True)
    provider = pl.coalesce(said["provider"], pl.when(has_parts).then(parts.list.first()).otherwise(pl.lit("")))
    before_last = parts.list.head(pl.min_horizontal(parts.list.len() - 1, pl.lit(2, pl.UInt32))).list.join("/")
    named = (
        pl.when(provider == "").then(said["account"]).otherwise(pl.concat_str(provider, said["account"], separator="/"))
    )
    return series.select(
        series_id=name, provider=provider, account=pl.coalesce(named, before_last), currency=said["currency"]
    ).sort("series_id")
