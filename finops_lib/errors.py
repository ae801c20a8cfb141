"""Every error raised on purpose, grouped by who must act.

    FinOpsError
    ├── ConfigError      the operator: wrong use, parameters or configuration      exit 2
    ├── LakeError        the operator: the lake lacks what was asked for           exit 2
    ├── DataError        whoever delivered the bill: bad input, nothing changed    exit 3
    ├── SourceError      a provider or channel did not answer                      exit 4
    ├── LockError        another run holds the lock                                exit 5
    ├── QualityError     a claim about the data is broken                          exit 1
    └── RunError         a notebook run failed                                     exit 1

A message says what is wrong and where; `next_step` says what to do about it.
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar


class FinOpsError(Exception):
    """Carry one line for people and its parts as attributes for code.

    Args:
        what: what is wrong, and where.
        next_step: what the reader can do about it.
        parts: the pieces of the message, set as attributes of the error.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, what: str, *, next_step: str = "", **parts: object) -> None:
        super().__init__(f"{what}; next: {next_step}" if next_step else what)
        self.what = what
        self.next_step = next_step
        for name, value in parts.items():
            setattr(self, name, value)


class ConfigError(FinOpsError):
    """Wrong use, parameters or configuration."""

    exit_code = 2

    @classmethod
    def unknown(cls, kind: str, name: str, known: Iterable[str]) -> ConfigError:
        """Say that a name is not known, which one was probably meant, and which there are."""
        choices = sorted(known)
        close = difflib.get_close_matches(name, choices, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return cls(
            f"unknown {kind} {name!r}", next_step=f"{hint}choose one of: {', '.join(choices) or '(none)'}", name=name
        )


class LakeError(FinOpsError):
    """The lake, or a table or snapshot in it, is not there."""

    exit_code = 2


class DataError(FinOpsError):
    """Bad input data; nothing was changed."""

    exit_code = 3


class SourceError(FinOpsError):
    """A provider or channel did not answer."""

    exit_code = 4


class LockError(FinOpsError):
    """Another run holds the lock."""

    exit_code = 5


class QualityError(FinOpsError):
    """A claim about the data does not hold."""


class RunError(FinOpsError):
    """A notebook run failed."""


_FULL, _READ_ONLY = "there is no space left on its disk", "it is read-only"
_LACKS = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: _READ_ONLY,
    errno.EACCES: "it may not be written",
}
# What SQLite and DuckDB make of the same; neither hands on the number of the error.
_WORDS = {
    "no space left": _FULL,
    "disk is full": _FULL,
    "quota exceeded": _LACKS[errno.EDQUOT],
    "read-only": _READ_ONLY,
    "readonly": _READ_ONLY,
    "permission denied": _LACKS[errno.EACCES],
}


@contextmanager
def needs_room(place: object, *kinds: type[Exception], unchanged: str = "") -> Iterator[None]:
    """Say of a full disk or a read-only folder what it is, whichever library met it first.

    Args:
        place: the folder or database that is written to inside the block.
        kinds: the errors that can mean it, OSError and those of the libraries that write.
        unchanged: what the reader may rely on, for the message.
    Raises:
        ConfigError: instead of such an error; names the place and what to do.
    """
    try:
        yield
    except kinds as error:
        number = error.errno if isinstance(error, OSError) else None
        words = str(error).lower()
        why = _LACKS.get(number or 0) or next((why for word, why in _WORDS.items() if word in words), "")
        if not why:
            raise
        do = "free some space" if why in (_FULL, _LACKS[errno.EDQUOT]) else "make it writable"
        raise ConfigError(
            f"{place} cannot be written: {why}{f'; {unchanged}' if unchanged else ''}",
            next_step=f"{do} and run the command again",
            place=place,
        ) from error
