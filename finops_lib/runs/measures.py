"""Which numbers does a run's result.json hold? Read exactly, each under a name that is the same in the next run.

Numbers and amounts (decimals as text) of the result and of records in it count under their path: `month_cost`,
`portfolio.base`. Of lists of records, those in `LISTS` count, each record under what identifies it:
`budgets.web.actual`; of every list its length: `anomalies.count`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any

from finops_lib.findings import EXACT, Change

_AMOUNT = re.compile(r"-?\d+(\.\d+)?")
# Words, even where they look like a number.
_NAMES = frozenset({"account", "as_of", "currency", "provider", "BillingCurrency"})


@dataclass(frozen=True, slots=True)
class ListOf:
    """What counts of the records in a list: the fields that identify one, amounts of money, and plain numbers."""

    keys: tuple[str, ...]
    money: tuple[str, ...]
    numbers: tuple[str, ...] = ()


LISTS: Mapping[str, ListOf] = {
    "budgets": ListOf(("budget",), ("actual", "amount", "forecast_p50")),
    "anomalies": ListOf(("scope", "anomaly_id"), ("impact",)),
    "counted": ListOf(("resource_id", "type"), ("monthly_savings",)),
    "money": ListOf(("x_Provider", "x_SourceId"), ("billed_cost",), ("charges",)),
}
# Notebook -> patterns of its headline numbers and what a reader calls them; {} = what the pattern's star stands for.
HEADLINES: Mapping[str, Mapping[str, str]] = {
    "overview": {
        "month_cost": "Month to date",
        "expected_month_cost": "Expected month",
        "last_30_cost": "Last 30 days",
        "year_cost": "Year to date",
        "savings_base": "Potential savings a month",
    },
    "budgets": {"budgets.*.actual": "{}, spent", "budgets.*.amount": "{}, budget"},
    "anomalies": {"anomalies.count": "Anomalies told", "anomalies.*.impact": "{}"},
    "savings": {
        "portfolio.base": "Savings a month",
        "portfolio.low": "At least",
        "portfolio.high": "At most",
        "portfolio.counted.count": "Recommendations",
    },
    "ingestion": {"money.*.billed_cost": "{}, billed", "money.*.charges": "{}, charges"},
}
MOST_HEADLINES = 5


def read_measures(text: str) -> dict[tuple[str, str], Decimal]:
    """Give the numbers of a result by name and unit (a currency, or "" for what is no money)."""
    found: dict[tuple[str, str], Decimal] = {}
    result = json.loads(text, parse_float=Decimal)
    for name, unit, value in _numbers(result, path=(), currency=""):
        # Two records that nothing tells apart are one number, their sum.
        found[name, unit] = EXACT.add(found.get((name, unit), Decimal(0)), value)
    return found


def headlines(notebook: str, changes: Sequence[Change]) -> list[tuple[str, Change]]:
    """Give the three to five numbers that stand for a page, each with its label; those that moved most come first.

    A notebook of one's own is spoken for by those of its numbers that moved most.
    """
    chosen: list[tuple[str, Change]] = []
    for pattern, label in HEADLINES.get(notebook, {"*": "{}"}).items():
        front, _, back = pattern.partition("*")
        fitting = [change for change in changes if fnmatchcase(change.measure, pattern)]
        if "*" in pattern:
            fitting.sort(key=lambda change: -abs(change.change))
        chosen += [
            (label.format(change.measure.removeprefix(front).removesuffix(back) if "*" in pattern else ""), change)
            for change in fitting
        ]
    return chosen[:MOST_HEADLINES]


def _numbers(value: Any, *, path: tuple[str, ...], currency: str) -> Iterator[tuple[str, str, Decimal]]:
    name = ".".join(path)
    match value:
        case bool() | None:
            return
        case int() | Decimal():
            yield name, "", Decimal(value)
        case str() if path and path[-1] not in _NAMES and _AMOUNT.fullmatch(value):
            yield name, currency, Decimal(value)
        case Mapping():
            own = str(value.get("currency") or currency)
            for key, item in value.items():
                yield from _numbers(item, path=(*path, key), currency=own)
        case list() if not value or any(not isinstance(item, int | Decimal) for item in value):
            yield f"{name}.count", "", Decimal(len(value))
            if declared := LISTS.get(path[-1] if path else ""):
                for item in value:
                    yield from _of_record(item, declared, name=name, currency=currency)


def _of_record(item: Any, declared: ListOf, *, name: str, currency: str) -> Iterator[tuple[str, str, Decimal]]:
    if not isinstance(item, Mapping):
        return
    own = str(item.get("currency") or item.get("BillingCurrency") or currency)
    who = " ".join(str(item[key]) for key in declared.keys if item.get(key))
    for field in (*declared.money, *declared.numbers):
        unit = own if field in declared.money else ""
        match item.get(field):
            case bool():
                continue
            case int() | Decimal() as value:
                yield f"{name}.{who}.{field}", unit, Decimal(value)
            case str() as text if _AMOUNT.fullmatch(text):
                yield f"{name}.{who}.{field}", unit, Decimal(text)
