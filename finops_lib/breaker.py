"""Stop asking a provider that has failed several times in a row: each further question would only wait again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from finops_lib.errors import SourceError


@dataclass(slots=True)
class Breaker:
    """One per source and run.

    Args:
        source: its name, for the message.
        limit: so many failures in a row open it; it stays open for the rest of the run.
    """

    source: str
    limit: int = 3
    _failures: int = 0
    _last: str = ""

    @property
    def is_open(self) -> bool:
        return self._failures >= self.limit

    @contextmanager
    def call(self) -> Iterator[None]:
        """Guard one question to the provider; only SourceError counts as a failure.

        Raises:
            SourceError: the question's own, or, where the breaker is open, one that says so without asking.
        """
        if self.is_open:
            raise SourceError(
                f"{self.source} failed {self._failures} times in a row and was not asked again; last: {self._last}",
                next_step="look at the provider's status, then run the command again",
                source=self.source,
            )
        try:
            yield
        except SourceError as error:
            self._failures += 1
            self._last = error.what
            raise
        self._failures = 0
