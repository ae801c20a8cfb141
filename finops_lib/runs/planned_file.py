"""Read a table of announced changes (CSV or Parquet) strictly: series_id, date, note (design.md 7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from finops_lib.errors import DataError
from finops_lib.runs.series_file import day_of, open_table, unreadable


@dataclass(frozen=True, slots=True)
class Planned:
    """A change that somebody has announced: of a series, or of all of an account (`provider/account/*`)."""

    node: str
    day: date
    note: str = ""


def read_planned(path: Path) -> tuple[Planned, ...]:
    """Read announced changes, in the order of the file; a table without rows announces nothing.

    Raises:
        ConfigError: no such file, or not .csv or .parquet.
        DataError: a column is missing, or a row is wrong; says which.
    """
    lazy = open_table(path)
    try:
        kinds = lazy.collect_schema()
        for column in ("series_id", "date"):
            if column not in kinds:
                raise DataError(
                    f"{path}: no column {column}",
                    next_step="name the columns series_id, date and note",
                    path=path,
                    column=column,
                )
        note = pl.col("note").cast(pl.String).fill_null("") if "note" in kinds else pl.lit("")
        rows = lazy.select(
            node=pl.col("series_id").cast(pl.String),
            day=day_of(kinds["date"]),
            note=note,
            written=pl.col("date").cast(pl.String),
        ).collect()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise unreadable(path, error) from error
    for number, row in enumerate(rows.iter_rows(named=True), start=1):
        if not row["node"]:
            raise _wrong(path, number, "series_id", row["node"], "a name of a series")
        if row["day"] is None:
            raise _wrong(path, number, "date", row["written"], "a day (YYYY-MM-DD)")
    return tuple(Planned(row["node"], row["day"], row["note"]) for row in rows.iter_rows(named=True))


def _wrong(path: Path, number: int, column: str, value: object, what: str) -> DataError:
    # The header is the first line of a CSV file.
    place = f"line {number + 1}" if path.suffix == ".csv" else f"row {number}"
    return DataError(
        f"{path}, {place}: {column} {value!r} is not {what}",
        next_step="correct it and run the command again; nothing was written",
        path=path,
        row=number,
        column=column,
    )
