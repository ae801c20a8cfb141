"""Ask Azure Resource Graph, page by page, until everything that it says there is has been sent.

Resource Graph leaves out what the caller may not read, and says nothing about it: an empty answer alone is no proof
that there is nothing. What the caller may read is asked first, per subscription (`allowed`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from finops_lib.sources.inventory.rest import Rest

PATH = "/providers/Microsoft.ResourceGraph/resources"
_VERSION, _PERMISSIONS_VERSION = "2021-03-01", "2022-04-01"
_PAGE = 1000

# Each is what one role allows: actions, and what is taken out of them.
Allowed = tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]


def rows(rest: Rest, query: str, subscriptions: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Give all rows of a query.

    Args:
        subscriptions: ids; () = all that the caller sees.
    Raises:
        Refused: the caller may not ask.
        SourceError: no answer, or pages that do not make a whole.
    """
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    tokens: set[str] = set()
    token = ""
    while True:
        options: dict[str, Any] = {"$top": _PAGE, "resultFormat": "objectArray"}
        body: dict[str, Any] = {"query": query, "options": options | ({"$skipToken": token} if token else {})}
        if subscriptions:
            body["subscriptions"] = list(subscriptions)
        page = rest.ask("POST", PATH, query={"api-version": _VERSION}, body=body)
        data = page.get("data")
        if not isinstance(data, list) or not all(isinstance(row, dict) for row in data):
            raise rest.broken(PATH, "a page has no list of rows")
        ids = {str(row.get("id", "")).lower() for row in data}
        if len(ids) < len(data) or ids & seen:
            raise rest.broken(PATH, "a row was sent twice, so another one may be missing")
        seen |= ids
        found += data
        token = str(page.get("$skipToken") or "")
        if not token:
            break
        if token in tokens:
            raise rest.broken(PATH, "the same page was sent twice")
        tokens.add(token)
    # Without a token there is nothing more to ask for, whatever is missing.
    total = page.get("totalRecords")
    if str(page.get("resultTruncated", "")).lower() == "true" or (isinstance(total, int) and len(found) < total):
        raise rest.broken(PATH, f"{len(found)} rows of {total} were sent")
    return found


def allowed(rest: Rest, subscription: str) -> Allowed:
    """Give what the caller may do in a whole subscription.

    Raises:
        Refused: not even that may be asked, or there is no such subscription.
    """
    path = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/permissions"
    answer = rest.ask("GET", path, query={"api-version": _PERMISSIONS_VERSION})
    roles = answer.get("value")
    if not isinstance(roles, list):
        raise rest.broken(path, "it has no list of permissions")
    return tuple((_names(role, "actions"), _names(role, "notActions")) for role in roles)


def may(permissions: Allowed, action: str) -> bool:
    """Whether one of the roles allows the action; what one role takes out, another may still allow."""
    return any(_matches(action, actions) and not _matches(action, but) for actions, but in permissions)


def _names(role: Mapping[str, Any], key: str) -> tuple[str, ...]:
    return tuple(str(name) for name in role.get(key) or ())


def _matches(action: str, patterns: Iterable[str]) -> bool:
    return any(
        re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), action, re.IGNORECASE) is not None for pattern in patterns
    )
