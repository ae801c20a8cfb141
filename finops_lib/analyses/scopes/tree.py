"""A scope as a tree of claims: its one canonical text, its columns, and whether a row belongs to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from finops_lib.analyses.scopes.fields import PRESETS, column_of, field_named
from finops_lib.errors import ConfigError

Test = Literal["=", "!=", "in", "not in", "like", "not like", "is null", "is not null"]
Row: TypeAlias = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Everything:
    """The whole estate."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What one field must be.

    Args:
        field: as `field_named` gives it, or `tag`.
        key: of the tag; "" for other fields.
        values: one for =, != and like; at least one, sorted, for in; none for null.
    """

    field: str
    test: Test
    values: tuple[str, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Not:
    part: Scope


@dataclass(frozen=True, slots=True)
class Both:
    """All of at least two parts, none of which is itself a Both."""

    parts: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """Any of at least two parts, none of which is itself an Either."""

    parts: tuple[Scope, ...]


Scope: TypeAlias = Everything | Claim | Not | Both | Either
EVERYTHING = Everything()


def both(parts: Sequence[Scope]) -> Scope:
    """Join by `and`; a single part stays what it is."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Both) else (part,)))
    return flat[0] if len(flat) == 1 else Both(flat)


def either(parts: Sequence[Scope]) -> Scope:
    """Join by `or`; a single part stays what it is."""
    flat = tuple(inner for part in parts for inner in (part.parts if isinstance(part, Either) else (part,)))
    return flat[0] if len(flat) == 1 else Either(flat)


def preset(kind: str, value: str) -> Scope:
    """Give the scope of one organization, project, team, service, environment or account."""
    if kind not in PRESETS:
        raise ConfigError.unknown("scope type", kind, PRESETS)
    return Claim(field_named(kind), "=", (value,))


def canonical(scope: Scope) -> str:
    """Write a scope the one way that all its spellings have in common; `parse_scope` reads it back unchanged."""
    match scope:
        case Everything():
            return "all"
        case Claim():
            return _claim(scope)
        case Not(part):
            return f"not {_inside(part, (Both, Either))}"
        case Both(parts):
            return " and ".join(_inside(part, (Either,)) for part in parts)
        case Either(parts):
            return " or ".join(_inside(part, ()) for part in parts)


def columns_of(scope: Scope) -> frozenset[str]:
    """Name the columns a scope looks at, as the mart `daily_cost` and the table `cost` call them."""
    return frozenset(column_of(claim.field) for claim in claims_of(scope))


def claims_of(scope: Scope) -> Iterator[Claim]:
    """Give every claim of the tree."""
    match scope:
        case Claim():
            yield scope
        case Not(part):
            yield from claims_of(part)
        case Both(parts) | Either(parts):
            for part in parts:
                yield from claims_of(part)


def matches(scope: Scope, row: Row) -> bool:
    """Say whether a row belongs to a scope.

    Args:
        row: values by field (`team`) or by column (`x_Team`); tags as a mapping under `Tags`. What is missing is null.
    """
    match scope:
        case Everything():
            return True
        case Claim():
            return _holds(scope, _value(scope, row))
        case Not(part):
            return not matches(part, row)
        case Both(parts):
            return all(matches(part, row) for part in parts)
        case Either(parts):
            return any(matches(part, row) for part in parts)


def _value(claim: Claim, row: Row) -> str | None:
    column = column_of(claim.field)
    found = row[claim.field] if claim.field in row else row.get(column)
    if claim.field == "tag":
        tags = row.get(column)
        found = tags.get(claim.key) if isinstance(tags, Mapping) else None
    return None if found is None else str(found)


def _holds(claim: Claim, value: str | None) -> bool:
    match claim.test:
        case "=" | "in":
            return value in claim.values
        case "!=" | "not in":
            return value not in claim.values
        case "like":
            return value is not None and _is_like(claim.values[0], value)
        case "not like":
            return value is None or not _is_like(claim.values[0], value)
        case "is null":
            return value is None
        case "is not null":
            return value is not None


def _is_like(pattern: str, value: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), value, flags=re.DOTALL) is not None


def _inside(part: Scope, looser: tuple[type, ...]) -> str:
    return f"({canonical(part)})" if isinstance(part, looser) else canonical(part)


def _claim(claim: Claim) -> str:
    name = f"tag[{quoted(claim.key)}]" if claim.field == "tag" else claim.field
    match claim.test:
        case "is null" | "is not null":
            return f"{name} {claim.test}"
        case "in" | "not in":
            return f"{name} {claim.test} ({', '.join(map(quoted, claim.values))})"
        case _:
            return f"{name} {claim.test} {quoted(claim.values[0])}"


def quoted(text: str) -> str:
    """Put text in single quotes; the quote itself is written twice."""
    return "'" + text.replace("'", "''") + "'"
