"""Ask Cost Explorer page by page, with an eye on the bill: every page is a request, and every request is paid.

botocore's paginators do not know this operation, so its pages are followed here. What AWS asks to be tried again,
throttling among it, botocore tries again by itself; an attempt that was throttled is not paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from finops_lib.errors import ConfigError, SourceError

# Cost Explorer has one endpoint for all regions of the commercial partition.
_REGION = "us-east-1"
_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
_REFUSED = frozenset({"AccessDenied", "AccessDeniedException"})

Answer = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Group:
    """What one period, and one value of each of two dimensions, comes to; amounts as AWS sent them."""

    start: str
    end: str
    first: str
    second: str
    metrics: dict[str, tuple[str, str]]
    estimated: bool


class CostExplorer:
    """One source's questions to Cost Explorer.

    Args:
        source: its name, for messages.
        most: so many requests may be made; the next one is refused before it is sent.
    """

    def __init__(self, source: str, *, profile: str, endpoint_url: str, most: int) -> None:
        self.requests = 0
        self.names: dict[str, str] = {}
        self._source, self._most = source, most
        self._session = _session(profile)
        self._endpoint = endpoint_url or None
        self._client = self._make("ce")

    def payer(self) -> str:
        """Give the account whose credentials these are; it costs nothing."""
        client = self._make("sts")
        try:
            with told("sts:GetCallerIdentity"):
                return str(client.get_caller_identity()["Account"])
        finally:
            client.close()

    def groups(self, *, what: str, **question: Any) -> Iterator[Group]:
        """Ask for costs grouped by two dimensions, and follow the pages.

        Raises:
            ConfigError: credentials or permission are missing, or one request more than allowed would be needed.
            SourceError: no answer, a page that came before, or one that is not whole.
        """
        seen: set[tuple[str, str, str]] = set()
        tokens: set[str] = set()
        token = ""
        while True:
            answer = self._ask(what, {**question, **({"NextPageToken": token} if token else {})})
            for found in answer.get("DimensionValueAttributes", []):
                if name := found.get("Attributes", {}).get("description"):
                    self.names[found["Value"]] = name
            for group in _groups_of(answer, what):
                key = (group.start, group.first, group.second)
                if key in seen:
                    raise SourceError(
                        f"{what}: Cost Explorer sent {' / '.join(key)} twice: a page that repeats",
                        next_step="run the command again; nothing of this month was loaded",
                    )
                seen.add(key)
                yield group
            token = answer.get("NextPageToken") or ""
            if not token:
                return
            if token in tokens:
                raise SourceError(
                    f"{what}: Cost Explorer's pages come back to one that was read",
                    next_step="run the command again; nothing of this month was loaded",
                )
            tokens.add(token)

    def try_it(self) -> None:
        """Ask for a time of which Cost Explorer keeps nothing: it refuses that for free, if it lets us ask at all."""
        period = {"Start": "2000-01-01", "End": "2000-01-02"}
        try:
            with told("ce:GetCostAndUsage"):
                self._client.get_cost_and_usage(TimePeriod=period, Granularity="MONTHLY", Metrics=["UnblendedCost"])
        except SourceError as error:
            if getattr(error, "code", "") != "ValidationException":
                raise

    def close(self) -> None:
        self._client.close()

    def _ask(self, what: str, question: dict[str, Any]) -> Answer:
        if self.requests >= self._most:
            raise ConfigError(
                f"{self._source}: {what} would need more than {self._most} requests to Cost Explorer, which are paid",
                next_step="raise max_requests in the source's options, or ask for fewer months",
                max_requests=self._most,
            )
        self.requests += 1
        with told("ce:GetCostAndUsage"):
            answer: Answer = self._client.get_cost_and_usage(**question)
        return answer

    def _make(self, service: str) -> Any:
        import botocore.config  # type: ignore[import-untyped]

        config = botocore.config.Config(
            connect_timeout=5, read_timeout=60, retries={"mode": "standard", "max_attempts": 4}
        )
        with told(service):
            return self._session.client(service, region_name=_REGION, endpoint_url=self._endpoint, config=config)


def _session(profile: str) -> Any:
    import boto3  # type: ignore[import-untyped]

    with told("ce:GetCostAndUsage"):
        return boto3.session.Session(profile_name=profile or None)


def _groups_of(answer: Answer, what: str) -> Iterator[Group]:
    for period in answer.get("ResultsByTime", []):
        for group in period.get("Groups", []):
            keys, metrics = group.get("Keys", []), group.get("Metrics", {})
            amounts = {name: (value.get("Amount"), value.get("Unit", "")) for name, value in metrics.items()}
            if len(keys) != 2 or any(amount is None for amount, _ in amounts.values()):
                raise SourceError(
                    f"{what}: Cost Explorer sent a group that is not whole ({' / '.join(keys)})"[:300],
                    next_step="run the command again; nothing of this month was loaded",
                )
            time = period["TimePeriod"]
            yield Group(time["Start"], time["End"], keys[0], keys[1], amounts, bool(period.get("Estimated")))


@contextmanager
def told(needs: str) -> Iterator[None]:
    """Say what boto3 raises in one line, as the error of whoever must act."""
    import botocore.exceptions  # type: ignore[import-untyped]
    import botocore.parsers  # type: ignore[import-untyped]

    try:
        yield
    except botocore.exceptions.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        said = " ".join(str(error.response.get("Error", {}).get("Message", "")).split())[:200]
        if code in _CREDENTIALS:
            raise ConfigError(
                f"{needs}: AWS does not accept the credentials ({code})",
                next_step="renew them: AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
                code=code,
            ) from error
        if code in _REFUSED:
            raise ConfigError(
                f"{needs}: AWS refused ({said or code})",
                next_step=f"allow {needs} to these credentials, and open Cost Explorer to them if they are IAM users'",
                code=code,
            ) from error
        raise SourceError(
            f"{needs}: AWS answered {code}: {said}", next_step="run the command again later", code=code
        ) from error
    except (
        botocore.exceptions.NoCredentialsError,
        botocore.exceptions.PartialCredentialsError,
        botocore.exceptions.ProfileNotFound,
        # An endpoint that is no URL.
        ValueError,
    ) as error:
        raise ConfigError(
            f"{needs}: {' '.join(str(error).split())[:200]}",
            next_step="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and check the source's options",
        ) from error
    except (botocore.exceptions.BotoCoreError, botocore.parsers.ResponseParserError) as error:
        raise SourceError(
            f"{needs}: AWS did not answer: {' '.join(str(error).split())[:200]}",
            next_step="check the network and AWS_ENDPOINT_URL, then run the command again",
        ) from error
