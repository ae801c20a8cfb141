"""Look at one type of resource in one account and region, so that a look that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from finops_lib.breaker import Breaker
from finops_lib.errors import SourceError
from finops_lib.sources.inventory import Resource, Scope

T = TypeVar("T")


class NotAllowed(SourceError):
    """The provider answered that it does not let us look; `needs` is the permission, as the provider names it."""

    needs: str
    said: str

    def __init__(self, needs: str, said: str) -> None:
        super().__init__(f"{needs} is not allowed: {said}", next_step=f"allow {needs}", needs=needs, said=said)


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """What a provider gave, or why not: `needs` is "" where it answered."""

    value: T | None
    needs: str = ""
    said: str = ""


def attempt(ask: Callable[[], T], *, api: str, breaker: Breaker) -> Answer[T]:
    """Ask a provider something, and turn its refusal or silence into words.

    Args:
        ask: may raise NotAllowed or another SourceError.
        api: what is asked, as the provider names it, for `needs` when it gives no answer.
        breaker: of the source, or of what in it fails together (an account, a region).
    """
    try:
        with breaker.call():
            try:
                return Answer(ask())
            except NotAllowed as error:
                # A refusal is an answer: the provider is well, and may be asked for other things.
                return Answer(None, error.needs, one_line(error.said))
    except SourceError as error:
        return Answer(None, f"answer of {api}", one_line(error.what))


def look(
    find: Callable[[], Iterable[Resource]], *, type: str, account: str, region: str, api: str, breaker: Breaker
) -> Scope:
    """Make one look, whole or not at all.

    Args:
        find: asks the provider for all resources of the scope; may raise NotAllowed or another SourceError.
        api, breaker: as for `attempt`.
    """
    answer = attempt(lambda: tuple(find()), api=api, breaker=breaker)
    return Scope(type, account, region, answer.value or (), answer.needs, answer.said)


def one_line(text: object) -> str:
    """Put what a provider said into one line of a table."""
    return " ".join(str(text).split())[:300]
