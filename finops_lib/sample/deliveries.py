"""What is one run of an export, and how are its rows cut into files?"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl

from finops_lib.sample.layout import write_file
from finops_lib.sample.resources import digest

# A month is cut into three files; small ones stay whole, and no file grows without end.
_FILES, _FEWEST_ROWS, _MOST_ROWS = 3, 250, 50_000


@dataclass(frozen=True, slots=True)
class Run:
    """One run of an export: when it was done, and all that it knew of the month, in the provider's columns."""

    at: datetime
    frame: pl.DataFrame

    def mark(self, export: str, month: object) -> str:
        """Give 32 hexadecimal digits that name this run of this export, always the same ones."""
        return digest(f"{export}/{month}/{self.at.isoformat()}")


def cut(frame: pl.DataFrame) -> Iterable[pl.DataFrame]:
    """Cut the rows of a month into the files of one run; a month without rows is one file without rows."""
    rows = min(max(-(-frame.height // _FILES), _FEWEST_ROWS), _MOST_ROWS)
    return frame.iter_slices(rows) if frame.height else [frame]


def write_dated(frame: pl.DataFrame, path: Path, at: datetime) -> Path:
    """Write one billing file that is as old as its run."""
    write_file(frame, path)
    os.utime(path, (at.timestamp(), at.timestamp()))
    return path


def write_manifest(manifest: Mapping[str, object], path: Path, at: datetime) -> None:
    """Write what a run has delivered, as old as the run."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    os.utime(path, (at.timestamp(), at.timestamp()))
