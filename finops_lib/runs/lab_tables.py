"""Show what analyses find as tables: several records of one kind as rows, a single one as its named facts."""

from __future__ import annotations

from dataclasses import is_dataclass
from typing import TYPE_CHECKING, Any

from finops_lib import findings, messages, plans
from finops_lib.reports.markup import shown
from finops_lib.reports.records import are_records, record_facts, record_table

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

# Where the records live that everyone speaks in.
_VOCABULARY = (findings, messages, plans)


def register(shell: InteractiveShell) -> None:
    """Give lists, tuples and single records of ours a table wherever HTML is shown; others stay as they are."""
    formatter: Any = shell.display_formatter.formatters["text/html"]  # type: ignore[union-attr]
    formatter.for_type(list, several)
    formatter.for_type(tuple, several)
    for module in _VOCABULARY:
        for kind in vars(module).values():
            if isinstance(kind, type) and is_dataclass(kind):
                formatter.for_type(kind, single)


def several(items: list[Any] | tuple[Any, ...]) -> str | None:
    """Give the table of several records of one kind of this library; None = these are something else."""
    return shown(record_table(items).still()) if are_records(items) else None


def single(item: object) -> str:
    """Give the facts of one record."""
    return shown(record_facts(item).still())
