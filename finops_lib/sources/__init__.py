"""What did one provider charge in one billing period?

A dialect is one file that registers itself here: how its header is recognised, and a select that gives FOCUS columns
from the raw ones. Types, checks and derived columns are the same for every dialect and live in `conform.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from finops_lib.errors import DataError
from finops_lib.registry import Registry


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way in which a bill is written down.

    Args:
        version: raised when the mapping changes, so that the same file is loaded again.
        recognises: header -> True if a file with these columns is of this dialect.
        select: header -> a select from `raw` whose columns are FOCUS names; others are kept in x_Extra.
    """

    version: int
    recognises: Callable[[Sequence[str]], bool]
    select: Callable[[Sequence[str]], str]


DIALECTS: Registry[Dialect] = Registry("dialect", "finops_lib.sources")


def detect(header: Sequence[str], *, path: str) -> str:
    """Name the dialect of a file by its columns.

    Raises:
        DataError: none or several recognise it; the message shows the columns that were found.
    """
    names = [name for name in DIALECTS.names() if DIALECTS.get(name).recognises(header)]
    if len(names) == 1:
        return names[0]
    shown = ", ".join(header[:8])[:200] or "(no columns)"
    if names:
        raise DataError(
            f"{path}: could be any of {', '.join(names)}",
            next_step="say which with --dialect",
            path=path,
            header=header,
        )
    raise DataError(
        f"{path}: not a billing file of a known dialect; its columns are {shown}",
        next_step=f"check the file, or name its dialect with --dialect (known: {', '.join(DIALECTS.names())})",
        path=path,
        header=header,
    )
