"""Write a table as .csv, .parquet or .json: the whole of it, or nothing."""

from __future__ import annotations

import uuid
from pathlib import Path

import polars as pl

from finops_lib.errors import ConfigError, needs_room
from finops_lib.runs.listing import to_json

SUFFIXES = (".csv", ".parquet", ".json")


def write_table(rows: pl.DataFrame, target: Path) -> None:
    """Write rows by the name's ending; a file that is there is replaced when the new one is whole.

    Raises:
        ConfigError: another kind of file, or no room for it.
    """
    check_target(target)
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}")
    with needs_room(target.parent, OSError, unchanged="nothing was written"):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if target.suffix == ".parquet":
                rows.write_parquet(unfinished)
            elif target.suffix == ".csv":
                rows.write_csv(unfinished)
            else:
                unfinished.write_text(f"{to_json(rows.to_dicts())}\n", encoding="utf-8")
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)


def check_target(target: Path) -> None:
    """Refuse a file that cannot be written as a table, before the work is done."""
    if target.suffix not in SUFFIXES or target.is_dir():
        raise ConfigError(
            f"{target}: tables are written as {', '.join(SUFFIXES)}",
            next_step="give a name that ends so",
            path=target,
        )
