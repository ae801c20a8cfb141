"""The inventory of AWS: account by account, region by region, kind by kind.

Question: what happens when one look of hundreds fails?
Choice: it is `not evaluated`, with the permission it needs or the answer that did not come; three failures in a row
end a region, three such regions the whole.
Why: a role that may see almost everything is the usual case, and a region that is down must not hide the others.
Declined: an all-or-nothing inventory, which in a large organisation is mostly nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from finops_lib.breaker import Breaker
from finops_lib.errors import SourceError
from finops_lib.sources.collectors import Options, Permission, Tried
from finops_lib.sources.inventory import INVENTORIES, AskedInventory, Resource, Scope, Series
from finops_lib.sources.inventory.aws_accounts import (
    ASSUME_ROLE,
    Account,
    AwsInventoryOptions,
    Closed,
    account_of,
    accounts,
    regions,
)
from finops_lib.sources.inventory.aws_cloudwatch import GET, LIST, Wanted, batches, fetch, wanted
from finops_lib.sources.inventory.aws_instances import MEMORY
from finops_lib.sources.inventory.aws_instances import TYPE as INSTANCE
from finops_lib.sources.inventory.aws_kinds import AWS_KINDS, Kind, Need, dry_run
from finops_lib.sources.inventory.aws_memory import memory_measures
from finops_lib.sources.inventory.aws_place import Place
from finops_lib.sources.inventory.looks import attempt, look

_REGIONS = dry_run("ec2:DescribeRegions", "describe_regions", "which regions there are, unless the options name them")


@dataclass
class AwsInventory:
    """All looks at AWS; stateless."""

    permissions: tuple[Permission, ...]
    options: type[Options] = AwsInventoryOptions

    def scopes(self, options: AwsInventoryOptions, asked: AskedInventory) -> Iterator[Scope]:
        """Look at every kind in every account and region; buckets once per account."""
        everywhere = [kind for kind in _kinds() if kind.everywhere]
        regional = [kind for kind in _kinds() if not kind.everywhere]
        breaker = Breaker(asked.source)
        for account in accounts(options, breaker):
            if isinstance(account, Closed):
                yield from _closed(account, _kinds())
                continue
            home = account.place(options.home_region, asked.until)
            yield from _looks(home, everywhere, breaker)
            named = attempt(partial(regions, account, options), api=_REGIONS.permission.name, breaker=breaker)
            if named.value is None:
                yield from _closed(Closed(account.id, named.needs, named.said), regional)
            for number, region in enumerate(named.value or ()):
                asked.progress(f"{account.id} {region}", number, len(named.value or ()))
                yield from _looks(account.place(region, asked.until), regional, breaker)

    def series(
        self, options: AwsInventoryOptions, asked: AskedInventory, resources: list[Resource]
    ) -> Iterator[Series | Scope]:
        """Fetch the metrics region by region, in requests of one metric of many resources."""
        by_place: dict[tuple[str, str], list[Resource]] = {}
        for resource in resources:
            if AWS_KINDS.get(resource.type).metrics:
                by_place.setdefault((resource.account, resource.region), []).append(resource)
        breaker = Breaker(asked.source)
        for account in accounts(options, breaker):
            for number, (place_of, found) in enumerate(by_place.items()):
                if place_of[0] == account.id and isinstance(account, Account):
                    asked.progress(f"metrics of {' '.join(place_of)}", number, len(by_place))
                    place = account.place(place_of[1], asked.until)
                    try:
                        yield from _series(place, found, asked, breaker)
                    finally:
                        place.close()

    def try_permissions(self, options: AwsInventoryOptions) -> list[Tried]:
        """Ask for the smallest thing that each permission allows, in every account, in the first region."""
        tried: list[Tried] = []
        breaker = Breaker("AWS")
        for account in accounts(options, breaker):
            if isinstance(account, Closed):
                tried.append(Tried(ASSUME_ROLE, False, f"account {account.id}: {account.said}"))
                continue
            if account.id in _roles(options):
                tried.append(Tried(ASSUME_ROLE, True, f"account {account.id}"))
            place = account.place((*options.regions, options.home_region)[0])
            try:
                for need in _needs():
                    answer = attempt(partial(need.ask, place), api=need.permission.name, breaker=breaker)
                    said = answer.said or (answer.value if isinstance(answer.value, str) else "")
                    tried.append(
                        Tried(need.permission, not answer.needs, f"account {account.id}{': ' if said else ''}{said}")
                    )
            finally:
                place.close()
        return tried


def _kinds() -> list[Kind]:
    return [AWS_KINDS.get(name) for name in AWS_KINDS.names()]


def _needs() -> list[Need]:
    """Give every permission once; several kinds share some."""
    cloudwatch = [
        Need(
            Permission(LIST, "which instances report their memory, and the sizes of buckets"),
            lambda place: place.ask("cloudwatch", "list_metrics", Namespace="AWS/EC2", MetricName="CPUUtilization"),
        ),
        Need(Permission(GET, "how busy resources are"), _try_get_metric_data),
    ]
    needs = [_REGIONS, *(need for kind in _kinds() for need in kind.needs), *cloudwatch]
    return list({need.permission.name: need for need in reversed(needs)}.values())[::-1]


def _try_get_metric_data(place: Place) -> object:
    metric = {"Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Dimensions": []}
    stat = {"Metric": metric, "Period": 300, "Stat": "Average"}
    # Any two times will do: it is asked whether we may ask.
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, 1, tzinfo=UTC)
    queries = [{"Id": "m0", "MetricStat": stat}]
    return place.ask("cloudwatch", "get_metric_data", MetricDataQueries=queries, StartTime=first, EndTime=last)


def _roles(options: AwsInventoryOptions) -> set[str]:
    return {account_of(arn) for arn in options.role_arns}


def _closed(account: Closed, kinds: list[Kind]) -> Iterator[Scope]:
    for kind in kinds:
        yield Scope(kind.type, account.id, "", needs=account.needs, said=account.said)


def _looks(place: Place, kinds: list[Kind], outer: Breaker) -> Iterator[Scope]:
    """Look at some kinds in one place; a place that does not answer at all is one failure of `outer`."""
    inner = outer if outer.is_open else Breaker(f"AWS {place.account} {place.region}")
    try:
        for kind in kinds:
            region = "" if kind.everywhere else place.region
            found = look(
                partial(kind.find, place),
                type=kind.type,
                account=place.account,
                region=region,
                api=kind.api,
                breaker=inner,
            )
            yield found
            for aspect in () if found.needs else kind.aspects:
                error = place.refused.get(aspect)
                needs, said = (error.needs, error.said) if error else ("", "")
                yield Scope(f"{kind.type}/{aspect}", place.account, region, needs=needs, said=said)
    finally:
        place.close()
    if inner is not outer:
        with suppress(SourceError), outer.call():
            if inner.is_open:
                raise SourceError(f"AWS did not answer in {place.region}")


def _fetched(place: Place, batch: list[Wanted], until: datetime) -> list[Series]:
    return list(fetch(place, batch, until))


def _series(place: Place, found: list[Resource], asked: AskedInventory, breaker: Breaker) -> Iterator[Series | Scope]:
    measured = [
        (resource, measure) for resource in found for measure in AWS_KINDS.get(resource.type).measures(resource)
    ]
    open_types = {f"{resource.type}/{metric}" for resource in found for metric in AWS_KINDS.get(resource.type).metrics}

    def close(type_: str, needs: str, said: str) -> Scope:
        open_types.discard(type_)
        return Scope(type_, place.account, place.region, needs=needs, said=said)

    instances = [resource for resource in found if resource.type == INSTANCE]
    memory = attempt(lambda: list(memory_measures(place, instances)), api=LIST, breaker=breaker)
    if memory.needs:
        yield close(f"{INSTANCE}/{MEMORY}", memory.needs, memory.said)
    for batch in batches(wanted([*measured, *(memory.value or ())], asked), asked.until):
        if (type_ := batch[0].type) not in open_types:
            continue
        points = attempt(partial(_fetched, place, batch, asked.until), api=GET, breaker=breaker)
        if points.needs:
            yield close(type_, points.needs, points.said)
        yield from points.value or ()
    # Asked for, also where nobody had any points: an idle load balancer has none.
    for type_ in sorted(open_types):
        yield Scope(type_, place.account, place.region)


INVENTORIES.register("aws")(AwsInventory((*(need.permission for need in _needs()), ASSUME_ROLE)))
