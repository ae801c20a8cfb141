"""FOCUS Invoice Detail files: which they are, and their lines, typed and checked before any of them is loaded.

An invoice has few lines, so each is read with its row number and as plainly as possible; the rules are those of
charges (design.md 3). A line repeats its InvoiceDetailId where FOCUS allows it: amounts are summed, never joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import duckdb

from finops_lib.errors import DataError
from finops_lib.focus import CHARGE_CATEGORIES, INSTANT, INVOICE_COLUMNS, INVOICE_STATUSES, MONEY, TEXT, Column
from finops_lib.quoting import literal
from finops_lib.sources.conform import billing_month
from finops_lib.sources.files import BillingFile, read_statement
from finops_lib.sources.providers import provider_expression

# Raised when the mapping changes, so that the same file is loaded again.
MAPPING_VERSION = "invoice-detail-1.4.1"
REQUIRED = (
    "BilledCost",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargeCategory",
    "InvoiceDetailId",
    "InvoiceId",
    "InvoiceIssuerName",
    "InvoiceIssueStatus",
)
PROBLEMS_SHOWN = 10
# No file of charges has these columns; and no invoice has a charge period.
_ONLY_INVOICES = frozenset(
    {"InvoiceDetailCreated", "InvoiceDetailGrain", "InvoiceIssueStatus", "InvoiceIssueDate", "PaymentTerms"}
)
_ONLY_CHARGES = frozenset({"ChargePeriodStart", "ChargePeriodEnd", "EffectiveCost"})
_PLAIN_NUMBER = r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?"
_NUMBERS = ("DECIMAL", "DOUBLE", "FLOAT", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "U")
_TIMES = "timestamp '2000-01-01' and timestamp '2100-01-01'"


@dataclass(frozen=True, slots=True)
class Invoice:
    """What a delivery says of one invoice in one month and currency; `files` are its positions in the delivery."""

    provider: str
    invoice_id: str
    month: date
    currency: str
    rows: int
    billed: Decimal
    files: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Wrong:
    column: str
    condition: str
    why: str


def is_invoice_detail(header: Sequence[str]) -> bool:
    """Say whether a file with these columns is a FOCUS Invoice Detail file."""
    columns = set(header)
    return len(columns & _ONLY_INVOICES) >= 2 and not columns & _ONLY_CHARGES


def apart(files: Sequence[BillingFile]) -> tuple[list[BillingFile], list[BillingFile]]:
    """Tell files of charges from files of invoices."""
    charges = [file for file in files if not is_invoice_detail(file.header)]
    return charges, [file for file in files if is_invoice_detail(file.header)]


def read_invoice_lines(con: duckdb.DuckDBPyConnection, files: Sequence[BillingFile]) -> list[Invoice]:
    """Read all files into the temporary table `invoice_lines`, typed and checked; give its invoices.

    Args:
        con: where `invoice_lines` is made: INVOICE_COLUMNS, x_Provider, x_BillingMonth and x_File; TimeZone is UTC.
    Raises:
        DataError: a file or a row is not what it should be; shows the first ten cells and counts the rows.
    """
    columns = ", ".join(f"{column.name} {column.type}" for column in INVOICE_COLUMNS)
    con.execute(f"create or replace temp table typed_lines ({columns}, x_File INTEGER)")
    shown: list[str] = []
    count = 0
    for position, file in enumerate(files):
        try:
            wrong, rows = _append(con, file, position)
        except duckdb.Error as error:
            first = str(error).splitlines()[0].removeprefix("Invalid Input Error: ")[:400]
            raise DataError(
                f"{file.path}: not readable to its end: {first}",
                next_step="have the file delivered again; nothing was loaded",
                path=str(file.path),
            ) from error
        shown += wrong
        count += rows
    if count:
        raise DataError(
            f"{count} row{'s' if count != 1 else ''} cannot be loaded, so nothing was: "
            + " | ".join(shown[:PROBLEMS_SHOWN]),
            next_step="correct the rows or have the invoice delivered again (row 1 is the first after the header)",
            problems=shown[:PROBLEMS_SHOWN],
            rows=count,
        )
    month = f"{billing_month('BillingPeriodStart')} as x_BillingMonth"
    names = "cast(null as VARCHAR) as ServiceProviderName, cast(null as VARCHAR) as HostProviderName"
    con.execute(f"create or replace temp view named_lines as select *, {names} from typed_lines")
    provider = provider_expression(con, "named_lines")
    select = f"select * exclude (ServiceProviderName, HostProviderName), {provider} as x_Provider, {month}"
    con.execute(f"create or replace temp table invoice_lines as {select} from named_lines")
    keys = "x_Provider, InvoiceId, x_BillingMonth, BillingCurrency"
    sums = "count(*), sum(BilledCost), list_sort(list(distinct x_File))"
    found = con.execute(f"select {keys}, {sums} from invoice_lines group by {keys} order by {keys}").fetchall()
    return [
        Invoice(provider, invoice_id, month, currency, rows, billed, tuple(positions))
        for provider, invoice_id, month, currency, rows, billed, positions in found
    ]


def _append(con: duckdb.DuckDBPyConnection, file: BillingFile, position: int) -> tuple[list[str], int]:
    """Add one file's lines; give what is wrong with them, and how many rows are wrong."""
    con.execute(f"create or replace temp view raw_lines as {read_statement([file], with_row_number=True)}")
    described = con.execute("select column_name, column_type from (describe from raw_lines)").fetchall()
    types = {str(name): str(type_) for name, type_ in described}
    missing = [name for name in REQUIRED if name not in types]
    if missing:
        raise DataError(
            f"{file.path}: the column {missing[0]} is missing",
            next_step="export the file with all mandatory columns of FOCUS Invoice Detail",
            path=str(file.path),
            columns=missing,
        )
    problems = _problems(types)
    anywhere = " or ".join(f"({problem.condition})" for problem in problems)
    [[rows]] = con.execute(f"select count(*) from raw_lines where {anywhere}").fetchall()
    if rows:
        cells: list[tuple[int, str]] = []
        for problem in problems:
            value = f'cast("{problem.column}" as VARCHAR)'
            query = f"select x_Row, {value} from raw_lines where {problem.condition} order by 1 limit {PROBLEMS_SHOWN}"
            for row, text in con.execute(query).fetchall():
                cell = "empty" if text is None else repr(text[:60])
                cells.append((row, f"{file.path.name} row {row}: {problem.column} {cell} {problem.why}"))
        return [words for _, words in sorted(cells, key=lambda cell: cell[0])], int(rows)
    values = ", ".join(f"{_typed(column, types)} as {column.name}" for column in INVOICE_COLUMNS)
    con.execute(f"insert into typed_lines select {values}, {position} as x_File from raw_lines")
    return [], 0


def _typed(column: Column, types: dict[str, str]) -> str:
    type_ = types.get(column.name)
    if type_ is None:
        return f"cast(null as {column.type})"
    if column.type == MONEY:
        return _money(column.name, type_)
    if column.type == INSTANT:
        return _instant(column.name, type_)
    if column.name == "ChargeCategory":
        return _spelt(column.name, CHARGE_CATEGORIES)
    if column.name == "InvoiceIssueStatus":
        return _spelt(column.name, INVOICE_STATUSES)
    return _text(column.name, type_)


def _text(name: str, type_: str) -> str:
    is_nested = type_.startswith(("MAP", "STRUCT")) or type_.endswith("[]")
    return f"cast(to_json({name}) as VARCHAR)" if is_nested else f"cast({name} as VARCHAR)"


def _money(name: str, type_: str) -> str:
    if type_ == TEXT:
        return f"case when regexp_full_match({name}, {literal(_PLAIN_NUMBER)}) then try_cast({name} as {MONEY}) end"
    return f"try_cast({name} as {MONEY})" if type_.startswith(_NUMBERS) else f"cast(null as {MONEY})"


def _instant(name: str, type_: str) -> str:
    if type_ == TEXT:
        # Without the Z, because DuckDB refuses it after minutes; whatever has no offset is UTC, as the session is.
        moment = f"(try_cast(rtrim({name}, 'Z') as TIMESTAMPTZ) at time zone 'UTC')"
    elif type_ == "TIMESTAMP WITH TIME ZONE":
        moment = f"({name} at time zone 'UTC')"
    else:
        moment = f"try_cast({name} as TIMESTAMP)"
    return f"case when {moment} between {_TIMES} then {moment} end"


def _spelt(name: str, values: Sequence[str]) -> str:
    whens = " ".join(f"when {literal(value.lower())} then {literal(value)}" for value in values)
    return f"case lower(trim(cast({name} as VARCHAR))) {whens} end"


def _problems(types: dict[str, str]) -> list[_Wrong]:
    problems = []
    for column in INVOICE_COLUMNS:
        if column.name not in types or column.type == TEXT:
            continue
        given = "true" if column.name in REQUIRED else f"{column.name} is not null"
        why = "is not an amount of money" if column.type == MONEY else "is not a time (like 2026-05-01T00:00:00Z)"
        problems.append(_Wrong(column.name, f"{given} and ({_typed(column, types)}) is null", why))
    start, end = (_instant(name, types[name]) for name in ("BillingPeriodStart", "BillingPeriodEnd"))
    problems.append(_Wrong("BillingPeriodEnd", f"({end}) <= ({start})", "is not after BillingPeriodStart"))
    code = f"regexp_full_match({_text('BillingCurrency', types['BillingCurrency'])}, '[A-Z]{{3}}')"
    problems.append(_Wrong("BillingCurrency", f"not coalesce({code}, false)", "is not a currency code"))
    for name, values in (("ChargeCategory", CHARGE_CATEGORIES), ("InvoiceIssueStatus", INVOICE_STATUSES)):
        problems.append(_Wrong(name, f"({_spelt(name, values)}) is null", f"is not one of {', '.join(values)}"))
    for name in ("InvoiceId", "InvoiceDetailId", "InvoiceIssuerName"):
        given = f"coalesce(trim({_text(name, types[name])}), '') = ''"
        problems.append(_Wrong(name, given, "is needed to know whose invoice this is"))
    return problems
