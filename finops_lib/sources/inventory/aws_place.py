"""Ask AWS in one account and region; what goes wrong becomes an error of ours that names the permission."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

from finops_lib.errors import ConfigError, SourceError
from finops_lib.sources.inventory.looks import NotAllowed, one_line

# What AWS calls a refusal, service by service. In a region that an account has not enabled credentials are unknown.
_REFUSALS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AllAccessDisabled",
        "AuthFailure",
        "AuthorizationError",
        "Client.UnauthorizedOperation",
        "NotAuthorized",
        "OptInRequired",
        "SubscriptionRequiredException",
        "UnauthorizedOperation",
    }
)
# Credentials that AWS does not know, or no more.
BAD_CREDENTIALS = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
# How a service's permissions begin, where it is not the client's name.
_PREFIXES = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing"}

_PAGE_OF_EC2 = 1000


@dataclass(frozen=True, slots=True)
class Place:
    """One account and region.

    Args:
        session: of boto3, with credentials for the account.
        until: the present hour, where anything is asked that has a time.
        refused: aspects of a kind that could not be looked at, e.g. the sizes of buckets, and why.
    """

    session: Any
    account: str
    region: str
    partition: str = "aws"
    until: datetime | None = None
    refused: dict[str, NotAllowed] = field(default_factory=dict)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Give a client of this region; it is made once, since making one reads a file of several megabytes."""
        if service not in self._clients:
            self._clients[service] = make_client(self.session, service, self.region)
        return self._clients[service]

    def ask(self, service: str, operation: str, *, needs: str = "", **arguments: Any) -> dict[str, Any]:
        """Call one operation.

        Args:
            needs: the permission, where it is not called like the operation.
        Raises:
            NotAllowed: AWS refused.
            SourceError: it did not answer, or with another error than a refusal.
        """
        client = self.client(service)
        with told(needs or permission_of(client, service, operation)):
            answer: dict[str, Any] = getattr(client, operation)(**arguments)
            return answer

    def pages(
        self, service: str, operation: str, member: str, *, needs: str = "", **arguments: Any
    ) -> Iterator[dict[str, Any]]:
        """Give the items of all pages of a list; errors as for `ask`."""
        client = self.client(service)
        # EC2 tries to give everything at once unless it is told not to, and then runs out of time.
        size = {"PaginationConfig": {"PageSize": _PAGE_OF_EC2}} if service == "ec2" else {}
        with told(needs or permission_of(client, service, operation)):
            for page in client.get_paginator(operation).paginate(**arguments, **size):
                yield from page.get(member, ())

    def arn(self, service: str, what: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{what}"

    def elsewhere(self, region: str) -> Place:
        """Give the same account in another region."""
        return replace(self, region=region, refused={}, _clients={})

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self._clients.clear()


def make_client(session: Any, service: str, region: str) -> Any:
    """Give a client with botocore's own retries, which know every service's way to say `slower`."""
    import botocore.config  # type: ignore[import-untyped]

    # A server of one's own seldom answers for bucket.host; boto3 by itself would ask it by that name.
    own_endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
    config = botocore.config.Config(
        connect_timeout=5,
        read_timeout=60,
        retries={"mode": "standard", "max_attempts": 4},
        s3={"addressing_style": "path"} if own_endpoint else None,
    )
    with told(service):
        return session.client(service, region_name=region, config=config)


def permission_of(client: Any, service: str, operation: str) -> str:
    """Name the permission of an operation, e.g. `ec2:DescribeVolumes`."""
    return f"{_PREFIXES.get(service, service)}:{client.meta.method_to_api_mapping[operation]}"


@contextmanager
def told(needs: str) -> Iterator[None]:
    """Say what boto3 raises in one line, as the error of whoever must act."""
    import botocore.exceptions  # type: ignore[import-untyped]
    import urllib3.exceptions

    try:
        yield
    except botocore.exceptions.ClientError as error:
        code = code_of(error)
        said = f"{code}: {one_line(error.response.get('Error', {}).get('Message', ''))}"
        if code in _REFUSALS:
            raise NotAllowed(needs, said) from error
        raise SourceError(
            f"{needs}: AWS answered {said}", next_step="try again later; if it stays, look it up at AWS", code=code
        ) from error
    except (
        botocore.exceptions.NoCredentialsError,
        botocore.exceptions.PartialCredentialsError,
        botocore.exceptions.ProfileNotFound,
        botocore.exceptions.NoRegionError,
        botocore.exceptions.InvalidRegionError,
        # An endpoint that is no URL.
        ValueError,
    ) as error:
        raise ConfigError(
            f"AWS cannot be asked: {one_line(error)}",
            next_step="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; check the source's options",
        ) from error
    except (botocore.exceptions.BotoCoreError, urllib3.exceptions.HTTPError) as error:
        raise SourceError(
            f"{needs}: AWS did not answer: {one_line(error)}",
            next_step="check the network and AWS_ENDPOINT_URL, then run the command again",
            code="",
        ) from error


def code_of(error: Any) -> str:
    """Give the code of a ClientError."""
    return str(error.response.get("Error", {}).get("Code", ""))


def is_answer(ask: Callable[[], object], *codes: str) -> bool:
    """Ask something of which nothing is expected but that AWS lets us: True, unless it answers one of `codes`.

    Raises:
        NotAllowed: AWS refused.
        SourceError: it did not answer, or with an error that is not in `codes`.
    """
    try:
        ask()
    except NotAllowed:
        raise
    except SourceError as error:
        if getattr(error, "code", "") not in codes:
            raise
        return False
    return True


def utc(moment: datetime | None) -> datetime | None:
    """Give a time as the lake keeps it: UTC, without a zone."""
    return None if moment is None else moment.astimezone(UTC).replace(tzinfo=None)


def texts(**values: object) -> dict[str, str]:
    """Write attributes as text: yes and no, ISO times, lists by comma; what AWS did not say is left out."""
    return {name: _text(value) for name, value in values.items() if value is not None and value not in ("", [], ())}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{utc(value):%Y-%m-%dT%H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return ",".join(_text(part) for part in value)
    return str(value)


def tags_of(item: dict[str, Any], member: str = "Tags") -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in item.get(member) or ()}
