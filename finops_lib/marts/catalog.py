"""Which marts are there, and what does each say of itself? Read from the four header lines of its file."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from importlib import resources

from finops_lib.errors import ConfigError

HEADER = ("question", "grain", "unit", "reads")
# What a load replaces as a whole; a mart with these in its grain is rebuilt slice by slice.
SLICE_COLUMNS = ("x_Provider", "x_SourceId", "x_BillingMonth")


@dataclass(frozen=True, slots=True)
class Mart:
    """One mart: its header and its statement.

    Args:
        reads: the tables and marts it is computed from.
        sql_hash: changes with the text of the mart or of any mart it reads.
    """

    name: str
    question: str
    grain: tuple[str, ...]
    unit: str
    reads: tuple[str, ...]
    sql: str
    sql_hash: str

    @property
    def is_sliced(self) -> bool:
        """Whether a changed slice changes only its own rows of this mart."""
        return set(SLICE_COLUMNS) <= set(self.grain)

    @property
    def is_daily(self) -> bool:
        """Whether it has rows by day or hour, and so grows with the days."""
        return bool({"day", "hour"} & set(self.grain))


@cache
def read_marts() -> dict[str, Mart]:
    """Read every mart in build order: parents before those that read them.

    Raises:
        ConfigError: a header line is missing.
    """
    folder = resources.files(__package__) / "sql"
    texts = {
        entry.name.removesuffix(".sql"): entry.read_text(encoding="utf-8")
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".sql")
    }
    headers = {name: read_header(text, HEADER, file=f"{name}.sql") for name, text in texts.items()}
    reads = {name: _split(header["reads"], ",") for name, header in headers.items()}
    parents = {name: [parent for parent in reads[name] if parent in texts] for name in texts}
    marts: dict[str, Mart] = {}
    for name in TopologicalSorter(parents).static_order():
        inherited = "".join(marts[parent].sql_hash for parent in parents[name])
        marts[name] = Mart(
            name=name,
            question=headers[name]["question"],
            grain=_split(headers[name]["grain"], " x "),
            unit=headers[name]["unit"],
            reads=reads[name],
            sql=texts[name].strip(),
            sql_hash=hashlib.sha256((inherited + texts[name]).encode()).hexdigest()[:16],
        )
    return marts


def read_header(sql: str, lines: tuple[str, ...], *, file: str) -> dict[str, str]:
    """Read the `-- name: text` lines that open a statement.

    Raises:
        ConfigError: one of `lines` is missing.
    """
    found = dict(re.findall(r"^-- ([a-z]+):[ \t]*(.*?)[ \t]*$", sql, flags=re.MULTILINE))
    if missing := [line for line in lines if not found.get(line)]:
        raise ConfigError(
            f"{file} does not say its {missing[0]}", next_step=f"open it with the line: -- {missing[0]}: ...", file=file
        )
    return found


def _split(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator))
