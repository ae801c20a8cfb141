"""What did one provider charge in one billing period?

A dialect is one file that registers itself here: how its header is recognised, and a select that gives FOCUS columns
from the raw ones, in `<stem>.sql` beside it where the raw columns are not FOCUS. Types, checks and derived columns are
the same for every dialect and live in `conform.py`; that no cent is lost on the way is held in `native.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files as package_files
from typing import TYPE_CHECKING

from finops_lib.errors import DataError
from finops_lib.registry import Registry

if TYPE_CHECKING:
    import duckdb

    from finops_lib.sources.files import BillingFile

    # (connection with the table `parsed`, the files of the delivery by x_File, the dialect of each)
    Settle = Callable[[duckdb.DuckDBPyConnection, Sequence[BillingFile], Sequence[str]], None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """A way in which a bill is written down.

    Args:
        version: raised when the mapping changes, so that the same file is loaded again.
        recognises: header -> True if a file with these columns is of this dialect.
        select: header -> a select from `raw` whose columns are FOCUS names; others are kept in x_Extra. Whatever it
            does, it hands on `x_File`, and `x_Row` where that is there.
        native: header -> a select from `raw` of what the provider itself charges: month (DATE), currency, billed
            (DECIMAL(38,18)); any number of rows, they are summed. None where `raw` is FOCUS already.
        claims: what is true of every charge that this mapping makes: sentence -> the condition of an offending row, on
            typed FOCUS columns. A broken one is a data-quality finding.
        content: identity of what a person wrote into the mapping, for a dialect that is described by a file.
        told_by_path: where two dialects have the same columns: path, as people see it -> True if this one is meant.
        settle: for dialects whose files of one delivery say the same thing twice (a bill and its amortised twin):
            called once when all files are in `parsed`; it takes away the rows that another file says better, or raises
            if the files contradict each other. Several dialects share one such function.
    """

    version: int
    recognises: Callable[[Sequence[str]], bool]
    select: Callable[[Sequence[str]], str]
    native: Callable[[Sequence[str]], str] | None = None
    claims: Mapping[str, str] = field(default_factory=dict)
    content: str = ""
    told_by_path: Callable[[str], bool] | None = None
    settle: Settle | None = None


DIALECTS: Registry[Dialect] = Registry("dialect", "finops_lib.sources")
# Dialects that are described outside the package: `KIND:WHERE` is the dialect that the function KIND makes of WHERE.
DESCRIBED_DIALECTS: Registry[Callable[[str], Dialect]] = Registry("kind of dialect", "finops_lib.sources")


def dialect_named(name: str) -> Dialect:
    """Give the dialect of a name from DIALECTS, or of `mapped:PATH.yaml`.

    Raises:
        ConfigError: no such dialect, or its description cannot be used; says what can be chosen or is wrong.
    """
    kind, colon, where = name.partition(":")
    return DESCRIBED_DIALECTS.get(kind)(where) if colon else DIALECTS.get(name)


def mapping_version(dialects: Iterable[str]) -> str:
    """Give the identity of the mappings of some dialects: another one, and the same file is loaded again."""
    return ",".join(sorted({_version_of(name) for name in dialects}))


def _version_of(name: str) -> str:
    # Where a description lies does not count, only what it says.
    dialect = dialect_named(name)
    return f"{name.partition(':')[0]}.{dialect.version}" + (f".{dialect.content}" if dialect.content else "")


def mapping(stem: str) -> str:
    """Read the mapping `sources/<stem>.sql`."""
    return (package_files("finops_lib.sources") / f"{stem}.sql").read_text(encoding="utf-8")


def detect(header: Sequence[str], *, path: str) -> str:
    """Name the dialect of a file by its columns, and by its path where several have these columns.

    Args:
        path: where the file came from, as people see it.
    Raises:
        DataError: none or several recognise it; the message shows the columns that were found.
    """
    known = {name: DIALECTS.get(name) for name in DIALECTS.names()}
    names = [name for name, dialect in known.items() if dialect.recognises(header)]
    if len(names) > 1:
        names = [name for name in names if (told := known[name].told_by_path) is None or told(path)] or names
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
