"""Ask the lake: read-only SQL over the lake's tables and, as schema `state`, the state database.

The connection can reach the lake's own files and nothing else: no other file, no network, no other database.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

if TYPE_CHECKING:
    import polars

from finops_lib.errors import ConfigError, SourceError
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.open import Lake, attach_postgres, confine, open_lake, sql_text
from finops_lib.lake.place import without_password
from finops_lib.runs.patience import interruptible
from finops_lib.settings import Settings

_SQLITE = "sqlite:///"
# Functions of DuckDB's scanners open other databases, which no setting forbids; comments and texts may name them.
_NOT_SQL = re.compile(r"--[^\n]*|/\*.*?\*/|'(?:[^']|'')*'", re.DOTALL)
_OTHER_DATABASE = re.compile(r"\b((?:postgres|sqlite|mysql)_\w+)\"?\s*\(", re.IGNORECASE)


def open_for_questions(settings: Settings, *, snapshot: int | None = None) -> Lake:
    """Open the lake for ad-hoc SQL; an absent lake is made first, so that `cost` exists even when empty."""
    ensure_lake(settings.lake)
    lake = open_lake(settings.lake, snapshot=snapshot, memory_limit=settings.memory_limit, threads=settings.threads)
    try:
        _attach_state(lake.con, settings.state_url)
        confine(lake.con, [settings.lake.data])
    except BaseException:
        lake.close()
        raise
    return lake


def ask(lake: Lake, query: str) -> duckdb.DuckDBPyRelation:
    """Prepare the answer to one reading statement; of two columns with one name the second is called `name_1`.

    Raises:
        ConfigError: not valid SQL, more than one statement, or one that is not a question.
    """
    if stranger := _OTHER_DATABASE.search(_NOT_SQL.sub(" ", query)):
        raise ConfigError(
            f"{stranger[1]} would leave the lake", next_step="ask the lake's own tables; finops catalog lists them"
        )
    with _in_one_line():
        kinds = [statement.type for statement in lake.con.extract_statements(query)]
        # DuckDB itself turns one PIVOT into two statements: the types it needs, and the question.
        if len(kinds) != 1 and (not kinds or ";" in query.rstrip("; \n")):
            raise ConfigError(f"{len(kinds)} statements given", next_step="ask one question at a time")
        if kinds[-1] != duckdb.StatementType.SELECT:
            raise ConfigError(
                f"only questions can be asked, not {kinds[-1].name}",
                next_step="write a query that starts with select, from, with, describe, show or summarize",
            )
        answer = lake.con.sql(query)
        if len(set(answer.columns)) < len(answer.columns):
            named = (f'#{place} as "{name}"' for place, name in enumerate(_unique(answer.columns), start=1))
            answer = answer.project(", ".join(named))
        return answer


def ask_for_rows(lake: Lake, query: str) -> tuple[list[str], list[dict[str, Any]]]:
    """Give the columns and the rows of `ask`; a row that cannot be computed is a ConfigError too."""
    answer = ask(lake, query)
    with _in_one_line():
        return answer.columns, [dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()]


def ask_for_frame(lake: Lake, query: str) -> polars.DataFrame:
    """Give the rows of `ask` as a frame; a row that cannot be computed is a ConfigError too."""
    import polars

    answer = ask(lake, query)
    with _in_one_line(polars.exceptions.ComputeError):
        return interruptible(lake.con, lambda: polars.DataFrame(answer))


def _unique(names: Sequence[str]) -> list[str]:
    unique: list[str] = []
    for name in names:
        candidates = (f"{name}_{number}" for number in range(1, len(names) + 1))
        # A name that somebody wrote themselves is theirs, even if it comes later.
        unique.append(
            next(each for each in candidates if each not in unique and each not in names) if name in unique else name
        )
    return [name.replace('"', '""') for name in unique]


@contextmanager
def _in_one_line(*also: type[Exception]) -> Iterator[None]:
    failures: tuple[type[Exception], ...] = (duckdb.Error, *also)
    try:
        yield
    except failures as error:
        raise ConfigError(
            " ".join(str(error).split())[:600], next_step="correct the query; finops catalog lists tables and marts"
        ) from error


def _attach_state(con: duckdb.DuckDBPyConnection, url: str) -> None:
    if not url.startswith(_SQLITE):
        try:
            attach_postgres(con, url, name="state")
        except duckdb.IOException as error:
            reason = without_password(" ".join(str(error).split()), url)[-200:]
            raise SourceError(
                f"the state database does not answer: {reason}",
                next_step="check that its server runs and can be reached from here, and FINOPS_STATE",
            ) from None
        return
    path = Path(url.removeprefix(_SQLITE))
    if path.exists():
        con.execute(f"attach '{sql_text(path)}' as state (type sqlite, read_only)")
