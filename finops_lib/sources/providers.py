"""Which cloud's bill is a charge on? Read from the names in the charge; the lake's slices are cut by the answer."""

from __future__ import annotations

import re

import duckdb

from finops_lib.focus import PROVIDER_NAMES, VENDOR_NAMES
from finops_lib.quoting import literal

# Who sold the service, who sent the invoice, whose machines it ran on.
NAME_COLUMNS = ("ServiceProviderName", "InvoiceIssuerName", "HostProviderName")


def provider_of(*names: str | None) -> str:
    """Give the provider whose bill it is.

    That is the first cloud among seller and sender; else the first vendor that is known among them, since whose
    machines it ran on does not make it their bill; else the cloud it ran on; else a slug of the first name there is.

    Args:
        names: of NAME_COLUMNS, in that order.
    """
    spoken = [(name or "").strip().lower() for name in names]
    for known, among in ((PROVIDER_NAMES, spoken[:2]), (VENDOR_NAMES, spoken[:2]), (PROVIDER_NAMES, spoken[2:])):
        found = next((known[name] for name in among if name in known), "")
        if found:
            return found
    given = [name for name in spoken if name]
    slug = re.sub(r"[^a-z0-9]+", "-", given[0]).strip("-")[:40] if given else ""
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
