"""What is said about a delivery that is refused: file, row, column, value, and what to do about it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation

import duckdb

from finops_lib.errors import DataError
from finops_lib.focus import MONEY
from finops_lib.sources.conform import Problem
from finops_lib.sources.diagnosis import SHOWN, broken_rows, has_mixed_line_ends, shown_value
from finops_lib.sources.files import BillingFile

_ROWS_ARE_COUNTED = "row 1 is the first after the header"


@dataclass(frozen=True, slots=True)
class WrongCells:
    """Rows of one file that cannot be loaded; `shown` has the first ten problems in order of their rows."""

    rows: int
    problems: int
    shown: list[str]


@dataclass(slots=True)
class Refusal:
    """Collect the problems of all files: the first ten are told, the rest is counted."""

    rows: int = 0
    problems: int = 0
    shown: list[str] = field(default_factory=list)

    def add(self, file: str, wrong: WrongCells) -> None:
        self.rows += wrong.rows
        self.problems += wrong.problems
        self.shown += [f"{file} {problem}" for problem in wrong.shown[: SHOWN - len(self.shown)]]

    def error(self) -> DataError:
        what = f"{self.rows} row{'s' if self.rows != 1 else ''} cannot be loaded, so nothing was: "
        return DataError(
            what + _listed(self.shown, self.problems),
            next_step=f"correct the rows or have the file delivered again ({_ROWS_ARE_COUNTED})",
            problems=self.shown,
            rows=self.rows,
        )


def wrong_cells(con: duckdb.DuckDBPyConnection, problems: Sequence[Problem]) -> WrongCells:
    """Find the wrong cells in the relation `mapped`, which has row numbers; a header among the rows is one problem."""
    flags = ", ".join(f"coalesce({problem.condition}, false)" for problem in problems)
    texts = ", ".join(f'cast("{problem.column}" as VARCHAR)[:200]' for problem in problems)
    judged = f"select x_Row, [{flags}] as flags, [{texts}] as texts from mapped"
    con.execute(f"create or replace temp table wrong_rows as select * from ({judged}) where list_bool_or(flags)")
    is_header = " or ".join(f"texts[{i}] = '{problem.column}'" for i, problem in enumerate(problems, start=1))
    counted = f"if({is_header}, 1, len(list_filter(flags, flag -> flag)))"
    [[rows, count]] = con.execute(f"select count(*), coalesce(sum({counted}), 0) from wrong_rows").fetchall()
    shown: list[str] = []
    query = f"select x_Row, flags, texts, {is_header} from wrong_rows order by x_Row limit {SHOWN}"
    for row, is_wrong, cells, header in con.execute(query).fetchall():
        if header:
            shown.append(f"row {row}: the header once more")
            continue
        shown += [
            f"row {row}: {problem.column} {shown_value(text)} {_why(problem, text)}"
            for problem, text, wrong in zip(problems, cells, is_wrong, strict=True)
            if wrong
        ]
    return WrongCells(rows, int(count), shown[:SHOWN])


def unreadable(files: Sequence[BillingFile], error: duckdb.Error) -> DataError:
    """Give the error of a file that DuckDB cannot read to its end, with the rows that are none."""
    path, file = next(
        ((str(file.path), file) for file in files if str(file.path) in str(error)), (str(files[0].path), files[0])
    )
    again = f"have the file delivered again; nothing was loaded ({_ROWS_ARE_COUNTED})"
    shown, count = _told_by_rows(file)
    if shown:
        return DataError(f"{path}: {_listed(shown, count)}", next_step=again, path=path, problems=shown)
    # DuckDB explains a CSV in a page of options; the line number and what it expected are what a person needs.
    lines = [line.strip() for line in str(error).splitlines()]
    told = [line for line in dict.fromkeys(lines) if line.startswith(("Line:", "Expected", "Value"))]
    first = lines[0].removeprefix("Invalid Input Error: ")
    return DataError(
        f"{path}: not readable to its end: {'; '.join([first, *told])[:400]}",
        next_step="have the file delivered again; nothing was loaded",
        path=path,
    )


def _told_by_rows(file: BillingFile) -> tuple[list[str], int]:
    if file.format != "csv":
        return [], 0
    try:
        shown, count = broken_rows(file)
        if not shown and has_mixed_line_ends(file):
            return ["some lines end in \\r\\n, others in \\n alone"], 1
    except (OSError, EOFError, zlib.error):
        # Damaged or gone: whoever looks at its bytes says so.
        return [], 0
    return shown, count


def _listed(shown: Sequence[str], count: int) -> str:
    more = count - len(shown)
    return " | ".join([*shown, f"and {more:,} more"] if more else shown)


def _why(problem: Problem, text: str | None) -> str:
    """Say why, more exactly where the value itself tells."""
    if problem.kind != MONEY or text is None:
        return problem.why
    try:
        number = Decimal(text)
    except InvalidOperation:
        # A mapping of a person's own (mapped.py) has added how it should be written.
        is_told = text.endswith(")")
        return f"{problem.why} (decimals need a point)" if "," in text and not is_told else problem.why
    if number.is_finite() and number and number.adjusted() >= 16:
        return "is too large: an amount has at most 16 digits before the point"
    return problem.why
