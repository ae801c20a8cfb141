"""What is known of each resource: what the bill charges, what the inventory describes, how busy it was.

`Estate.of` brings the frames of the figure queries together, once, so that a check is a few lines over records.
A frame that is not there is no error: what needs it is not evaluated (needs.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any

from finops_lib.analyses.savings.identity import Key, key_of
from finops_lib.analyses.savings.needs import Look, Need
from finops_lib.analyses.savings.resources import Described, Meter, Resource, Utilisation

if TYPE_CHECKING:
    import polars as pl

METERS, COMMITMENTS = "savings_resource_meters", "savings_commitments"
INVENTORY, LOOKS, UTILISATION = "savings_inventory", "savings_looks", "savings_utilisation"
# The hours of the week are one check's business, so that check reads them from `frames`.
WEEK_HOURS = "savings_week_hours"
# The figure queries whose frames an estate is made of.
READS = (METERS, COMMITMENTS, INVENTORY, LOOKS, UTILISATION, WEEK_HOURS)
_KEY = ("x_Provider", "account_id", "ResourceId", "BillingCurrency")


@dataclass(frozen=True, slots=True)
class Estate:
    """All resources of the bill and the inventory in one currency.

    Args:
        as_of: the last included day.
        frames: as they were given; for what only one check reads.
    """

    as_of: date
    currency: str
    resources: Mapping[Key, Resource]
    looks: tuple[Look, ...] = ()
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    # Filled when first asked for: dozens of checks each want their own few of many thousand resources.
    _by_word: dict[str, list[Resource]] = field(default_factory=dict, init=False, repr=False, compare=False)
    _looked: set[tuple[str, str, str, str]] = field(default_factory=set, init=False, repr=False, compare=False)

    @classmethod
    def of(cls, frames: Mapping[str, pl.DataFrame], *, as_of: date, currency: str = "") -> Estate:
        """Bring together what is known of each resource.

        Args:
            frames: figure query -> its rows (READS), one currency; a missing one counts as empty.
            currency: of resources that are not on the bill; "" = the bill's.
        """
        described = _described(frames.get(INVENTORY))
        busy = _utilisation(frames.get(UTILISATION))
        resources: dict[Key, Resource] = {}
        billed = _rows(frames.get(METERS), *_KEY, "meter_kind")
        for _, rows in groupby(billed, key=lambda row: tuple(row[name] for name in _KEY)):
            one = _billed(list(rows), described, busy)
            # Charges without a resource id are a pile for each account, under the empty id.
            resources[key_of(one.provider, one.account, one.id)] = one
        currency = currency or next((one.currency for one in resources.values()), "")
        for key, (where, one_described) in described.items():
            if key == where.key and not any(name in resources for name in where.names):
                resources[key] = where.resource(one_described, busy.get(key, {}), currency=currency, as_of=as_of)
        looks = tuple(
            Look(
                provider=row["x_Provider"],
                account=row["account_id"],
                region=row["RegionId"],
                type=row["resource_type"],
                resources=None if row["needs"] else row["resources"],
                needs=row["needs"],
                said=row["said"],
            )
            for row in _rows(frames.get(LOOKS))
        )
        return cls(as_of, currency, resources, looks, frames)

    def with_meter(self, *kinds: str) -> Iterator[Resource]:
        """Give the resources that have one of these kinds of meter, in the order of their keys."""
        return self._any_of([f"meter {kind}" for kind in kinds])

    def of_type(self, *types: str) -> Iterator[Resource]:
        """Give the resources that the inventory describes as one of these types and that still exist, in key order."""
        return self._any_of([f"type {type_}" for type_ in types])

    def _any_of(self, words: Sequence[str]) -> Iterator[Resource]:
        if not self._by_word:
            for key in sorted(self.resources):
                one = self.resources[key]
                for kind in one.meters:
                    self._by_word.setdefault(f"meter {kind}", []).append(one)
                if one.described is not None:
                    self._by_word.setdefault(f"type {one.described.type}", []).append(one)
        if len(words) == 1:
            return iter(self._by_word.get(words[0], ()))
        found = {(r.provider, r.account, r.id): r for word in words for r in self._by_word.get(word, ())}
        return (found[key] for key in sorted(found))

    def has_looked(self, need: Need, resource: Resource) -> bool:
        """Say whether somebody could look at this where a resource is: what was not found is then not there."""
        if not self._looked:
            self._looked.update(
                (look.provider, look.account, look.region, look.type) for look in self.looks if not look.needs
            )
        of_it = (resource.provider, resource.account)
        return any((*of_it, region, need.look) in self._looked for region in ("", resource.region))

    def find(self, provider: str, account: str, resource_id: str) -> Resource | None:
        """Give a resource by any of its names."""
        return self.resources.get(key_of(provider, account, resource_id))


@dataclass(frozen=True, slots=True)
class _Where:
    """Under which keys a resource of the inventory may be on the bill."""

    key: Key
    names: tuple[Key, ...]
    id: str
    name: str

    def resource(
        self, described: Described, busy: Mapping[str, Utilisation], *, currency: str, as_of: date
    ) -> Resource:
        return Resource(
            provider=self.key[0],
            account=self.key[1],
            id=self.id,
            name=self.name,
            region=described.region,
            team="",
            environment="",
            currency=currency,
            data_through=as_of,
            window_days=0,
            meters={},
            described=described,
            utilisation=busy,
        )


def _described(frame: pl.DataFrame | None) -> dict[Key, tuple[_Where, Described]]:
    """Read the inventory; a resource is entered under each of its names."""
    found: dict[Key, tuple[_Where, Described]] = {}
    for row in _rows(frame):
        attributes = _mapping(row["attributes"])
        provider, account = row["x_Provider"], row["account_id"]
        names = (row["ResourceId"], attributes.get("full_name", ""), attributes.get("raw_id", ""))
        keys = tuple(dict.fromkeys(key_of(provider, account, name) for name in names if name))
        where = _Where(keys[0], keys, row["ResourceId"], row["ResourceName"] or "")
        described = Described(
            type=row["resource_type"],
            region=row["RegionId"] or "",
            state=row["state"] or "",
            state_since=row["state_since"],
            created_at=row["created_at"],
            first_seen=row["first_seen"],
            last_seen=row["last_seen"],
            attributes=attributes,
            tags=_mapping(row["Tags"]),
        )
        for key in keys:
            found[key] = (where, described)
    return found


def _utilisation(frame: pl.DataFrame | None) -> dict[Key, dict[str, Utilisation]]:
    found: dict[Key, dict[str, Utilisation]] = {}
    for row in _rows(frame):
        key = key_of(row["x_Provider"], row["account_id"], row["ResourceId"])
        found.setdefault(key, {})[row["metric"]] = Utilisation(
            **{name: row[name] for name in Utilisation.__dataclass_fields__}
        )
    return found


def _billed(
    rows: list[dict[str, Any]],
    described: Mapping[Key, tuple[_Where, Described]],
    busy: Mapping[Key, dict[str, Utilisation]],
) -> Resource:
    newest = max(rows, key=lambda row: row["last_day"])
    meters = {
        row["meter_kind"]: Meter(
            kind=row["meter_kind"],
            name=row["meter"],
            first_day=row["first_day"],
            last_day=row["last_day"],
            days_charged=row["days_charged"],
            quantity=row["quantity"],
            effective_cost=row["effective_cost"],
            list_cost=row["list_cost"],
            committed_quantity=row["committed_quantity"],
            committed_effective_cost=row["committed_effective_cost"],
        )
        for row in rows
    }
    key = key_of(newest["x_Provider"], newest["account_id"], newest["ResourceId"])
    where, known = described.get(key, (None, None)) if newest["ResourceId"] else (None, None)
    return Resource(
        provider=newest["x_Provider"],
        account=newest["account_id"],
        id=newest["ResourceId"],
        name=newest["ResourceName"],
        region=newest["RegionId"],
        team=next((row["team"] for row in [newest, *rows] if row["team"]), ""),
        environment=next((row["environment"] for row in [newest, *rows] if row["environment"]), ""),
        currency=newest["BillingCurrency"],
        data_through=newest["data_through"],
        window_days=newest["window_days"],
        meters=meters,
        described=known,
        utilisation=busy.get(where.key if where else key, {}),
    )


def _rows(frame: pl.DataFrame | None, *order: str) -> Iterator[dict[str, Any]]:
    if frame is None or not frame.height:
        return iter(())
    return (frame.sort(*order) if order else frame).iter_rows(named=True)


def _mapping(pairs: Any) -> dict[str, str]:
    """Read a MAP, which polars gives as a list of {key, value}."""
    if isinstance(pairs, Mapping):
        return {str(key): str(value) for key, value in pairs.items()}
    return {pair["key"]: pair["value"] or "" for pair in pairs or ()}
