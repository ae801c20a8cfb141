"""Does a file that a manifest names hold any row?"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from itertools import islice
from pathlib import Path

import duckdb


def has_rows(path: Path) -> bool:
    """Is there anything behind the header? True also for a file that cannot be read: what is wrong is told later."""
    if path.stat().st_size == 0:
        return False
    return _parquet_has_rows(path) if path.name.lower().endswith(".parquet") else _csv_has_rows(path)


def _csv_has_rows(path: Path) -> bool:
    is_gzip = path.name.lower().endswith(".gz")
    try:
        with (
            gzip.open(path, "rb") if is_gzip else path.open("rb") as stream,
            io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text,
        ):
            records = (record for record in csv.reader(text) if record)
            return len(list(islice(records, 2))) == 2
    except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error):
        return True


def _parquet_has_rows(path: Path) -> bool:
    try:
        with duckdb.connect() as con:
            rows = con.execute("select num_rows from parquet_file_metadata(?)", [str(path)]).fetchall()
    except duckdb.Error:
        return True
    return any(count for (count,) in rows)
