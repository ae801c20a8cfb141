"""How every provider's HTTP interface is spoken to: where a token may go, and how long an answer asks us to wait."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from finops_lib.errors import ConfigError

_LOCAL = ("127.0.0.1", "localhost", "::1")


def is_local(endpoint: str) -> bool:
    """Whether an endpoint is a stand-in on this machine; no real credential is made or sent for it.

    Raises:
        ConfigError: it is plain HTTP to another machine, where anybody on the way could read the token.
    """
    parts = urlsplit(endpoint)
    if parts.scheme == "https":
        return False
    if parts.scheme == "http" and parts.hostname in _LOCAL:
        return True
    raise ConfigError(
        f"{endpoint} is not an https address: a token would travel in plain text", next_step="write https://..."
    )


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Give the longest wait that any header asks for, in seconds; None where none does.

    Azure's throttles name headers of their own: `x-ms-ratelimit-...-retry-after`.
    """
    waits = [
        _seconds(value, headers.get("date", ""))
        for name, value in headers.items()
        if name.lower().endswith("retry-after")
    ]
    return max((wait for wait in waits if wait is not None), default=None)


def _seconds(value: str, answered_at: str) -> float | None:
    """Read a number of seconds, or an HTTP date as seconds after the answer's own date."""
    if re.fullmatch(r"\s*\d+(\.\d+)?\s*", value):
        return float(value)
    try:
        return max((parsedate_to_datetime(value) - parsedate_to_datetime(answered_at)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def first_line(text: str) -> str:
    """Give what of a provider's message goes into one of ours."""
    return next(iter(text.splitlines()), "")[:300]
