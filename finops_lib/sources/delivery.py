"""Read one delivery into the temporary table `parsed`: all of it, or an error that says which rows are wrong.

The view `charges` over it adds x_Provider. Rows are sorted while they are read, so that what is written from them is
sorted too and nothing is held twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from itertools import groupby

import duckdb

from finops_lib.errors import DataError
from finops_lib.focus import FOCUS_COLUMNS, PAIRS, TEXT
from finops_lib.quoting import literal
from finops_lib.sources import Dialect, detect, dialect_named, mapping_version
from finops_lib.sources.conform import Conformed, conform, extra_column
from finops_lib.sources.damage import refuse_damaged
from finops_lib.sources.files import BillingFile, read_statement
from finops_lib.sources.native import hold_to_native
from finops_lib.sources.providers import provider_expression
from finops_lib.sources.quality import Finding, columns_of_parsed, extras_with_values, find_findings
from finops_lib.sources.refusal import Refusal, unreadable, wrong_cells

# Readers ask by account and service; sorted like this a file is less than half as large (facts/lake.md 2).
SORT_COLUMNS = ("SubAccountId", "ServiceName", "ResourceId", "ChargePeriodStart")
_TYPES = {column.name: column.type for column in FOCUS_COLUMNS}
# Python rounds every sum to 28 digits unless told otherwise.
_EXACT = Context(prec=100)


@dataclass(frozen=True, slots=True)
class SliceTotals:
    """What one slice of a delivery holds in one currency, as it came (`_in`) and as it will be loaded."""

    provider: str
    month: date
    currency: str
    rows: int
    billed_in: Decimal
    billed_loaded: Decimal
    effective_in: Decimal
    effective_loaded: Decimal
    list_loaded: Decimal
    contracted_loaded: Decimal
    values_rounded: int
    first_day: date | None
    last_day: date | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """The files of one delivery, read. Its rows are in the temporary view `charges` of the reading connection.

    Args:
        left_out: position of a file -> how many of its rows another file of the delivery says better.
    """

    files: tuple[BillingFile, ...]
    dialect: str
    mapping_version: str
    totals: tuple[SliceTotals, ...]
    findings: tuple[Finding, ...]
    rows_by_file: dict[tuple[str, date, int], int]
    misspelt: frozenset[str]
    left_out: dict[int, int]


def fingerprint(hashes: Iterable[str], mapping_version: str) -> str:
    """Give the identity of files, by their SHA-256, under this mapping; their names and times do not count."""
    digest = hashlib.sha256(mapping_version.encode())
    for sha256 in sorted(hashes):
        digest.update(sha256.encode())
    return digest.hexdigest()[:32]


def name_dialects(files: Sequence[BillingFile], dialect: str) -> list[str]:
    """Give the dialect of each file: the one asked for, or the one its manifest says or its header shows.

    Raises:
        DataError: another dialect is asked for than a manifest says, or no dialect knows the header.
    """
    for file in files:
        if dialect and file.dialect and file.dialect != dialect:
            raise DataError(
                f"{file.path}: its manifest says {file.dialect}, not {dialect}",
                next_step="leave the dialect out, or give only the exports that are of it",
                path=file.path,
                dialect=file.dialect,
            )
    return [dialect or file.dialect or detect(file.header, path=file.origin or str(file.path)) for file in files]


def read_delivery(con: duckdb.DuckDBPyConnection, files: Sequence[BillingFile], *, dialect: str = "") -> Delivery:
    """Read all files into `parsed`, typed and checked.

    Args:
        con: where `parsed` is made; TimeZone must be UTC.
        dialect: a name for `dialect_named`; "" = by each file's header.
    Raises:
        DataError: a file or a row is not what it should be; shows the first ten rows and counts the rest.
    """
    names = name_dialects(files, dialect)
    order = sorted(range(len(files)), key=lambda i: (*_group_of(names[i], files[i]), str(files[i].path)))
    ordered = tuple(files[i] for i in order)
    with ThreadPoolExecutor(max_workers=1) as beside:
        undamaged = beside.submit(refuse_damaged, ordered)
        try:
            _parse(con, ordered, [names[i] for i in order])
            left_out = _settle(con, ordered, [names[i] for i in order])
        except DataError:
            # What is wrong with the bytes explains more than what their rows look like.
            undamaged.result()
            raise
        undamaged.result()
    _view_charges(con)
    used = sorted(set(names))
    findings, misspelt = find_findings(con, {name: dialect_named(name).claims for name in used})
    return Delivery(
        files=ordered,
        dialect=",".join(used),
        mapping_version=mapping_version(used),
        totals=_totals(con),
        findings=findings,
        rows_by_file=_rows_by_file(con),
        misspelt=misspelt,
        left_out=left_out,
    )


def _group_of(name: str, file: BillingFile) -> tuple[str, str, tuple[str, ...], tuple[str, ...]]:
    """Files are read together only if they agree in this: beside a binary float a decimal would become one."""
    return name, file.format, file.header, file.types


def _parse(con: duckdb.DuckDBPyConnection, files: Sequence[BillingFile], names: Sequence[str]) -> None:
    con.execute("drop table if exists temp.parsed")
    wrong: list[str] = []
    start = 0
    for (name, *_), group in groupby(zip(names, files, strict=True), key=lambda pair: _group_of(*pair)):
        members = [file for _, file in group]
        wrong += _append(con, members, dialect_named(name), offset=start)
        start += len(members)
    if wrong:
        _refuse(con, files, names)


def _settle(con: duckdb.DuckDBPyConnection, files: Sequence[BillingFile], names: Sequence[str]) -> dict[int, int]:
    """Let the dialects take away what files of the delivery say twice; give the rows taken, by file."""
    rules = {rule: name for name in sorted(set(names)) if (rule := dialect_named(name).settle)}
    if not rules:
        return {}
    counts = "select x_File, count(*) from parsed group by all order by all"
    before = dict(con.execute(counts).fetchall())
    for rule in rules:
        rule(con, files, names)
    after = dict(con.execute(counts).fetchall())
    return {
        position: rows - after.get(position, 0) for position, rows in before.items() if rows > after.get(position, 0)
    }


def _append(
    con: duckdb.DuckDBPyConnection, files: Sequence[BillingFile], dialect: Dialect, *, offset: int
) -> list[str]:
    """Add files of one header to `parsed`; give the paths if any row is wrong."""
    conformed = _prepare(con, files, dialect.select(files[0].header), with_row_number=False)
    columns = conformed.columns | {"x_File": f"x_File + {offset}"}
    order = ", ".join(name for name in SORT_COLUMNS if name in columns)
    rows = f"select {', '.join(f'{sql} as {name}' for name, sql in columns.items())} from mapped order by {order}"
    held = columns_of_parsed(con)
    try:
        if not held:
            con.execute(f"create temp table parsed as {rows}")
        else:
            for name in columns:
                if name.strip('"').replace('""', '"') not in held:
                    con.execute(f"alter table parsed add column {name} {_TYPES.get(name, TEXT)}")
            con.execute(f"insert into parsed by name {rows}")
    except duckdb.Error as error:
        raise unreadable(files, error) from error
    added = f"x_File between {offset} and {offset + len(files) - 1}"
    if con.execute(f"select 1 from parsed where is_wrong and {added} limit 1").fetchone():
        return [str(files[0].path)]
    hold_to_native(con, dialect, files, added)
    return []


def _view_charges(con: duckdb.DuckDBPyConnection) -> None:
    """Add what the files do not have: the FOCUS columns they lack, as nulls, x_Extra and x_Provider."""
    held = columns_of_parsed(con)
    added = [f"cast(null as {type_}) as {name}" for name, type_ in _TYPES.items() if name not in held]
    extras = extras_with_values(con)
    con.execute(f"create or replace temp view padded as select {', '.join(['*', *added])} from parsed")
    own = f"{_extra_map(extras)} as x_Extra, {provider_expression(con, 'padded')} as x_Provider"
    con.execute(f"create or replace temp view charges as select *, {own} from padded")


def _extra_map(names: Sequence[str]) -> str:
    if not names:
        return f"cast(null as {PAIRS})"
    values = ", ".join(extra_column(name) for name in names)
    pairs = ", ".join(f"{literal(name)}: {extra_column(name)}" for name in names)
    # Keys without a value cost a few bits in the file; to filter them row by row would cost a tenth of the load. A
    # struct turned into a map takes a third of the time of map(), which looks for keys given twice in every row.
    return f"case when coalesce({values}) is not null then cast({{{pairs}}} as {PAIRS}) end"


def _prepare(
    con: duckdb.DuckDBPyConnection, files: Sequence[BillingFile], select: str, *, with_row_number: bool
) -> Conformed:
    try:
        con.execute(f"create or replace temp view raw as {read_statement(files, with_row_number=with_row_number)}")
        con.execute(f"create or replace temp view mapped as {select}")
        columns = con.execute("select column_name, column_type from (describe from mapped)").fetchall()
    except duckdb.Error as error:
        raise unreadable(files, error) from error
    return conform(columns, path=str(files[0].path))


def _refuse(con: duckdb.DuckDBPyConnection, files: Sequence[BillingFile], names: Sequence[str]) -> None:
    """Read the files with wrong rows once more, now with row numbers, and raise what is wrong with them."""
    positions = con.execute("select distinct x_File from parsed where is_wrong order by all").fetchall()
    refusal = Refusal()
    for (position,) in positions:
        file = files[position]
        conformed = _prepare(con, [file], dialect_named(names[position]).select(file.header), with_row_number=True)
        refusal.add(_short(file, files), wrong_cells(con, conformed.problems))
    raise refusal.error()


def _short(file: BillingFile, files: Sequence[BillingFile]) -> str:
    """Give the file's name, or its path where another file of the delivery has the same name."""
    is_alone = sum(other.path.name == file.path.name for other in files) == 1
    return file.path.name if is_alone else str(file.path)


def _totals(con: duckdb.DuckDBPyConnection) -> tuple[SliceTotals, ...]:
    names = ("BilledCost", "billed_drift", "EffectiveCost", "effective_drift", "ListCost", "ContractedCost")
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in names)
    days = "cast(min(ChargePeriodStart) as DATE), cast(max(ChargePeriodStart) as DATE)"
    others = f"count(billed_drift) + count(effective_drift), {days}"
    keys = "x_Provider, x_BillingMonth, BillingCurrency"
    totals = []
    for row in con.execute(
        f"select {keys}, count(*), {sums}, {others} from charges group by 1, 2, 3 order by 1, 2, 3"
    ).fetchall():
        provider, month, currency, rows, billed, billed_drift, effective, effective_drift, *rest = row
        list_loaded, contracted_loaded, values_rounded, first_day, last_day = rest
        totals.append(
            SliceTotals(
                provider=provider,
                month=month,
                currency=currency,
                rows=rows,
                billed_in=plain(_EXACT.add(billed, billed_drift)),
                billed_loaded=billed,
                effective_in=plain(_EXACT.add(effective, effective_drift)),
                effective_loaded=effective,
                list_loaded=list_loaded,
                contracted_loaded=contracted_loaded,
                values_rounded=values_rounded,
                first_day=first_day,
                last_day=last_day,
            )
        )
    return tuple(totals)


def plain(amount: Decimal) -> Decimal:
    """Drop the zeros behind the last digit that counts, and keep at least the lake's twelve decimals."""
    shortest = amount.normalize(_EXACT)
    digits = -int(shortest.as_tuple().exponent)
    return shortest if digits > 12 else amount.quantize(Decimal("1e-12"), context=_EXACT)


def at_scale(amount: Decimal) -> Decimal:
    """Round to the 18 decimals that the table `loads` keeps; a longer Decimal would reach it as a binary float."""
    return amount.quantize(Decimal("1e-18"), context=_EXACT)


def _rows_by_file(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, date, int], int]:
    rows = con.execute("select x_Provider, x_BillingMonth, x_File, count(*) from charges group by all").fetchall()
    return {(provider, month, position): count for provider, month, position, count in rows}
