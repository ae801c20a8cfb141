"""Which resources are there, and how busy are they? One file per provider and kind of resource.

The lake keeps what was found in `inventory`, what was looked at in `inventory_scopes`, and utilisation in `metrics`.
A look that a provider refused is `not evaluated`, with what it needs; it is never an empty result, and what was known
before stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from finops_lib.registry import Registry
from finops_lib.sources.collectors import OnProgress, Options, Permission, Tried, unseen


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource as its provider describes it. Times are UTC, without a zone; None = not known.

    Args:
        type: kebab-case, provider first, e.g. `aws-ec2-instance`, `azure-disk`, `gcp-address`.
        resource_id: as the bill names it (ResourceId), so that cost and inventory can be joined.
        state: the provider's own word in lower case, e.g. `running`, `stopped`, `available`, `deallocated`.
        state_since: since when, where the provider says.
        attributes: everything that savings rules ask for, as text: `instance_type`, `size_gb`, `attached_to`, ...
    """

    type: str
    resource_id: str
    account: str
    region: str
    name: str = ""
    state: str = ""
    state_since: datetime | None = None
    created_at: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Scope:
    """One look: all resources of a type in one account and region, whole or not at all.

    Args:
        type: of the resources, or `<type>/<metric>` for what was measured of them.
        region: "" = one look at all regions of the account; its resources name their own.
        resources: what was found; () with `needs` empty = there are none.
        needs: the permission or API that was missing, as the provider names it; "" = the look was made.
        said: the provider's refusal in one line.
        taken_at: when it was looked (UTC, without a zone); None = just now.
    """

    type: str
    account: str
    region: str
    resources: tuple[Resource, ...] = ()
    needs: str = ""
    said: str = ""
    taken_at: datetime | None = None


class Measured(Protocol):
    """What a provider's own description of a metric says in our words; see Series."""

    @property
    def name(self) -> str: ...

    @property
    def unit(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Series:
    """The points of one metric of one resource, oldest first, at most 5 minutes apart where the provider has that.

    Args:
        metric: `cpu`, `memory`, `network_in`, `network_out`, `disk_read_bytes`, `disk_write_bytes`, `disk_read_ops`,
            `disk_write_ops`, `connections`, `requests`, ...; what it counts is in `unit`.
        unit: `percent`, `bytes/s`, `ops/s`, `count`.
        times: seconds since 1970 (UTC), the start of each point's interval.
        means, maxima: of each point; NaN where the provider has no such statistic.
    """

    type: str
    resource_id: str
    account: str
    region: str
    metric: str
    unit: str
    times: Any  # numpy int64
    means: Any  # numpy float64
    maxima: Any  # numpy float64

    @classmethod
    def of(cls, resource: Resource, metric: Measured, *, times: Any, means: Any, maxima: Any) -> Series:
        """Give the points of one metric of this resource."""
        return cls(
            type=resource.type,
            resource_id=resource.resource_id,
            account=resource.account,
            region=resource.region,
            metric=metric.name,
            unit=metric.unit,
            times=times,
            means=means,
            maxima=maxima,
        )


@dataclass(frozen=True, slots=True)
class Hours:
    """Utilisation that comes as hours already.

    Args:
        file: Parquet with the columns of the lake's table `metrics` but for x_Provider and x_SourceId.
        measured: (account, region, type/metric, resource_id) of all that is in it.
    """

    file: Path
    measured: frozenset[tuple[str, str, str, str]]


@dataclass(frozen=True, slots=True)
class AskedInventory:
    """What one run wants of one source.

    Args:
        since: from when metrics are wanted (UTC, without a zone); what the lake holds already is not fetched again.
        until: up to when, exclusive; both are full hours, so that no hour is stored in part.
        folder: where files can be put; private, empty and gone afterwards.
        held: (resource_id, metric) -> the newest hour of which the lake has points already.
    """

    source: str
    since: datetime
    until: datetime
    folder: Path
    progress: OnProgress = unseen
    held: Mapping[tuple[str, str], datetime] = field(default_factory=dict)

    def since_for(self, resource_id: str, metric: str) -> datetime:
        """Say from when the points of one metric of one resource are missing; `until` or later = none are."""
        newest = self.held.get((resource_id, metric))
        return self.since if newest is None else max(self.since, newest + timedelta(hours=1))


class InventoryCollector(Protocol):
    """All looks at one provider."""

    options: type[Options]
    permissions: tuple[Permission, ...]

    def scopes(self, options: Any, asked: AskedInventory) -> Iterator[Scope]:
        """Look at everything, account by account and region by region.

        One look that fails stops no other: `looks.py` turns a SourceError into a Scope that says so.

        Raises:
            SourceError: the provider did not answer at all. A look that it refused is a Scope that says so.
        """
        ...

    def series(
        self, options: Any, asked: AskedInventory, resources: list[Resource]
    ) -> Iterator[Series | Scope | Hours]:
        """Fetch the metrics of these resources; a Scope of type `<type>/<metric>` with `needs` where they are refused.

        A Scope without `needs` says that the metric was asked for, also where no resource had any points of it.

        Lazy: what was fetched is written before the next is asked for, so that memory stays bounded.
        """
        ...

    def try_permissions(self, options: Any) -> list[Tried]:
        """Ask the provider for the smallest thing that each permission allows."""
        ...


INVENTORIES: Registry[InventoryCollector] = Registry("provider with an inventory", "finops_lib.sources.inventory")
# An inventory that somebody exported; of any provider.
FILES = "files"


def inventory_of(provider: str, options: Mapping[str, Any]) -> str:
    """Name the collector of a source's inventory: the provider's own, or that of files where options give a path."""
    return FILES if "path" in options else provider
