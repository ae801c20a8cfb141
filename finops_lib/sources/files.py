"""The files of one delivery: which they are, their bytes and columns, and how DuckDB reads them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import os
import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

import duckdb

from finops_lib.errors import DataError
from finops_lib.quoting import literal
from finops_lib.sources.likeness import likeness

_SUFFIXES = {".csv": "csv", ".csv.gz": "csv", ".parquet": "parquet", ".snappy.parquet": "parquet"}
_CHUNK = 1 << 20
MAX_ROW_BYTES = 1 << 24
_NOTHING: Mapping[Path, str] = MappingProxyType({})
# The reader and the diagnosis add columns of these names.
_RESERVED = ("x_file", "x_row", "x_filename")
# NUL, and what the decoder makes of bytes that are not UTF-8.
_NOT_TEXT = re.compile("[\0\udc80-\udcff]")
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
        f"max_line_size = {MAX_ROW_BYTES}",
    )
)


@dataclass(frozen=True, slots=True)
class BillingFile:
    """One file of a delivery. `modified` is UTC, without a zone; `types` are DuckDB's, of a Parquet file.

    Args:
        origin: where it came from, if `path` is a fetched copy.
        dialect: what its manifest says that it is; "" = nothing.
    """

    path: Path
    format: str
    bytes: int
    sha256: str
    modified: datetime
    header: tuple[str, ...]
    types: tuple[str, ...] = ()
    origin: str = ""
    dialect: str = ""


def find_files(
    paths: Sequence[Path], *, origins: Mapping[Path, str] = _NOTHING, dialects: Mapping[Path, str] = _NOTHING
) -> list[BillingFile]:
    """Expand files and folders to billing files, in order of their names.

    Args:
        origins: fetched copy -> where it came from.
        dialects: file -> the dialect that its manifest says.
    Raises:
        DataError: a path is missing, a folder holds no billing file, a file is not what its name says, or two files
            of the delivery are the same.
    """
    found: dict[Path, BillingFile] = {}
    for path in paths:
        for file in _expand(path):
            if file not in found:
                told = _describe(file)
                found[file] = replace(told, origin=origins.get(file, ""), dialect=dialects.get(file, ""))
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
        inside = sorted(file for file in path.rglob("*") if _format(file) and not file.is_dir())
        if not inside:
            raise DataError(
                f"{path}: no billing file in this folder",
                next_step="give a folder with .csv, .csv.gz or .parquet files",
            )
        return [_resolved(file) for file in inside]
    if not path.exists() and not path.is_symlink():
        raise DataError(f"{path}: no such file or folder", next_step="check the path", path=path)
    if not _format(path):
        raise DataError(f"{path}: not a .csv, .csv.gz or .parquet file", next_step="give a billing export", path=path)
    return [_resolved(path)]


def _resolved(path: Path) -> Path:
    if path.is_symlink() and not path.exists():
        raise DataError(f"{path}: a link that leads nowhere", next_step="give the file itself", path=path)
    if not path.is_file():
        raise DataError(f"{path}: not a regular file", next_step="save it as a file first", path=path)
    return path.resolve()


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
    names, types = _parquet_columns(path) if kind == "parquet" else (_csv_header(path), ())
    _refuse_names(names, path)
    return BillingFile(
        path=path,
        format=kind,
        bytes=status.st_size,
        sha256=digest.hexdigest(),
        modified=modified(status),
        header=names,
        types=types,
    )


def modified(status: os.stat_result) -> datetime:
    """Give a file's time in UTC, without a zone."""
    return datetime.fromtimestamp(status.st_mtime, tz=UTC).replace(tzinfo=None)


def _parquet_columns(path: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    try:
        with duckdb.connect() as con:
            query = "select column_name, column_type from (describe from read_parquet(?, hive_partitioning = false))"
            rows = con.execute(query, [str(path)]).fetchall()
    except duckdb.Error as error:
        raise DataError(
            f"{path}: not a readable Parquet file ({_first_line(error)})", next_step="deliver the file again", path=path
        ) from error
    return tuple(name for name, _ in rows), tuple(type_ for _, type_ in rows)


def _csv_header(path: Path) -> tuple[str, ...]:
    first = b""
    try:
        is_gzip = path.name.lower().endswith(".gz")
        with (
            gzip.open(path, "rb") if is_gzip else path.open("rb") as stream,
            io.TextIOWrapper(stream, encoding="utf-8-sig", newline="", errors="surrogateescape") as text,
        ):
            first = stream.read(64)
            stream.seek(0)
            header = next(csv.reader(text, strict=True), None)
    except (OSError, EOFError, zlib.error, csv.Error) as error:
        # Most often a file that is not gzip at all tells more by what it is.
        seems, next_step = likeness(first or _first_bytes(path))
        raise DataError(
            f"{path}: {seems}, not a CSV file" if seems else f"{path}: header not readable ({error})",
            next_step=next_step or "deliver the file again",
            path=path,
        ) from error
    seems, next_step = likeness(first)
    if seems:
        raise DataError(f"{path}: {seems}, not a CSV file", next_step=next_step, path=path)
    if header is None:
        raise DataError(f"{path}: empty, not even a header", next_step="deliver the file again", path=path)
    if not header:
        raise DataError(
            f"{path}: its first line is empty, where the header belongs",
            next_step="remove what stands before the header",
            path=path,
        )
    if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
        raise DataError(f"{path}: columns are not separated by commas", next_step="export it with commas", path=path)
    return tuple(name.strip() for name in header)


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(64)


def _refuse_names(names: Sequence[str], path: Path) -> None:
    if "" in names:
        place = names.index("") + 1
        raise DataError(f"{path}: column {place} has no name", next_step="export it again", path=path, column=place)
    unreadable = next((name for name in names if _NOT_TEXT.search(name)), None)
    if unreadable is not None:
        shown = unreadable.encode("utf-8", "surrogateescape")[:60]
        raise DataError(
            f"{path}: the header is not UTF-8 text: column {names.index(unreadable) + 1} is called {shown!r}",
            next_step="save it as UTF-8",
            path=path,
        )
    # DuckDB's names have no letter case.
    lower = [name.lower() for name in names]
    twice = next((name for name in names if lower.count(name.lower()) > 1), None)
    if twice is not None:
        raise DataError(
            f"{path}: two columns are called {twice!r}", next_step="export it again", path=path, column=twice
        )
    reserved = next((name for name in names if name.lower() in _RESERVED), None)
    if reserved is not None:
        raise DataError(
            f"{path}: a column is called {reserved!r}, a name that loading needs for itself",
            next_step="rename that column",
            path=path,
            column=reserved,
        )


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
    try:
        with duckdb.connect() as con:
            return con.execute(f"select 1 from ({read_statement([file])}) limit 1").fetchone() is not None
    except duckdb.Error:
        return True


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
