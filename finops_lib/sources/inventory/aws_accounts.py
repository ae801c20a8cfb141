"""Which AWS accounts and regions are looked at: that of the credentials, and those whose roles they may take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from finops_lib.breaker import Breaker
from finops_lib.errors import ConfigError, SourceError
from finops_lib.sources.collectors import Options, Permission
from finops_lib.sources.inventory.aws_place import BAD_CREDENTIALS, Place, make_client, told
from finops_lib.sources.inventory.looks import attempt

ASSUME_ROLE = Permission("sts:AssumeRole", "accounts other than that of the credentials")


class AwsInventoryOptions(Options):
    """Where to look.

    Args:
        profile: of the AWS configuration; "" = the standard environment.
        role_arns: roles in other accounts, one account each, that are looked at as well.
        external_id: what those roles ask for; it is no secret, it says on whose behalf.
        regions: () = all that the account has enabled.
        home_region: where accounts and buckets are asked for.
    """

    profile: str = ""
    role_arns: tuple[str, ...] = ()
    external_id: str = ""
    regions: tuple[str, ...] = ()
    home_region: str = "us-east-1"


@dataclass(frozen=True, slots=True)
class Account:
    """An account that lets us in."""

    session: Any
    id: str
    partition: str = "aws"

    def place(self, region: str, until: datetime | None = None) -> Place:
        return Place(self.session, self.id, region, self.partition, until)


@dataclass(frozen=True, slots=True)
class Closed:
    """An account that cannot be looked at: what that needs, and what AWS said."""

    id: str
    needs: str
    said: str


def accounts(options: AwsInventoryOptions, breaker: Breaker) -> Iterator[Account | Closed]:
    """Give each account once, that of the credentials first.

    Raises:
        ConfigError: no credentials, or AWS does not know them.
        SourceError: AWS does not answer.
    """
    import boto3  # type: ignore[import-untyped]

    with told("sts:GetCallerIdentity"):
        # A session of its own: the default one would keep the credentials that it saw first.
        own = boto3.session.Session(profile_name=options.profile or None)
    first = _identity(own, options)
    yield first
    seen = {first.id}
    for arn in options.role_arns:
        take = partial(_take_role, own, arn, options)
        answer = attempt(take, api=ASSUME_ROLE.name, breaker=breaker)
        if answer.value is None:
            yield Closed(account_of(arn), answer.needs, answer.said)
        elif answer.value.id not in seen:
            seen.add(answer.value.id)
            yield answer.value


def account_of(role_arn: str) -> str:
    """Read the account out of the ARN of a role."""
    return role_arn.split(":")[4] if role_arn.count(":") >= 5 else role_arn


def regions(account: Account, options: AwsInventoryOptions) -> list[str]:
    """Give the regions to look at.

    Raises:
        NotAllowed, SourceError: AWS does not say which there are.
    """
    if options.regions:
        return list(options.regions)
    place = account.place(options.home_region)
    try:
        found = place.ask("ec2", "describe_regions", AllRegions=False).get("Regions", ())
    finally:
        place.close()
    return sorted(region["RegionName"] for region in found)


def _identity(session: Any, options: AwsInventoryOptions) -> Account:
    client = make_client(session, "sts", options.home_region)
    try:
        with told("sts:GetCallerIdentity"):
            answer = client.get_caller_identity()
    except SourceError as error:
        if getattr(error, "code", "") in BAD_CREDENTIALS:
            raise ConfigError(
                f"AWS does not know these credentials: {error.what}", next_step="renew them, or choose another profile"
            ) from error
        raise
    finally:
        client.close()
    return Account(session, answer["Account"], answer["Arn"].split(":")[1])


def _take_role(session: Any, arn: str, options: AwsInventoryOptions) -> Account:
    import boto3

    client = make_client(session, "sts", options.home_region)
    external = {"ExternalId": options.external_id} if options.external_id else {}
    try:
        with told(ASSUME_ROLE.name):
            given = client.assume_role(RoleArn=arn, RoleSessionName="finops-inventory", **external)["Credentials"]
    finally:
        client.close()
    taken = boto3.session.Session(
        aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"],
        aws_session_token=given["SessionToken"],
    )
    return _identity(taken, options)
