"""Which cloud's bill is a charge on? Read from the names in the charge; the lake's slices are cut by the answer."""

from __future__ import annotations

import re

import duckdb

from finops_lib.focus import PROVIDER_NAMES
from finops_lib.quoting import literal

# In this order: who sold the service, who sent the invoice, whose machines it ran on.
NAME_COLUMNS = ("ServiceProviderName", "InvoiceIssuerName", "HostProviderName")


def provider_of(*names: str | None) -> str:
    """Give the first of the names that is a known provider, else a slug of the first name there is."""
    given = [name.strip() for name in names if name and name.strip()]
    for name in given:
        known = PROVIDER_NAMES.get(name.lower())
        if known:
            return known
    slug = re.sub(r"[^a-z0-9]+", "-", given[0].lower()).strip("-")[:40] if given else ""
    return slug or "unknown"


def provider_expression(con: duckdb.DuckDBPyConnection, table: str) -> str:
    """Give the expression of x_Provider over a table with the FOCUS name columns; short, since names are few."""
    rows = con.execute(f"select distinct {', '.join(NAME_COLUMNS)} from {table}").fetchall()
    by_provider: dict[str, list[str]] = {}
    for names in rows:
        by_provider.setdefault(provider_of(*names), []).append(_is(names))
    if len(by_provider) == 1:
        return literal(next(iter(by_provider)))
    whens = " ".join(f"when {' or '.join(tests)} then {literal(slug)}" for slug, tests in sorted(by_provider.items()))
    return f"case {whens} end" if whens else "'unknown'"


def _is(names: tuple[str | None, ...]) -> str:
    tests = [
        f"{column} is null" if name is None else f"{column} = {literal(name)}"
        for column, name in zip(NAME_COLUMNS, names, strict=True)
    ]
    return f"({' and '.join(tests)})"
