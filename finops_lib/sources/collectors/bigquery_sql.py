"""The only place where a question to BigQuery is written, and the guard that no question goes out without.

BigQuery is paid by the bytes it reads, and a billing export grows for years: a question without a condition on the
partitions reads all of it. So each carries one, on the partition that the table itself names, and `refuse_unbounded`
reads the finished text once more. Values are bound; only names stand in the text, and they are checked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from finops_lib.errors import ConfigError
from finops_lib.periods import BillingPeriod

ParameterType = Literal["STRING", "DATE", "DATETIME", "TIMESTAMP"]
INGESTION_TIME = "_PARTITIONTIME"
TABLE_NAME = r"[A-Za-z0-9.:-]+\.[A-Za-z0-9_]+\.[A-Za-z0-9_-]+"
_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_TOKEN = re.compile(r"`[^`]*`|'[^'\\]*'|@?[A-Za-z_][\w.]*|[<>!]=|\d+|\s+|.", re.DOTALL)
_EARLY_DAYS = 5


@dataclass(frozen=True, slots=True)
class Export:
    """A table of charges: its columns for the invoice month and the time of export, and how it is partitioned.

    Args:
        table: project.dataset.table
        month: the expression that gives the invoice month as YYYYMM.
        partition: the column, or the pseudo column of a table that is partitioned by arrival.
        partition_type: the column's type.
        by_usage: True if partitions follow the time of usage instead of the export.
    """

    table: str
    month: str
    exported: str
    partition: str
    partition_type: ParameterType
    by_usage: bool

    def __post_init__(self) -> None:
        fits = re.fullmatch(TABLE_NAME, self.table) and _COLUMN.fullmatch(self.partition)
        if not fits or not _COLUMN.fullmatch(self.exported):
            raise ConfigError(
                f"{self.table!r} is no table that can be asked", next_step="write it as project.dataset.table"
            )


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: ParameterType
    value: str | date | datetime


@dataclass(frozen=True, slots=True)
class Question:
    """A statement with its bound values, and the export it asks."""

    sql: str
    parameters: tuple[Parameter, ...]
    export: Export


def changed_months(export: Export, first: BillingPeriod, last: BillingPeriod) -> Question:
    """Ask for each invoice month since `first` how many charges it has, when one was last exported, and where they are.

    Cheap, a few columns. `last` is the newest month there can be, whatever months are wanted: how late a row is must
    not decide whether it is seen.
    """
    places = f"min({export.partition}) as first_partition, max({export.partition}) as last_partition"
    columns = f"{export.month} as month, max({export.exported}) as changed, count(*) as charges, {places}"
    sql = f"select {columns} from `{export.table}` where {_window(export)} group by month order by month"
    return Question(sql, _between(export, *_look(export, first, last)), export)


def charges_of(export: Export, period: BillingPeriod, *, first: date, last: date) -> Question:
    """Ask for all charges of one invoice month, in the partitions from `first` to `last` that hold them.

    As they are: BigQuery answers in text, with the digits that make the same binary float again. A cast to NUMERIC
    would cut at nine decimals, and one to STRING is called approximate in BigQuery's reference.
    """
    month = Parameter("month", "STRING", f"{period.year:04d}{period.month:02d}")
    sql = f"select * from `{export.table}` where {_window(export)} and {export.month} = @month"
    return Question(sql, (*_between(export, first, last + timedelta(days=1)), month), export)


def refuse_unbounded(question: Question) -> None:
    """Refuse a statement that could read partitions outside its window.

    It has to be one select from the export's table alone, and its only `where` a chain of `and` with both ends of the
    window in it. Anything else (or, not, a comment, a second table or statement) is refused unread.

    Raises:
        ConfigError: it is not of that form.
    """
    words = [token.lower() for token in _TOKEN.findall(question.sql) if not token.isspace()]
    partition, table = question.export.partition.lower(), f"`{question.export.table.lower()}`"
    once = all(words.count(word) == 1 for word in ("select", "from", "where", table))
    # Exactly so, without an alias or a second table in between.
    plain = once and words[0] == "select" and words[words.index("from") :][1:3] == [table, "where"]
    others = {";", "or", "not", "join", "union", "with", "unnest", "having", "case", "if"} & set(words)
    has_comment = any(mark in question.sql for mark in ("--", "/*", "#"))
    terms = _terms(words) if plain else []
    bound = [[partition, ">=", "@from"], [partition, "<", "@until"]]
    names = [parameter.name for parameter in question.parameters]
    is_bound = {"from", "until"} <= set(names) and len(names) == len(set(names))
    if not (plain and is_bound and all(term in terms for term in bound)) or others or has_comment:
        raise ConfigError(
            f"a question to {question.export.table} without both ends of a window on {question.export.partition} "
            f"was not asked: it could read the whole table",
            next_step="report it as a defect; nothing was paid",
            sql=question.sql,
        )


def _terms(words: list[str]) -> list[list[str]]:
    """Give the conditions that `and` joins outside of all brackets."""
    terms: list[list[str]] = [[]]
    depth = 0
    for word in words[words.index("where") + 1 :]:
        depth += (word == "(") - (word == ")")
        if depth == 0 and word in ("group", "order", "limit"):
            break
        if depth == 0 and word == "and":
            terms.append([])
        else:
            terms[-1].append(word)
    return terms


def _window(export: Export) -> str:
    return f"{export.partition} >= @from and {export.partition} < @until"


def _look(export: Export, first: BillingPeriod, last: BillingPeriod) -> tuple[date, date]:
    """Give the days on which rows of some invoice months can lie.

    Usage of a month's last days may already be on the next invoice, and rows arrive up to two months late. Where the
    partitions follow the time of usage it is the other way round: late usage is on a later invoice.
    """
    if export.by_usage:
        return first.previous.previous.start, last.end + timedelta(days=_EARLY_DAYS)
    return first.start - timedelta(days=_EARLY_DAYS), last.next.next.end


def _between(export: Export, start: date, end: date) -> tuple[Parameter, ...]:
    type_ = export.partition_type
    return Parameter("from", type_, _typed(start, type_)), Parameter("until", type_, _typed(end, type_))


def _typed(day: date, type_: ParameterType) -> date | datetime:
    return day if type_ == "DATE" else datetime.combine(day, time())
