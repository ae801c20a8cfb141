"""Make the catalogue again: python -m finops_lib.sources.shapes 2026-11-30 [FOLDER]."""

from __future__ import annotations

import csv
import gzip
import io
import sys
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from datetime import date
from pathlib import Path

from finops_lib.errors import ConfigError
from finops_lib.sources.shapes import COLUMNS, FILE, ShapeRow, azure, ec2, gcp, rds

_USAGE = "python -m finops_lib.sources.shapes DAY [FOLDER]    DAY = today, e.g. 2026-11-30"


def refresh(day: str, folder: Path) -> Path:
    """Write the catalogue as of a day; the same sources give the same bytes.

    Raises:
        ConfigError: the day is none, or moto is not installed.
    """
    try:
        date.fromisoformat(day)
    except ValueError as error:
        raise ConfigError(f"{day!r} is no day", next_step=_USAGE) from error
    machines = list(ec2.rows(day))
    every = [*machines, *rds.rows(machines), *azure.rows(day), *gcp.rows(day)]
    path = folder / FILE
    path.write_bytes(packed(every))
    return path


def packed(rows: Iterable[ShapeRow]) -> bytes:
    """Give the rows as compressed CSV, sorted, without the time of day that gzip would add."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in sorted(rows, key=lambda row: (row.provider, row.service, row.machine_type)):
        writer.writerow([_text(value) for value in astuple(row)])
    return gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 = wrong use."""
    try:
        if not 1 <= len(arguments) <= 2:
            raise ConfigError("no day", next_step=_USAGE)
        folder = Path(arguments[1]) if len(arguments) > 1 else Path(__file__).parent
        path = refresh(arguments[0], folder)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{path.name}: {path.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
