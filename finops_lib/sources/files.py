"""The files of one delivery: which they are, their bytes and columns, and how DuckDB reads them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from finops_lib.errors import DataError
from finops_lib.quoting import literal

_SUFFIXES = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet", ".snappy.parquet": "parquet"}
_CHUNK = 1 << 20
_CSV_OPTIONS = ", ".join(
    (
        "auto_detect = false",
        "header = true",
        "hive_partitioning = false",
        "delim = ','",
        "quote = '\"'",
        "escape = '\"'",
        "strict_mode = true",
        # FOCUS has no empty text; the public sample writes a missing value as NULL (domain.md 0.2).
        "nullstr = ['', 'NULL']",
        "allow_quoted_nulls = true",
        "max_line_size = 16777216",
    )
)


@dataclass(frozen=True, slots=True)
class BillingFile:
    """One file of a delivery. `modified` is UTC, without a zone."""

    path: Path
    format: str
    bytes: int
    sha256: str
    modified: datetime
    header: tuple[str, ...]


def find_files(paths: Sequence[Path]) -> list[BillingFile]:
    """Expand files and folders to billing files, in order of their names.

    Raises:
        DataError: a path is missing, a folder holds no billing file, a file is not what its name says, or two files
            of the delivery are the same.
    """
    found: dict[Path, BillingFile] = {}
    for path in paths:
        for file in _expand(path):
            found.setdefault(file, _describe(file))
    files = sorted(found.values(), key=lambda file: str(file.path))
    _refuse_twins(files)
    return files


def read_statement(file_group: Sequence[BillingFile], *, with_row_number: bool = False) -> str:
    """Give the select that reads files of one header as DuckDB sees them: CSV as text, Parquet as typed.

    Adds `x_File` (position in the group) and, for diagnosis, `x_Row` (1 = first row after the header).
    """
    paths = [str(file.path) for file in file_group]
    names = ", ".join(literal(path) for path in paths)
    position = f"cast(list_position([{names}], x_FileName) - 1 as INTEGER) as x_File"
    row = ", row_number() over () as x_Row" if with_row_number else ""
    if file_group[0].format == "parquet":
        reader = f"read_parquet([{names}], filename = 'x_FileName', hive_partitioning = false, union_by_name = true)"
    else:
        columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in file_group[0].header)
        reader = f"read_csv([{names}], filename = 'x_FileName', columns = {{{columns}}}, {_CSV_OPTIONS})"
    return f"select * exclude (x_FileName), {position}{row} from {reader}"


def _expand(path: Path) -> list[Path]:
    if path.is_dir():
        inside = sorted(file for file in path.rglob("*") if file.is_file() and _format(file))
        if not inside:
            raise DataError(
                f"{path}: no billing file in this folder",
                next_step="give a folder with .csv, .csv.gz or .parquet files",
            )
        return [file.resolve() for file in inside]
    if not path.exists():
        raise DataError(f"{path}: no such file or folder", next_step="check the path", path=path)
    if not _format(path):
        raise DataError(f"{path}: not a .csv, .csv.gz or .parquet file", next_step="give a billing export", path=path)
    return [path.resolve()]


def is_billing_file(name: str) -> bool:
    """Is it called like a file that can be read here?"""
    return bool(_format(Path(name)))


def _format(path: Path) -> str:
    name = path.name.lower()
    return next((kind for suffix, kind in _SUFFIXES.items() if name.endswith(suffix)), "")


def _describe(path: Path) -> BillingFile:
    if any(mark in path.name for mark in "*?"):
        raise DataError(
            f"{path}: a name with * or ? would stand for other files too", next_step="rename the file", path=path
        )
    try:
        status = path.stat()
        digest = hashlib.sha256()
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}", next_step="check that the file can be read", path=path) from error
    kind = _format(path)
    return BillingFile(
        path=path,
        format=kind,
        bytes=status.st_size,
        sha256=digest.hexdigest(),
        modified=datetime.fromtimestamp(status.st_mtime, tz=UTC).replace(tzinfo=None),
        header=_parquet_header(path) if kind == "parquet" else _csv_header(path),
    )


def _parquet_header(path: Path) -> tuple[str, ...]:
    try:
        with duckdb.connect() as con:
            rows = con.execute("select column_name from (describe from read_parquet(?))", [str(path)]).fetchall()
    except duckdb.Error as error:
        raise DataError(
            f"{path}: not a readable Parquet file ({_first_line(error)})", next_step="deliver the file again", path=path
        ) from error
    return tuple(name for (name,) in rows)


def _csv_header(path: Path) -> tuple[str, ...]:
    try:
        is_gzip = path.name.lower().endswith(".gz")
        with (
            gzip.open(path, "rb") if is_gzip else path.open("rb") as stream,
            io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as text,
        ):
            header = next(csv.reader(text, strict=True), [])
    except UnicodeDecodeError as error:
        raise DataError(
            f"{path}: not UTF-8 ({error.reason} at byte {error.start})", next_step="save it as UTF-8", path=path
        ) from error
    except (OSError, EOFError, csv.Error) as error:
        raise DataError(
            f"{path}: header not readable ({error})", next_step="deliver the file again", path=path
        ) from error
    if not header:
        raise DataError(f"{path}: empty, not even a header", next_step="deliver the file again", path=path)
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise DataError(f"{path}: columns are not separated by commas", next_step="export it with commas", path=path)
    names = [name.strip() for name in header]
    if "" in names:
        place = names.index("") + 1
        raise DataError(f"{path}: column {place} has no name", next_step="export it again", path=path, column=place)
    # DuckDB's names have no letter case.
    lower = [name.lower() for name in names]
    twice = next((name for name in names if lower.count(name.lower()) > 1), None)
    if twice is not None:
        raise DataError(
            f"{path}: two columns are called {twice!r}", next_step="export it again", path=path, column=twice
        )
    return tuple(names)


def _refuse_twins(files: Sequence[BillingFile]) -> None:
    seen: dict[str, BillingFile] = {}
    for file in files:
        twin = seen.setdefault(file.sha256, file)
        if twin is not file and _has_rows(file):
            raise DataError(
                f"{file.path} has the same bytes as {twin.path.name}: its charges would count twice",
                next_step="give only one of them",
                paths=(twin.path, file.path),
            )


def _has_rows(file: BillingFile) -> bool:
    with duckdb.connect() as con:
        return con.execute(f"select 1 from ({read_statement([file])}) limit 1").fetchone() is not None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
