"""What an export's manifests say about the files of a delivery: held against the files, and put on record."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from finops_lib.lake.write import SliceKey
from finops_lib.sources.delivery import Delivery
from finops_lib.sources.files import BillingFile, read_statement
from finops_lib.sources.gather import Gathered


def stated_of(given: Gathered, delivery: Delivery, key: SliceKey) -> dict[str, object]:
    """Give what the manifests say about a slice, as columns of `loads`; null where there is none or it does not say."""
    held = rows_of(delivery, key)
    named = [given.named.get(file.path) for file, _ in held]
    of_file = rows_by_path(delivery)
    # A file that holds other slices as well says nothing about this one.
    is_alone = all(of_file[file.path] == rows for file, rows in held)
    counts = [file.rows for file in named if file is not None and file.rows is not None]
    return {
        "rows_stated": sum(counts) if is_alone and len(counts) == len(held) else None,
        "manifest": " ".join(sorted({file.manifest for file in named if file})) or None,
        "export_run": " ".join(sorted({file.run for file in named if file and file.run})) or None,
    }


def require_stated_rows(con: duckdb.DuckDBPyConnection, given: Gathered, files: Sequence[BillingFile]) -> None:
    """Hold files that the lake has already, and which are therefore not read again, against their manifests.

    Raises:
        DataError: a file has more or fewer rows than its manifest says.
    """
    rows: dict[Path, int] = {}
    for file in files:
        named = given.named.get(file.path)
        if named is not None and named.rows is not None:
            [[rows[file.path]]] = con.execute(f"select count(*) from ({read_statement([file])})").fetchall()
    given.require_rows(rows)


def rows_of(delivery: Delivery, key: SliceKey) -> list[tuple[BillingFile, int]]:
    """Give the files that hold rows of a slice, with how many."""
    return [
        (delivery.files[position], rows)
        for (provider, month, position), rows in sorted(delivery.rows_by_file.items())
        if (provider, month) == (key.provider, key.month)
    ]


def rows_by_path(delivery: Delivery) -> dict[Path, int]:
    """Count the rows of each file that has any, those included that another file says better."""
    rows = {delivery.files[position].path: count for position, count in delivery.left_out.items()}
    for (_, _, position), count in delivery.rows_by_file.items():
        path = delivery.files[position].path
        rows[path] = rows.get(path, 0) + count
    return rows
