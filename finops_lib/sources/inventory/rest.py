"""Ask a REST interface that has no client worth having, and get whole JSON or an error of ours.

Tried again are answers that ask for it (429, 5xx) and broken connections. How long to wait is what the provider says,
in whichever header it says it: Azure's throttles name their own (`x-ms-ratelimit-...-retry-after`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from finops_lib.errors import ConfigError, SourceError
from finops_lib.sources import http_manners
from finops_lib.sources.http_manners import first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx
    from tenacity import RetryCallState

CONNECT_S, READ_S = 5, 60
TRIES = 4
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 60.0
# A header hh:mm:ss of Azure Resource Graph: when the caller's quota is new again.
_QUOTA_HEADER = "x-ms-user-quota-resets-after"

# Gives a bearer token; told True where the last one was refused.
Token = Callable[[bool], str]


class Refused(Exception):
    """The provider understood and will not answer: a permission, an API that is off, something that is not there.

    Args:
        status: of HTTP.
        code: as the provider names it, e.g. `AuthorizationFailed`.
        said: its message in one line.
        body: the whole answer, {} if it is not JSON.
    """

    def __init__(self, status: int, code: str, said: str, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {code}: {said}")
        self.status, self.code, self.said, self.body = status, code, said, body


class _Again(Exception):
    """An answer that is worth another try; `wait` is what the provider asks for, in seconds, None where it does not."""

    def __init__(self, said: str, wait: float | None) -> None:
        super().__init__(said)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Rest:
    """One provider's interface; made by `opened`.

    Args:
        provider: its name for messages.
    """

    provider: str
    endpoint: str
    token: Token
    client: httpx.Client

    def ask(
        self, method: str, path: str, *, query: Mapping[str, str] | None = None, body: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Give the answer, a JSON object.

        Raises:
            Refused: status 4xx but 429.
            ConfigError: the credentials are not accepted.
            SourceError: no whole answer after some tries.
        """
        import httpx
        from tenacity import Retrying, retry_if_exception_type, stop_after_attempt

        retrying = Retrying(
            retry=retry_if_exception_type((_Again, httpx.TransportError)),
            stop=stop_after_attempt(TRIES),
            wait=_wait,
            reraise=True,
        )
        try:
            response: httpx.Response = retrying(self._once, method, path, query, body)
        except (_Again, httpx.TransportError) as error:
            raise SourceError(
                f"{self.provider} did not answer {method} {path}: {first_line(str(error) or type(error).__name__)}",
                next_step="look at the provider's status and the network, then run the command again",
                endpoint=self.endpoint,
            ) from error
        if response.status_code >= 400:
            raise _refusal(response)
        content = _object(response)
        if content is None:
            raise self.broken(path, "the answer is not a JSON object")
        return content

    def broken(self, path: str, why: str) -> SourceError:
        """Give the error that says that what was sent is not whole."""
        return SourceError(
            f"{self.provider} sent something that is not whole for {path}: {why}",
            next_step="run the command again",
            endpoint=self.endpoint,
        )

    def _once(
        self, method: str, path: str, query: Mapping[str, str] | None, body: Mapping[str, Any] | None
    ) -> httpx.Response:
        for renew in (False, True):
            headers = {"Authorization": f"Bearer {self.token(renew)}"}
            response = self.client.request(method, path, params=query, json=body, headers=headers)
            if response.status_code != 401:
                break
        else:
            raise ConfigError(
                f"{self.provider} does not accept the credentials: {_refusal(response).said}",
                next_step="check which identity is signed in, and in which tenant",
            )
        if response.status_code == 429 or response.status_code >= 500:
            raise _Again(str(_refusal(response)), asked_wait(response.headers, response.status_code))
        return response


@contextmanager
def opened(provider: str, endpoint: str, token: Token) -> Iterator[Rest]:
    """Give an interface and close its connections afterwards."""
    import httpx

    timeout = httpx.Timeout(READ_S, connect=CONNECT_S)
    with httpx.Client(base_url=endpoint, timeout=timeout) as client:
        yield Rest(provider, endpoint, token, client)


def asked_wait(headers: Mapping[str, str], status: int) -> float | None:
    """Give the longest wait that any header asks for, in seconds; None where none does."""
    waits = [http_manners.asked_wait(headers)]
    if status == 429 and _QUOTA_HEADER in headers:
        waits.append(_clock_seconds(headers[_QUOTA_HEADER]))
    return max((wait for wait in waits if wait is not None), default=None)


def _clock_seconds(value: str) -> float | None:
    try:
        hours, minutes, seconds = (float(part) for part in value.split(":"))
    except ValueError:
        return None
    return hours * 3600 + minutes * 60 + seconds


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _Again) else None
    wait = FIRST_WAIT_S * 2 ** (state.attempt_number - 1) if asked is None else asked
    return min(wait, LONGEST_WAIT_S)


def _object(response: httpx.Response) -> dict[str, Any] | None:
    try:
        content = json.loads(response.content)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _refusal(response: httpx.Response) -> Refused:
    content = _object(response) or {}
    error = content.get("error")
    error = error if isinstance(error, dict) else {}
    # Microsoft's code is a word, Google's a number with the word in `status`.
    code = str(error.get("status") or error.get("code") or response.status_code)
    return Refused(response.status_code, code, first_line(str(error.get("message") or response.reason_phrase)), content)
