"""Does every mart keep its promises? Each claim is a query that gives the offenders; no rows = the claim holds.

The claims are the files `checks/<mart>__<claim>.sql`; that a mart has one row per grain is read off its header.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

import duckdb

from finops_lib.marts.catalog import read_header, read_marts

OFFENDERS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Claim:
    """What is claimed about a mart, and the query that would give the offenders.

    Args:
        words: the claim, to be read after the mart's name.
    """

    mart: str
    name: str
    words: str
    sql: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a claim holds.

    Args:
        offenders: how many rows break it.
        residual: the largest amount by which one offender is off; None where the claim is not about money or holds.
        examples: the first offenders, each as text.
    """

    claim: Claim
    offenders: int
    residual: Decimal | None
    examples: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return self.offenders == 0


@cache
def read_claims() -> tuple[Claim, ...]:
    """Read all claims, those from the headers included, by mart and name."""
    return tuple(sorted([*_from_files(), *_from_headers()], key=lambda claim: (claim.mart, claim.name)))


def check_claims(con: duckdb.DuckDBPyConnection) -> list[Verdict]:
    """Judge every claim on the lake that `con` has attached; broken claims come first."""
    verdicts = [judge(con, claim) for claim in read_claims()]
    return sorted(verdicts, key=lambda verdict: verdict.holds)


def judge(con: duckdb.DuckDBPyConnection, claim: Claim) -> Verdict:
    """Judge one claim."""
    answer = con.execute(claim.sql)
    columns = [column[0] for column in answer.description or []]
    offenders = [dict(zip(columns, row, strict=True)) for row in answer.fetchall()]
    residuals = [abs(row["residual"]) for row in offenders if row.get("residual") is not None]
    return Verdict(
        claim=claim,
        offenders=len(offenders),
        residual=max(residuals, default=None),
        examples=tuple(_in_words(row) for row in offenders[:OFFENDERS_SHOWN]),
    )


def _in_words(offender: dict[str, object]) -> str:
    return " ".join(str(value) for value in offender.values() if value is not None)


def _from_files() -> Iterator[Claim]:
    folder = resources.files(__package__) / "checks"
    for entry in folder.iterdir():
        if entry.name.endswith(".sql"):
            sql = entry.read_text(encoding="utf-8")
            mart, _, name = entry.name.removesuffix(".sql").partition("__")
            yield Claim(mart, name, read_header(sql, ("claim",), file=entry.name)["claim"], sql)


def _from_headers() -> Iterator[Claim]:
    for mart in read_marts().values():
        grain = ", ".join(mart.grain)
        sql = f"select {grain}, count(*) as entries from {mart.name} group by {grain} having count(*) > 1"
        yield Claim(mart.name, "has_one_row_per_grain", "holds no row twice", sql)
