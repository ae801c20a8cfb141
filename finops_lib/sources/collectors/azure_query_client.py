"""Ask Azure's cost query over plain HTTP, and get all of an answer or an error.

Question: why not Microsoft's own client?
Choice: httpx.
Why: that client gives the first page and no way to the next (which has to be POSTed with the same body), and does not
wait where a throttled answer names its wait in `x-ms-ratelimit-microsoft.costmanagement-*-retry-after` alone.

The token goes to the endpoint it is for and nowhere else: a page on another host is refused, and so is a redirect.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urljoin, urlsplit

from finops_lib.errors import ConfigError, SourceError
from finops_lib.sources.collectors import Permission
from finops_lib.sources.collectors.azure_qpu import QpuBudget
from finops_lib.sources.http_manners import asked_wait, first_line, is_local

if TYPE_CHECKING:
    import httpx
    from tenacity import RetryCallState

API_VERSION = "2023-11-01"
PERMISSION = Permission("Microsoft.CostManagement/query/action", "daily costs; in the role Cost Management Reader")
_CONNECT_S, _READ_S = 5, 60
# Where nobody says how long to wait: 2, 4 and 8 seconds, then it is an error.
_FIRST_WAIT_S, _BLIND_TRIES = 2.0, 4
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class Tokens(Protocol):
    """Gives bearer tokens; `renew` is True where the last one was refused."""

    def token(self, *, renew: bool) -> str: ...


class DefaultTokens:
    """Tokens of azure-identity's DefaultAzureCredential: environment, managed identity, `az login`."""

    def __init__(self, endpoint: str) -> None:
        self._scope = f"{endpoint}/.default"
        self._kept = ""

    def token(self, *, renew: bool) -> str:
        if renew or not self._kept:
            try:
                from azure.core.exceptions import ClientAuthenticationError
                from azure.identity import DefaultAzureCredential
            except ImportError as error:
                raise ConfigError("asking Azure needs azure-identity", next_step="pip install finops[azure]") from error
            try:
                # A new credential each time: an old one would give the refused token from its memory.
                with DefaultAzureCredential() as credential:
                    self._kept = credential.get_token(self._scope).token
            except ClientAuthenticationError as error:
                raise ConfigError(
                    f"Azure gives no token: {first_line(str(error))}",
                    next_step="sign in with `az login`, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and a secret",
                ) from error
        return self._kept


class LocalTokens:
    """What a stand-in on this machine gets instead of a real token."""

    def token(self, *, renew: bool) -> str:
        return "local"


def tokens_for(endpoint: str) -> Tokens:
    """Give the tokens for an endpoint.

    Raises:
        ConfigError: it is plain http to another machine, where anybody on the way could read them.
    """
    return LocalTokens() if is_local(endpoint) else DefaultTokens(endpoint)


class _Again(Exception):
    """An answer that is worth another try; `wait` is what the provider asks for, in seconds, None where it does not."""

    def __init__(self, said: str, wait: float | None) -> None:
        super().__init__(said)
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it came: column names, rows of JSON values with numbers as the text they were written in."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    next_link: str


@dataclass(frozen=True, slots=True)
class CostQuery:
    """The cost query of one scope.

    Args:
        patience: seconds to wait in all for one page before giving up.
        sleep: waits; the budget has its own.
    """

    client: httpx.Client
    endpoint: str
    scope: str
    tokens: Tokens
    budget: QpuBudget
    patience: float
    sleep: Callable[[float], None]

    def pages(self, body: Mapping[str, Any]) -> Iterator[Page]:
        """Give all pages of an answer; none if there is nothing.

        Raises:
            ConfigError: credentials, the permission or the scope are wrong, or Azure does not understand the question.
            SourceError: Azure did not answer, or what it sent is not whole.
        """
        url = f"{self.endpoint}/{self.scope.strip('/')}/providers/Microsoft.CostManagement/query"
        url += f"?api-version={API_VERSION}"
        asked: set[str] = set()
        seen: set[tuple[tuple[Any, ...], ...]] = set()
        while url:
            asked.add(url)
            page = self._page(url, body)
            if page is None:
                return
            if page.rows and page.rows in seen:
                raise self.broken("a page came twice")
            seen.add(page.rows)
            yield page
            url = self._next(url, page.next_link)
            if url in asked:
                raise self.broken("its pages lead back to one that was read already")

    def broken(self, why: str) -> SourceError:
        """Give the error that says that what was sent is not whole."""
        return SourceError(
            f"Azure's cost query sent something that is not whole for {self.scope}: {why}",
            next_step="run the command again; the lake still holds what it held",
            scope=self.scope,
        )

    def _next(self, url: str, link: str) -> str:
        if not link:
            return ""
        target, here = urlsplit(urljoin(url, link)), urlsplit(self.endpoint)
        if (target.scheme, target.netloc) != (here.scheme, here.netloc):
            raise self.broken(f"its next page is on {target.scheme}://{target.hostname}, which gets no token")
        return target.geturl()

    def _page(self, url: str, body: Mapping[str, Any]) -> Page | None:
        import httpx
        from tenacity import Retrying, retry_if_exception_type

        retrying = Retrying(
            retry=retry_if_exception_type((_Again, httpx.TransportError)),
            wait=_wait,
            stop=self._is_out_of_patience,
            sleep=self.sleep,
            reraise=True,
        )
        try:
            response: httpx.Response = retrying(self._once, url, body)
        except (_Again, httpx.TransportError) as error:
            raise SourceError(
                f"Azure's cost query did not answer for {self.scope}: {first_line(str(error) or type(error).__name__)}",
                next_step="look at Azure's status, then run the command again; it goes on where it stopped",
                scope=self.scope,
            ) from error
        return None if response.status_code == 204 else self._read(response)

    def _is_out_of_patience(self, state: RetryCallState) -> bool:
        if _asked(state) is None and state.attempt_number >= _BLIND_TRIES:
            return True
        # Waits are counted, not time: a wait that would go beyond the end is not begun.
        return state.idle_for + state.upcoming_sleep > self.patience

    def _once(self, url: str, body: Mapping[str, Any]) -> httpx.Response:
        for renew in (False, True):
            self.budget.take()
            headers = {"Authorization": f"Bearer {self.tokens.token(renew=renew)}"}
            response = self.client.post(url, json=body, headers=headers)
            self.budget.learn(response.headers)
            if response.status_code != 401:
                break
        status = response.status_code
        if status == 429 or status >= 500:
            raise _Again(_said(response), asked_wait(response.headers))
        if status in (200, 204):
            return response
        if 300 <= status < 400:
            raise self.broken(f"it answers {status} and sends us elsewhere")
        steps = {
            401: "check which identity is signed in, and in which tenant",
            403: f"give the identity {PERMISSION.name} on this scope (role Cost Management Reader)",
            404: "check the option `scope`",
        }
        raise ConfigError(
            f"Azure's cost query refuses {self.scope}: {_said(response)}",
            next_step=steps.get(status, "check the options `scope`, `grouping` and `cost` of this source"),
            scope=self.scope,
            status=status,
        )

    def _read(self, response: httpx.Response) -> Page:
        try:
            # Digits as they were written: a binary float would be another number.
            content = json.loads(response.content, parse_float=str, parse_int=str, parse_constant=_no_number)
            properties = content["properties"]
            columns = tuple(str(column["name"]) for column in properties["columns"])
            rows = tuple(tuple(row) for row in properties["rows"])
            link = properties.get("nextLink") or ""
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise self.broken(f"the answer cannot be read ({first_line(str(error))[:80]})") from error
        if not isinstance(link, str) or any(len(row) != len(columns) for row in rows):
            raise self.broken("its rows do not have the columns it names")
        return Page(columns, rows, link)


def is_number(value: object) -> bool:
    """Is a value of a page a number, as JSON writes it?"""
    return isinstance(value, str) and _NUMBER.fullmatch(value) is not None


def _wait(state: RetryCallState) -> float:
    asked = _asked(state)
    return _FIRST_WAIT_S * 2.0 ** (state.attempt_number - 1) if asked is None else asked


def _asked(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.wait if isinstance(error, _Again) else None


def _said(response: httpx.Response) -> str:
    try:
        error = json.loads(response.content)["error"]
        said = f"{error['code']}: {error['message']}"
    except (ValueError, KeyError, TypeError):
        said = response.reason_phrase
    return f"{response.status_code} {first_line(said)}"


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no amount")


def client() -> httpx.Client:
    """Give the client for one collection; the caller closes it."""
    import httpx

    return httpx.Client(timeout=httpx.Timeout(_READ_S, connect=_CONNECT_S), follow_redirects=False)
