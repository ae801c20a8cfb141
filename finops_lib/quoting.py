"""How a name or a value is written into SQL where nothing can be bound (views, COPY, column lists)."""

from __future__ import annotations


def literal(text: str) -> str:
    """Write a text as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """Write a column's name so that every character of it counts as part of the name."""
    return '"' + name.replace('"', '""') + '"'
