"""Which rows of a CSV file are not rows? Asked only when DuckDB has refused the file, so slow and thorough.

DuckDB counts lines and shows options; a person wants file, row, column and value. Rows are counted as a person does who
opens the file in a spreadsheet: the first after the header is 1, a line break inside quotes starts no new one, and
empty lines are none.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

from finops_lib.sources.files import MAX_ROW_BYTES, BillingFile

SHOWN = 10
_SHOWN_CHARACTERS = 60
# Bytes that are not UTF-8 come out of the decoder as these.
_UNDECODED = re.compile("[\udc80-\udcff]")
_LIMIT = f", and a row may have {MAX_ROW_BYTES:,}"
_LONGEST_CELL = 2 * MAX_ROW_BYTES


def broken_rows(file: BillingFile) -> tuple[list[str], int]:
    """Give the first ten problems with the shape of a CSV file's rows, and how many there are.

    Not closed quotes end the search, since nobody can say where the next row starts.
    """
    return _collect(_broken(file))


def has_mixed_line_ends(file: BillingFile) -> bool:
    """Say whether some lines end in \\r\\n and others in \\n alone; DuckDB loses its way in such files."""
    with _text(file) as text:
        ends = {line[-2:] == "\r\n" for line in text if line.endswith("\n")}
    return len(ends) == 2


def rows_with_nul(file: BillingFile) -> tuple[list[str], int]:
    """Give the first ten cells that hold a NUL byte, and how many rows have one."""
    return _collect(_nul(file))


def shown_value(text: str | None) -> str:
    """Write a cell's value on one line, shortened, its invisible characters spelt out."""
    if text is None:
        return "empty"
    # What cannot be printed is written as \\x00 and the like, four times as long.
    length = _SHOWN_CHARACTERS if text[:_SHOWN_CHARACTERS].isprintable() else _SHOWN_CHARACTERS // 2
    return repr(text if len(text) <= length else text[:length] + "…")


def _collect(problems: Iterator[str]) -> tuple[list[str], int]:
    shown, count = [], 0
    for problem in problems:
        count += 1
        if count <= SHOWN:
            shown.append(problem)
    return shown, count


def _broken(file: BillingFile) -> Iterator[str]:
    header = file.header
    for number, row, is_whole in _rows(file):
        if not is_whole:
            place = next((i for i, cell in enumerate(row) if '"' in cell or "\n" in cell), len(row) - 1)
            column = header[min(place, len(header) - 1)]
            yield f"row {number}: {column} {shown_value(row[place])} has a quote that is not closed, or not doubled"
            return
        for column, cell in zip(header, row, strict=False):
            if _UNDECODED.search(cell):
                raw = cell.encode("utf-8", "surrogateescape")[:_SHOWN_CHARACTERS]
                yield f"row {number}: {column} {raw!r} is not UTF-8 (save the file as UTF-8)"
        size = sum(len(cell.encode("utf-8", "surrogateescape")) for cell in row)
        if size > MAX_ROW_BYTES:
            longest = max(range(len(row)), key=lambda i: len(row[i]))
            column = header[min(longest, len(header) - 1)]
            yield f"row {number}: {column} {shown_value(row[longest])}: the row is {size:,} bytes long{_LIMIT}"
        elif len(row) < len(header):
            last = f"{header[len(row) - 1]} {shown_value(row[-1])}"
            yield f"row {number}: ends after {len(row)} of {len(header)} columns, at {last}"
        elif len(row) > len(header):
            surplus = f"{shown_value(row[len(header)])} stands behind the last, {header[-1]}"
            yield f"row {number}: {len(row)} values for {len(header)} columns: {surplus}"


def _nul(file: BillingFile) -> Iterator[str]:
    for number, row, _ in _rows(file):
        for column, cell in zip(file.header, row, strict=False):
            if "\0" in cell:
                yield f"row {number}: {column} {shown_value(cell)}"
                break


def _rows(file: BillingFile) -> Iterator[tuple[int, list[str], bool]]:
    """Give (row number, cells, whether its quotes are closed); after one that is not closed there is no more."""
    with _cells_of_any_length(), _text(file) as text, _text(file) as again:
        # Two readers in step: the strict one says where a quote is wrong, the lenient one still gives the cells.
        strict, lenient = csv.reader(text, strict=True), csv.reader(again)
        number = -1
        while True:
            try:
                row = next(strict, None)
                is_whole = True
            except csv.Error:
                row, is_whole = _next_leniently(lenient), False
            else:
                _next_leniently(lenient)
            if row is None:
                return
            number += bool(row)
            if row and number > 0:
                yield number, row, is_whole
            if not is_whole:
                return


def _next_leniently(reader: Iterator[list[str]]) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error:
        return ["a cell without end"]


@contextmanager
def _text(file: BillingFile) -> Iterator[io.TextIOWrapper]:
    is_gzip = file.path.name.lower().endswith(".gz")
    with (
        gzip.open(file.path, "rb") if is_gzip else file.path.open("rb") as stream,
        io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="") as text,
    ):
        yield text


@contextmanager
def _cells_of_any_length() -> Iterator[None]:
    former = csv.field_size_limit(_LONGEST_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(former)
