"""Whose charge is it? Tags and accounts -> organization, project, team, environment, cost centre (domain.md 7.1).

The first source that gives a value wins, per dimension: a tag (keys in the order of the rules), the sub-account map,
the billing-account map, the default. Keys and values are compared normalised; aliases are applied only where the rules
name them. What gave the value is kept as the rule's id.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_MISSING = frozenset({"", "null", "none", "n-a", "na", "unknown", "undefined"})


@dataclass(frozen=True, slots=True)
class Dimension:
    """The rules of one dimension; all texts as written in the rules."""

    name: str
    keys: tuple[str, ...] = ()
    aliases: Mapping[str, str] | None = None
    accounts: Mapping[str, str] | None = None
    billing_accounts: Mapping[str, str] | None = None
    default: str | None = None


def normalise(text: str) -> str:
    """Give the form in which keys and values are compared: NFKC, no case, one kind of separator, no `user:`."""
    folded = unicodedata.normalize("NFKC", text).strip().casefold()
    for prefix in ("user:", "resourcetags/user:"):
        folded = folded.removeprefix(prefix)
    return re.sub(r"[-_ ./]+", "-", folded).strip("-")


def dimensions_from(rules: Mapping[str, Mapping[str, object]]) -> tuple[Dimension, ...]:
    """Read the `dimensions` block of params/workbench.yaml (already checked) into Dimension records."""
    dimensions = []
    for name, rule in rules.items():
        aliases: dict[str, str] = {}
        groups = rule.get("aliases") or {}
        assert isinstance(groups, Mapping)
        for value, others in groups.items():
            for other in (value, *others):
                aliases[normalise(str(other))] = str(value)
        dimensions.append(
            Dimension(
                name=name,
                keys=tuple(_texts(rule.get("keys"))),
                aliases=aliases,
                accounts=_mapping(rule.get("accounts")),
                billing_accounts=_mapping(rule.get("billing_accounts")),
                default=None if rule.get("default") is None else str(rule["default"]),
            )
        )
    return tuple(dimensions)


def relevant_keys(dimensions: Iterable[Dimension], tag_keys: Iterable[str]) -> list[str]:
    """Give the tag keys, as spelt in the bill, that some dimension reads; sorted."""
    wanted = {normalise(key) for dimension in dimensions for key in dimension.keys}
    return sorted(key for key in tag_keys if normalise(key) in wanted)


def allocate(
    dimensions: Sequence[Dimension], *, tags: Mapping[str, str | None], account: str | None, billing_account: str | None
) -> dict[str, tuple[str, str]]:
    """Give (value, rule id) for each dimension that one charge has a value for.

    Args:
        tags: tag key as in the bill -> value; where two keys mean the same, the first in alphabetical order counts.
        account: SubAccountId. billing_account: BillingAccountId.
    """
    by_key: dict[str, list[tuple[str, str]]] = {}
    for key in sorted(tags):
        if tags[key] is not None:
            by_key.setdefault(normalise(key), []).append((key, str(tags[key])))
    found = {}
    for dimension in dimensions:
        value = _value(dimension, by_key, account, billing_account)
        if value is not None:
            found[dimension.name] = value
    return found


def _value(
    dimension: Dimension, by_key: Mapping[str, list[tuple[str, str]]], account: str | None, billing_account: str | None
) -> tuple[str, str] | None:
    aliases = dimension.aliases or {}
    for wanted in dimension.keys:
        for key, raw in by_key.get(normalise(wanted), []):
            plain = normalise(raw)
            if plain not in _MISSING:
                return aliases.get(plain, plain), f"tag:{key}"
    for kind, table, id_ in (
        ("account", dimension.accounts or {}, account),
        ("billing-account", dimension.billing_accounts or {}, billing_account),
    ):
        if id_ is not None and id_ in table:
            return table[id_], kind
    return None if dimension.default is None else (dimension.default, "default")


def _texts(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, Sequence) and not isinstance(value, str) else []


def _mapping(value: object) -> dict[str, str]:
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, Mapping) else {}
