"""Bills of any size: what charge number n looks like in the columns of each dialect, and the file made of such charges.

A column is an SQL expression over `n`. Values vary as in real bills: some hundred services, accounts and teams, some
thousand resources, an hour of the month and an amount for each charge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from finops_lib.lake.open import connect
from finops_lib.quoting import identifier, literal

# column -> SQL over n.
Charge = Mapping[str, str]
Write = Callable[[Path, int], Path]

HOUR = "(timestamp '2026-05-01' + to_hours(cast(n % 720 as BIGINT)))"
NEXT_HOUR = f"({HOUR} + interval 1 hour)"
MONEY = "cast(cast(n % 9973 as DECIMAL(18,0)) / 1000000007 as DECIMAL(28,12))"


def iso(moment: str) -> str:
    """Give the text of a timestamp in UTC."""
    return f"strftime({moment}, '%Y-%m-%dT%H:%M:%SZ')"


def struct(parts: Charge) -> str:
    """Give a record of some expressions; behind the word `map`, a map."""
    return f"{{{', '.join(f'{literal(name)}: {sql}' for name, sql in parts.items())}}}"


@dataclass(frozen=True, slots=True)
class Bill:
    """A kind of bill that is measured.

    Args:
        dialect: what it is read as.
        write: makes it of so many charges in a folder; gives the file, or the folder of its files.
        loaded: how many rows so many charges become.
    """

    dialect: str
    write: Write
    loaded: Callable[[int], int] = lambda rows: rows


def csv(charge: Charge) -> Write:
    """Give what writes such charges as CSV.gz."""
    return lambda folder, rows: _write(charge, folder / f"{rows}.csv.gz", rows, "format csv, header, compression gzip")


def parquet(charge: Charge) -> Write:
    """Give what writes such charges as Parquet, in the types that the expressions have."""
    return lambda folder, rows: _write(charge, folder / f"{rows}.parquet", rows, "format parquet, compression zstd")


def _write(charge: Charge, path: Path, rows: int, options: str) -> Path:
    columns = ", ".join(f"{sql} as {identifier(name)}" for name, sql in charge.items())
    con = connect()
    con.execute(f"copy (select {columns} from (select range as n from range({rows}))) to '{path}' ({options})")
    con.close()
    return path
