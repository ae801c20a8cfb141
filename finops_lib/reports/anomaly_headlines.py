"""An episode in a few words: what left its range, where, since when, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from finops_lib.findings import Anomaly
from finops_lib.reports import format as say

# An episode that long is not followed further: the new level is the usual one by then.
FOLLOWED_DAYS = 28
STANDINGS = {
    "open": "open",
    "acknowledged": "acknowledged",
    "closed": "over",
    "resolved": "explained",
    "false_positive": "false alarm",
    "expected": "planned",
    "withdrawn": "withdrawn",
}
_OF_ONE_FIELD = ("region", "project", "environment", "team")


def what_of(a: Anomaly) -> str:
    """Name what left its range: a service, one resource of it, a team, or the many of an account that rose together."""
    if a.level == "resource":
        own = a.scope.removeprefix(f"{a.provider}/{a.account}/{a.service}/")
        return f"{own.rsplit('/', 1)[-1]} ({a.service})"
    if a.service:
        return a.service
    if a.level in _OF_ONE_FIELD:
        return f"{a.level.capitalize()} {a.scope.partition('=')[2]}"
    return f"All of {a.provider}" if a.level == "provider" else "Many services together"


def where_of(a: Anomaly, names: Mapping[tuple[str, str], str]) -> str:
    """Name the account, or the provider where the node is not part of one.

    Args:
        names: provider and account -> the account's name.
    """
    return names.get((a.provider, a.account), a.account) if a.account else f"{a.provider}, any account"


def headline(a: Anomaly, as_of: date) -> str:
    """Say what happened, when, and what it cost."""
    size = say.signed_money(a.impact, a.currency)
    if a.deviation_pct is None:
        return f"{what_of(a)} is new {since(a, as_of)}, {size}"
    return f"{what_of(a)} {'rose' if a.impact > 0 else 'fell'} {since(a, as_of)}, {size} against the usual"


def since(a: Anomaly, as_of: date) -> str:
    """Say within a sentence when it was."""
    if a.end >= as_of or (a.end - a.start).days + 1 >= FOLLOWED_DAYS:
        return f"since {say.day(a.start)}"
    return f"on {say.day(a.start)}" if a.start == a.end else f"from {say.day(a.start)} to {say.day(a.end)}"


def when(a: Anomaly, as_of: date | None) -> str:
    """Say in a table when it was."""
    return f"since {say.day(a.start, 'full')}" if as_of is not None and a.end >= as_of else say.days(a.start, a.end)
