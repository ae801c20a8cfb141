"""Lists for people and for scripts: one set of rows as a table, CSV or JSON (design.md 7)."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

# A cell that starts like this is run as a formula by spreadsheet programs.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
# What moves a terminal's cursor or turns the words around it. Line ends and tabs stay: CSV and JSON know them.
_STEERING = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


class Format(StrEnum):
    """How a list is printed."""

    table = "table"
    csv = "csv"
    json = "json"


def records(items: Sequence[Any]) -> list[dict[str, Any]]:
    """Turn frozen records into rows, field by field, in order."""
    return [{field.name: getattr(item, field.name) for field in dataclasses.fields(item)} for item in items]


def to_json(rows: Sequence[Mapping[str, Any]]) -> str:
    """Give one array of objects: DECIMAL as strings with all digits, NaN as null, dates ISO, MAP as objects.

    What steers a terminal is written as \\uXXXX, so that a reader of JSON gets every name as it is.
    """
    rows = [{name: plain_value(value) for name, value in row.items()} for row in rows]
    text = json.dumps(rows, ensure_ascii=False, indent=1)
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def to_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Give CSV with a header.

    Text that a spreadsheet would run as a formula is quoted with an apostrophe; a character that steers a terminal is
    a visible sign. JSON has every name as it is.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_csv_cell(name) for name in columns])
    for row in rows:
        writer.writerow([_csv_cell(row.get(name)) for name in columns])
    return out.getvalue()


def plain_value(value: Any) -> Any:
    """Give a value as JSON can hold it without losing a digit."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain_value(item) for item in value]
    if isinstance(value, bytes):
        return value.hex()
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def shown_value(value: Any) -> str:
    """Give a value as a person reads it in a terminal; control characters are taken out."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return _short_decimal(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    plain = plain_value(value)
    if isinstance(plain, list) and all(isinstance(item, str) for item in plain):
        plain = ", ".join(plain)
    text = plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
    return "".join(character if character.isprintable() else " " for character in text)


def _short_decimal(value: Decimal) -> str:
    text = f"{value:,f}"
    if "." not in text:
        return text
    whole, fraction = text.split(".")
    kept = fraction.rstrip("0")
    return f"{whole}.{kept.ljust(2, '0')}"


def _csv_cell(value: Any) -> str:
    plain = plain_value(value)
    if plain is None:
        return ""
    if isinstance(plain, str):
        is_number = isinstance(value, Decimal)
        shown = _STEERING.sub("\ufffd", plain)
        return f"'{shown}" if shown.startswith(_FORMULA_STARTS) and not is_number else shown
    if isinstance(plain, dict | list | bool):
        return _STEERING.sub("\ufffd", json.dumps(plain, ensure_ascii=False))
    return str(plain)
