"""What does a file of currency rates say? CSV with the header from,to,day,rate,kind, read strictly or not at all."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path

from finops_lib.errors import DataError
from finops_lib.money import Rate

COLUMNS = ("from", "to", "day", "rate", "kind")
_KINDS = ("book", "spot", "invoice")
_CURRENCY = re.compile(r"[A-Z]{3}")
_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# What the lake's DECIMAL(38,18) holds.
_DECIMALS = Decimal(1).scaleb(-18)
_LARGEST = Decimal(10) ** 20
_LONGEST_SHOWN = 60


def read_rates(path: Path, *, source: str) -> list[Rate]:
    """Read every rate of a file, in its order; a rate has at most 18 decimals and is rounded to those.

    Args:
        source: who says so, for the record.
    Raises:
        DataError: not CSV with exactly these columns, a value that is none, or one rate given twice with two values;
            names the line.
    """
    found: dict[tuple[str, str, date, str], tuple[int, Rate]] = {}
    for number, row in _rows(path):
        rate = _rate(f"{path.name} line {number}", row, source)
        first, told = found.setdefault(rate.key, (number, rate))
        if told.rate != rate.rate:
            raise _wrong(
                f"{path.name} lines {first} and {number}",
                f"{rate.from_currency} to {rate.to_currency} on {rate.day} ({rate.kind}) is {told.digits} "
                f"and {rate.digits}",
                "keep one of the two",
            )
    if not found:
        raise _wrong(str(path), "holds no rate", f"write lines of {','.join(COLUMNS)}")
    return [rate for _, rate in found.values()]


def _rows(path: Path) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Give each line that says something as column -> text, with its number in the file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream, strict=True)
            header = next(reader, [])
            if sorted(header) != sorted(COLUMNS):
                shown = ",".join(header)[:_LONGEST_SHOWN]
                raise _wrong(f"{path.name} line 1", f"the header is {shown!r}", f"write it as {','.join(COLUMNS)}")
            for cells in reader:
                if not cells:
                    continue
                if len(cells) != len(header):
                    raise _wrong(
                        f"{path.name} line {reader.line_num}",
                        f"has {len(cells)} values for {len(header)} columns",
                        "correct the line",
                    )
                yield reader.line_num, dict(zip(header, cells, strict=True))
    except (csv.Error, UnicodeDecodeError) as error:
        raise _wrong(str(path), f"is not a CSV file in UTF-8 ({error})", "save it as CSV in UTF-8") from error


def _rate(place: str, row: Mapping[str, str], source: str) -> Rate:
    for column in ("from", "to"):
        if not _CURRENCY.fullmatch(row[column]):
            raise _not(place, column, row[column], "a currency", "write three capital letters, like EUR")
    if row["from"] == row["to"]:
        raise _wrong(place, f"{row['from']} is converted to itself", "leave the line out")
    if row["kind"] not in _KINDS:
        raise _not(place, "kind", row["kind"], "a kind of rate", f"write one of {', '.join(_KINDS)}")
    day, rate = _day(place, row["day"]), _number(place, row["rate"])
    return Rate(row["from"], row["to"], day, row["kind"], rate, source)  # type: ignore[arg-type]  # one of _KINDS


def _day(place: str, text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise _not(place, "day", text, "a day", "write it as YYYY-MM-DD")


def _number(place: str, text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise _not(place, "rate", text, "a positive number", "write it like 1.0842")
    with localcontext(prec=100):
        exact = Decimal(text)
        rate = exact if exact >= _LARGEST else exact.quantize(_DECIMALS, ROUND_HALF_UP)
    if not 0 < rate < _LARGEST:
        raise _not(place, "rate", text, "a rate between 1e-18 and 1e20", "write it like 1.0842")
    return rate


def _not(place: str, column: str, text: str, what: str, next_step: str) -> DataError:
    return _wrong(place, f"{column} {text[:_LONGEST_SHOWN]!r} is not {what}", next_step)


def _wrong(place: str, what: str, next_step: str) -> DataError:
    return DataError(f"{place}: {what}", next_step=f"{next_step}; nothing was changed")
