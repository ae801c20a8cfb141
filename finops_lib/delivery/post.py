"""One HTTP request to a channel, and whether it can have arrived."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from finops_lib.delivery import NotDelivered
from finops_lib.delivery.plain import clean
from finops_lib.errors import ConfigError

if TYPE_CHECKING:
    import httpx

_CONNECT_S = 5.0
_CONNECT_TRIES = 2
_LOCAL = ("127.0.0.1", "localhost", "::1")
# What is wrong with the message itself. A webhook that is gone, or forbidden, is the channel's: people can mend it.
_NEVER_LIKE_THIS = (400, 413, 422)


def check_address(address: str, *, whose: str) -> None:
    """Refuse an address to which a secret would travel in plain text.

    Raises:
        ConfigError: it is not https, and not on this machine. Does not say it: it may be the secret.
    """
    try:
        parts = urlsplit(address)
        scheme, host = parts.scheme, parts.hostname or ""
    except ValueError:
        scheme, host = "", ""
    if host and (scheme == "https" or (scheme == "http" and host in _LOCAL)):
        return
    raise ConfigError(f"the address of {whose} is not an https address", next_step="correct it where it is kept")


def post(
    address: str,
    body: Mapping[str, Any],
    *,
    whose: str,
    headers: Mapping[str, str],
    timeout_s: float,
    secrets: tuple[str, ...] = (),
) -> httpx.Response:
    """Send JSON and give the answer, a success.

    Only a connection that was never made is tried again here: everything else may have arrived and is the outbox's to
    judge.

    Args:
        whose: the channel's name for messages.
        secrets: what must not be in an error although the channel may repeat it.
    Raises:
        NotDelivered: no success.
    """
    import httpx
    from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed

    check_address(address, whose=whose)
    never_sent = (httpx.ConnectError, httpx.ConnectTimeout)
    retrying = Retrying(
        retry=retry_if_exception_type(never_sent),
        stop=stop_after_attempt(_CONNECT_TRIES),
        wait=wait_fixed(0.2),
        reraise=True,
    )
    timeout = httpx.Timeout(timeout_s, connect=min(_CONNECT_S, timeout_s))
    with httpx.Client(timeout=timeout, follow_redirects=False) as client:
        try:
            answer: httpx.Response = retrying(client.post, address, json=dict(body), headers=dict(headers))
        except (*never_sent, httpx.WriteError, httpx.WriteTimeout) as error:
            # A body that is not whole is not read by anybody.
            what = f"{whose} cannot be reached ({_kind(error)})"
            raise NotDelivered(what, next_step="look at the channel's address, the network and its status") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise NotDelivered(
                f"{whose} took the message and gave no answer ({_kind(error)})", is_unclear=True
            ) from None
    if answer.is_success:
        return answer
    raise _refusal(answer, whose, secrets)


def _refusal(answer: httpx.Response, whose: str, secrets: tuple[str, ...]) -> NotDelivered:
    said = clean(answer.text[:2000], 200)
    for secret in filter(None, secrets):
        said = said.replace(secret, "[secret]")
    status = answer.status_code
    what = f"{whose} answered {status}{f': {said}' if said else ''}"
    asked = _asked_wait(answer.headers) if status in (429, 503) else None
    if status == 429:
        return NotDelivered(what, wait_s=1.0 if asked is None else asked)
    return NotDelivered(what, wait_s=asked, is_final=status in _NEVER_LIKE_THIS)


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Give the seconds of Retry-After, a number or a date beside the answer's own; None where there is none."""
    value = headers.get("retry-after", "")
    try:
        return max(float(value), 0.0)
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(value) - parsedate_to_datetime(headers["date"])).total_seconds(), 0.0)
    except (ValueError, TypeError, KeyError):
        return None


def _kind(error: Exception) -> str:
    # The library's own words may hold the address, and that the secret.
    return type(error).__name__
