"""What can come next in a `%%sql` cell? Tables of the lake and of the state, their columns, words of SQL.

Names are read from the catalog, which takes a few milliseconds, and only again when somebody has changed the lake.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING

from finops_lib.errors import FinOpsError
from finops_lib.lake.catalog import columns_of_tables, is_there, newest_snapshot
from finops_lib.settings import load_settings

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext, SimpleMatcherResult
    from IPython.core.interactiveshell import InteractiveShell

Tables = Mapping[str, tuple[str, ...]]

MAGIC = "%%sql"
KEYWORDS = (
    "select", "distinct", "from", "where", "group by all", "group by", "order by all", "order by", "having", "qualify",
    "limit", "join", "left join", "on", "using", "with", "as", "case", "when", "then", "else", "end", "and", "or",
    "not", "in", "between", "like", "is null", "is not null", "union all", "over", "partition by", "filter", "asc",
    "desc", "sum(", "count(*)", "avg(", "min(", "max(", "median(", "quantile_cont(", "round(", "coalesce(", "cast(",
    "date_trunc(", "describe", "summarize", "pivot", "unpivot",
)  # fmt: skip
# What a name may look like while it is being typed; `state.run` and `c.BilledCost` are one word.
_WORD = re.compile(r"[\w.]*$")
# A table and the short name it may be given: from cost as c, join daily_cost d.
_NAMED = re.compile(r"\b(?:from|join)\s+([\w.]+)(?:\s+(?:as\s+)?(\w+))?", re.IGNORECASE)
_AFTER_FROM = re.compile(r"\b(?:from|join|describe|summarize)\s+[\w.]*$", re.IGNORECASE)
_RESERVED = frozenset(word for keyword in KEYWORDS for word in re.findall(r"\w+", keyword))

_known: dict[tuple[str, int], Tables] = {}


def register(shell: InteractiveShell) -> None:
    """Offer names in the shell's `%%sql` cells; everything else completes as before."""
    from IPython.core.completer import context_matcher

    def in_sql(context: CompletionContext) -> SimpleMatcherResult:
        from IPython.core.completer import SimpleCompletion

        if not context.full_text.startswith(MAGIC):
            return {"completions": []}
        before = _before(context)
        found = [SimpleCompletion(text, type=kind) for text, kind in candidates(context.full_text, before, tables())]
        # Nothing of Python has a place in here, not even where we know no better.
        return {"completions": found, "suppress": True, "matched_fragment": _word(before)}

    if shell.Completer is not None:
        shell.Completer.custom_matchers.insert(0, context_matcher(identifier="finops.sql")(in_sql))
    # SQLAlchemy takes a moment to load; the first completion should not be the one that waits for it.
    threading.Thread(target=_state_tables, name="finops names of the state", daemon=True).start()


def candidates(cell: str, before: str, known: Tables) -> Iterator[tuple[str, str]]:
    """Give what may stand at the cursor instead of the word before it, with its kind, the likeliest first.

    Args:
        cell: the whole cell.
        before: the cell up to the cursor.
        known: tables with their columns.
    """
    word = _word(before)
    named = {given: table for table, given in _tables_in(cell, known) if given}
    qualifier, dot, _ = word.rpartition(".")
    if dot and (table := named.get(qualifier.lower(), qualifier)) in known:
        yield from _beginning(word, ((f"{qualifier}.{column}", "column") for column in known[table]))
        return
    tables_next = [(table, "table") for table in known]
    if _AFTER_FROM.search(before):
        yield from _beginning(word, tables_next)
        return
    asked = dict.fromkeys(table for table, _ in _tables_in(cell, known))
    columns = dict.fromkeys(column for table in asked for column in known[table])
    yield from _beginning(word, [(column, "column") for column in columns])
    if word:
        yield from _beginning(word, [*((keyword, "keyword") for keyword in KEYWORDS), *tables_next])


def tables() -> Tables:
    """Give the tables that can be asked now; without a lake only those of the state."""
    try:
        place = load_settings().lake
        if not is_there(place):
            return _state_tables()
        key = (str(place), newest_snapshot(place))
        if key not in _known:
            _known.clear()
            _known[key] = {**columns_of_tables(place), **_state_tables()}
        return _known[key]
    except FinOpsError:
        # Whoever asks is told what is wrong; whoever types is left alone.
        return {}


@cache
def _state_tables() -> Tables:
    from finops_lib.state.models import Base

    return {f"state.{name}": tuple(table.columns.keys()) for name, table in sorted(Base.metadata.tables.items())}


def _tables_in(cell: str, known: Tables) -> Iterator[tuple[str, str]]:
    """Give the known tables that a cell names, each with the short name it has there, or ""."""
    by_name = {table.lower(): table for table in known}
    for table, given in _NAMED.findall(cell):
        if table.lower() in by_name:
            yield by_name[table.lower()], "" if given.lower() in _RESERVED else given.lower()


def _beginning(word: str, names: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    return ((name, kind) for name, kind in names if name.lower().startswith(word.lower()) and name != word)


def _word(before: str) -> str:
    found = _WORD.search(before)
    return found[0] if found else ""


def _before(context: CompletionContext) -> str:
    lines = context.full_text.split("\n")
    return "\n".join([*lines[: context.cursor_line], lines[context.cursor_line][: context.cursor_position]])
