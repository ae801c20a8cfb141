"""What in a delivery breaks FOCUS without making the money wrong? Counted per slice, never a reason to refuse it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb

from finops_lib.focus import ALLOWED_VALUES, FOCUS_COLUMNS, FORMER_COLUMNS, OWN_PREFIXES
from finops_lib.sources.conform import EXTRA_PREFIX, REQUIRED, extra_column


@dataclass(frozen=True, slots=True)
class Finding:
    """Something FOCUS forbids that does not make the money wrong, counted per slice."""

    provider: str
    month: date
    finding: str
    column: str
    occurrences: int
    example: str


def find_findings(
    con: duckdb.DuckDBPyConnection, claims_by_dialect: Mapping[str, Mapping[str, str]]
) -> tuple[tuple[Finding, ...], frozenset[str]]:
    """Give the findings, and the enum columns in which some value is not in the specification's letter case.

    Args:
        claims_by_dialect: dialect -> its claims (Dialect.claims). They are judged on all charges of the delivery where
            that has one dialect, else not at all: a charge does not say which dialect it came in.
    """
    claims = _claims()
    if len(claims_by_dialect) == 1:
        own = next(iter(claims_by_dialect.values()))
        claims += [("broken-claim", said, condition, "ChargeDescription") for said, condition in own.items()]
    counts = ", ".join(f"count(*) filter ({condition})" for _, _, condition, _ in claims)
    found = []
    for provider, month, *numbers in con.execute(
        f"select x_Provider, x_BillingMonth, {counts} from charges group by all order by all"
    ).fetchall():
        for (finding, column, condition, shown), count in zip(claims, numbers, strict=True):
            if count:
                slice_ = f"x_Provider = '{provider}' and x_BillingMonth = DATE '{month}'"
                query = f"select min({shown}) from charges where {slice_} and ({condition})"
                [[example]] = con.execute(query).fetchall()
                found.append(Finding(provider, month, finding, column, count, str(example or "")[:200]))
    enums = _enum_values(con)
    misspelt = frozenset(finding.column for finding in enums if finding.finding == "letter-case")
    return (*found, *enums, *_unexpected_columns(con)), misspelt


def _enum_values(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Find enum values that FOCUS does not know, or knows in another letter case; the few distinct ones are judged."""
    found = []
    held = columns_of_parsed(con)
    for name in sorted(ALLOWED_VALUES.keys() & set(held)):
        lower = {value.lower() for value in ALLOWED_VALUES[name]}
        query = f"select x_Provider, x_BillingMonth, {name}, count(*) from charges group by all order by all"
        for provider, month, value, count in con.execute(query).fetchall():
            if value is None or value in ALLOWED_VALUES[name]:
                continue
            finding = "letter-case" if value.strip().lower() in lower else "unknown-value"
            found.append(Finding(provider, month, finding, name, count, value[:200]))
    return found


def _unexpected_columns(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Count what is kept in x_Extra and is neither a provider's own column nor a former FOCUS one."""
    found = []
    for name in sorted(
        name for name in extras_with_values(con) if not name.startswith(OWN_PREFIXES) and name not in FORMER_COLUMNS
    ):
        column = extra_column(name)
        query = (
            f"select x_Provider, x_BillingMonth, count({column}), min({column}) from charges group by all order by all"
        )
        for provider, month, count, example in con.execute(query).fetchall():
            if count:
                finding = "unreadable-tags" if name == "Tags" else "unknown-column"
                found.append(Finding(provider, month, finding, name, count, example[:200]))
    return found


def _claims() -> list[tuple[str, str, str, str]]:
    """Give (finding, column, condition of an offending row, what to show of it)."""
    claims = [
        ("missing-value", column.name, f"{column.name} is null", "ChargeDescription")
        for column in FOCUS_COLUMNS
        if column.level == "mandatory" and not column.nullable and column.name not in REQUIRED
    ]
    outside = "ChargePeriodStart < BillingPeriodStart or ChargePeriodStart >= BillingPeriodEnd"
    claims.append(("outside-billing-period", "ChargePeriodStart", outside, "cast(ChargePeriodStart as VARCHAR)"))
    claims.append(("rounded-money", "BilledCost", "billed_drift is not null", "cast(BilledCost as VARCHAR)"))
    claims.append(("rounded-money", "EffectiveCost", "effective_drift is not null", "cast(EffectiveCost as VARCHAR)"))
    return claims


def extras_with_values(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Name the keys of x_Extra that any row of the delivery has a value for."""
    names = [name.removeprefix(EXTRA_PREFIX) for name in columns_of_parsed(con) if name.startswith(EXTRA_PREFIX)]
    if not names:
        return []
    counts = con.execute(
        f"select {', '.join(f'count({extra_column(name)})' for name in names)} from parsed"
    ).fetchall()[0]
    return [name for name, count in zip(names, counts, strict=True) if count]


def columns_of_parsed(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Name the columns that the files of the delivery gave."""
    names = "select column_name from duckdb_columns() where table_name = 'parsed' and database_name = 'temp'"
    return [name for (name,) in con.execute(names).fetchall()]
