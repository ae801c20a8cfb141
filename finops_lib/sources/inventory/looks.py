"""Look at one type of resource in one account and region, so that a look that fails stops no other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from finops_lib.errors import SourceError
from finops_lib.sources.breaker import Breaker
from finops_lib.sources.inventory import Resource, Scope


class NotAllowed(SourceError):
    """The provider answered that it does not let us look; `needs` is the permission, as the provider names it."""

    needs: str

    def __init__(self, needs: str, said: str) -> None:
        super().__init__(f"{needs} is not allowed: {said}", next_step=f"allow {needs}", needs=needs, said=said)


def look(
    find: Callable[[], Iterable[Resource]], *, type: str, account: str, region: str, api: str, breaker: Breaker
) -> Scope:
    """Make one look, whole or not at all.

    Args:
        find: asks the provider for all resources of the scope; may raise NotAllowed or another SourceError.
        api: what is asked, as the provider names it, for `needs` when it gives no answer.
        breaker: of the source, or of what in it fails together (an account, a region).
    """
    refused: NotAllowed | None = None
    resources: tuple[Resource, ...] = ()
    try:
        with breaker.call():
            try:
                resources = tuple(find())
            except NotAllowed as error:
                # A refusal is an answer: the provider is well, and may be asked for other things.
                refused = error
    except SourceError as error:
        return Scope(type, account, region, needs=f"answer of {api}", said=one_line(error.what))
    if refused is not None:
        return Scope(type, account, region, needs=refused.needs, said=one_line(str(vars(refused)["said"])))
    return Scope(type, account, region, resources)


def one_line(text: object) -> str:
    """Put what a provider said into one line of a table."""
    return " ".join(str(text).split())[:300]
