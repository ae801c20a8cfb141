"""The state database, opened for as long as a block lasts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finops_lib.settings import Settings
from finops_lib.state.open import State, open_state


@contextmanager
def opened_state(settings: Settings) -> Iterator[State]:
    """Open the state database and close it afterwards."""
    state = open_state(settings.state_url)
    try:
        yield state
    finally:
        state.close()


def has_state(settings: Settings) -> bool:
    """Whether there is a state to read: where nothing is to be written, looking must not make one."""
    scheme = "sqlite:///"
    return not settings.state_url.startswith(scheme) or Path(settings.state_url.removeprefix(scheme)).exists()
