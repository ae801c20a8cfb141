"""Records as a table: for whoever asks a notebook for what an analysis found, not for a page that knows its columns."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from finops_lib.reports import format as say
from finops_lib.reports import page
from finops_lib.reports.page import Element
from finops_lib.reports.tables import Column, Kind, table

_PACKAGE = __name__.partition(".")[0]
# Inside a record, a list of records is said by its number; `finops_lib` has a page for most of them.
_MOST_NAMES = 3
_STATUS, _CURRENCY = "colour", "currency"


def are_records(items: Sequence[object]) -> bool:
    """Whether these are records of one kind of this library, at least one, none of which shows itself."""
    kinds = {type(item) for item in items}
    return len(kinds) == 1 and _is_record(items[0]) and not hasattr(items[0], "_repr_mimebundle_")


def record_table(items: Sequence[object]) -> Element:
    """Show records as rows: a column for each field that says something in at least one of them.

    Args:
        items: records of one kind; a record inside them has its fields beside theirs, and deeper ones are counted.
    """
    rows = [dict(_flat(item)) for item in items]
    names = list(dict.fromkeys(name for row in rows for name in row))
    told = [name for name in names if any(not _is_empty(row.get(name)) for row in rows)]
    columns = {name: _column(name, [row.get(name) for row in rows], _CURRENCY in told) for name in told}
    series = {name: _series(columns[name].kind, [row.get(name) for row in rows]) for name in told}
    kind = _spaced(type(items[0]).__name__)
    return table(pl.DataFrame(series), columns, title=f"{len(items)} x {kind}", empty=f"No {kind}.")


def record_facts(item: object) -> Element:
    """Show one record as its named facts; what it does not say is left out."""
    rows = {_label(name): _words(value) for name, value in _flat(item) if not _is_empty(value)}
    return page.facts(rows, title=_spaced(type(item).__name__).capitalize())


def _is_record(item: object) -> bool:
    return is_dataclass(item) and not isinstance(item, type) and type(item).__module__.partition(".")[0] == _PACKAGE


def _flat(item: Any) -> Iterator[tuple[str, Any]]:
    for field in fields(item):
        value = getattr(item, field.name)
        if field.name.startswith("_"):
            continue
        if _is_record(value):
            # What both have, e.g. a status, is said by the outer one.
            own = {one.name for one in fields(item)}
            yield from ((inner.name, getattr(value, inner.name)) for inner in fields(value) if inner.name not in own)
        else:
            yield field.name, value


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | Mapping | list | tuple) and not value)


def _column(name: str, values: Sequence[object], has_currency: bool) -> Column:
    known = [value for value in values if value is not None]
    kind: Kind = "text"
    if name == _STATUS:
        return Column(_label(name), "status")
    if all(isinstance(value, Decimal) for value in known):
        return Column(_label(name), "money", "cent", currency_from=_CURRENCY if has_currency else "")
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in known):
        kind = "number"
    elif all(isinstance(value, dt.datetime) for value in known):
        kind = "moment"
    elif all(isinstance(value, dt.date) and not isinstance(value, dt.datetime) for value in known):
        kind = "day"
    return Column(_label(name), kind)


def _series(kind: Kind, values: Sequence[Any]) -> pl.Series:
    if kind in ("text", "status"):
        return pl.Series([None if value is None else _words(value) for value in values], dtype=pl.String)
    if kind == "number":
        # Not a number is not known.
        return pl.Series([None if value is None or math.isnan(value) else float(value) for value in values])
    return pl.Series(values)


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.datetime):
        return say.moment(value)
    if isinstance(value, dt.date):
        return say.day(value, "full")
    if isinstance(value, float):
        return say.number(value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {inner}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        plain = [str(inner) for inner in value if isinstance(inner, str | int | float | Decimal)]
        return (
            say.names(plain, limit=_MOST_NAMES)
            if len(plain) == len(value)
            else say.plural(len(value), "entry", "entries")
        )
    return str(value)


def _label(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _spaced(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()
