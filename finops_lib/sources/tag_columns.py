"""Tags of bills that have a column for each key."""

from __future__ import annotations

from collections.abc import Mapping

from finops_lib.quoting import literal


def tags_of(columns: Mapping[str, str]) -> str:
    """Give the expression of Tags (a MAP) from key -> expression; a key without a value is not there."""
    if not columns:
        return "cast(null as MAP(VARCHAR, VARCHAR))"
    pairs = ", ".join(f"{{'k': {literal(key)}, 'v': cast({column} as VARCHAR)}}" for key, column in columns.items())
    given = f"list_filter([{pairs}], lambda pair: pair.v is not null)"
    return f"case when len({given}) > 0 then map_from_entries({given}) end"
