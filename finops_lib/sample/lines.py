"""Which lines does one provider's bill have? A line is one slot of a fleet: price, tags, resources."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import polars as pl

from finops_lib.sample.accounts import ACCOUNT, REGION_NAMES
from finops_lib.sample.catalogue import FLEETS, MACHINE_UNITS, is_sized, service_of, sized, sku_of
from finops_lib.sample.commitments import COMMITMENT
from finops_lib.sample.curves import STEADY, Calendar, Curve, plan_curve, stream
from finops_lib.sample.records import Account, Fleet, Sku
from finops_lib.sample.resources import digest, resource_group, resource_id
from finops_lib.sample.tags import UNTAGGED, Tagging, google_lists, tags_text, write_tags

MICRO = 1_000_000
HOURS = 24
# With purchases, tax and support beside it, a fifth of the money ends up without a tag.
UNTAGGED_SHARE = 0.17
EUR_PER_USD = Decimal("0.93")
PROVIDER_NAMES = {"aws": "AWS", "azure": "Microsoft", "gcp": "Google Cloud"}
ISSUERS = {"aws": "Amazon Web Services, Inc.", "azure": "Microsoft", "gcp": "Google Cloud"}
ACCOUNT_TYPES = {
    "aws": ("Management Account", "Member Account"),
    "azure": ("Billing Account", "Subscription"),
    "gcp": ("Billing Account", "Project"),
}


_GOOGLE_PAIR = pl.List(pl.Struct({"Key": pl.String(), "Value": pl.String()}))
_GOOGLE_TAG = {"Key": pl.String(), "Value": pl.String(), "x_Inherited": pl.Boolean(), "x_Namespace": pl.String()}
# The columns in which a provider writes tags.
TAG_TYPES: dict[str, dict[str, pl.DataType]] = {
    "aws": {"Tags": pl.List(pl.Struct({"key": pl.String(), "value": pl.String()}))},
    "azure": {"Tags": pl.String()},
    "gcp": {
        "x_Labels": _GOOGLE_PAIR,
        "x_ProjectLabels": _GOOGLE_PAIR,
        "x_SystemLabels": _GOOGLE_PAIR,
        "x_Tags": pl.List(pl.Struct(_GOOGLE_TAG)),
    },
}


@dataclass(frozen=True, slots=True)
class Prices:
    """Unit prices in millionths; `effective` spreads a commitment's money over its use."""

    list: int
    contracted: int
    billed: int
    effective: int


@dataclass(frozen=True, slots=True)
class Line:
    """One slot of a fleet; `weight` is its share of the fleet's money."""

    fleet: Fleet
    slot: int
    weight: float
    tagging: Tagging
    first_resource: int
    resources: int

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """All tags: the owner's, and those of the provider or a tool."""
        return self.tagging.pairs + self.fleet.tags


@dataclass(frozen=True, slots=True)
class Bill:
    """Everything about one provider's bill that does not depend on the day.

    Args:
        texts: one row per line, the FOCUS columns that never change.
        resources: ResourceId, ResourceName and ResourceIdOther (the same id in another letter case).
        skus: the price item of each line.
        money: fleet x day, effective cost; `extra`: what the first slot of each fleet costs on top.
        left: line x day, the share of a line's money that is there; None = all of it (remedies.py).
        drawn: of how many lines the noise is drawn; the later ones only replace others.
        added: event name -> money per day that the event added, in the account's currency.
    """

    provider: str
    lines: tuple[Line, ...]
    texts: pl.DataFrame
    resources: pl.DataFrame
    prices: tuple[Prices, ...]
    skus: tuple[Sku, ...]
    money: np.ndarray
    extra: np.ndarray
    added: dict[str, np.ndarray]
    drawn: int
    left: np.ndarray | None = None


def prices_of(fleet: Fleet, sku: Sku) -> Prices:
    """Work out the four unit prices of a fleet in its account's currency."""
    account = ACCOUNT[fleet.account]
    price = Decimal(sku.price) * (EUR_PER_USD if account.currency == "EUR" else 1)
    listed = _micros(price)
    contracted = _micros(price * (100 - sku.discount) / 100)
    if fleet.commitment:
        return Prices(listed, contracted, 0, _micros(price * (100 - COMMITMENT[fleet.commitment].discount) / 100))
    return Prices(listed, contracted, contracted, contracted)


def _micros(price: Decimal) -> int:
    return int((price * MICRO).to_integral_value(ROUND_HALF_EVEN))


def slots_of(fleet: Fleet, size: float) -> int:
    """Say how many slots a fleet has in an estate `size` times the default."""
    return max(1, round(fleet.slots * size)) if fleet.grows else fleet.slots


def stem_of(fleet: Fleet) -> str:
    """Name the resources of a fleet; the name gives no label away."""
    stem = fleet.group or fleet.name
    for prefix in ("waste-", "aws-", "az-", "gcp-"):
        stem = stem.removeprefix(prefix)
    return stem


def build_bill(provider: str, *, calendar: Calendar, seed: int, size: float) -> Bill:
    """Lay out the lines, resources and money plan of one provider's bill."""
    fleets = FLEETS[provider]
    covered = {
        f.commitment: sum(o.slots for o in fleets if o.commitment == f.commitment) for f in fleets if f.commitment
    }
    known = calendar.index(0) + 1
    curves: list[Curve] = []
    skus: dict[str, Sku] = {}
    for fleet in fleets:
        share = fleet.slots / covered[fleet.commitment] if fleet.commitment else 1.0
        sku = sized(sku_of(fleet), fleet.units or 1)
        price = prices_of(fleet, sku).effective / MICRO
        slots = slots_of(fleet, size)
        curve = plan_curve(fleet, calendar=calendar, seed=seed, share=share, clock_price=price, slots=slots)
        if not fleet.units:
            # An hour has an hour: the machine must be large enough for its slot's dearest day, wobble included.
            peak = float(curve.fleet_total[:known].max()) / slots * 1.5 / (HOURS * price)
            sku = sized(sku_of(fleet), next((n for n in MACHINE_UNITS if n >= peak), MACHINE_UNITS[-1]))
        curves.append(curve)
        skus[fleet.name] = sku
    money = np.stack([curve.fleet_total for curve in curves])
    extra = np.stack([curve.first_slot_extra for curve in curves])
    added: dict[str, np.ndarray] = {}
    for curve in curves:
        for name, gain in curve.added.items():
            added[name] = added.get(name, np.zeros_like(gain)) + gain
    weights = [_weights(fleet, slots_of(fleet, size), seed) for fleet in fleets]
    taggings = _tag(fleets, weights, money[:, :known].sum(axis=1), seed)
    lines, resources = _lines(_dated(fleets, calendar), weights, taggings, len(calendar.days))
    texts = line_texts(provider, [(line, skus[line.fleet.name]) for line in lines])
    return Bill(
        provider,
        lines,
        texts,
        pl.DataFrame(resources, schema=["ResourceId", "ResourceName", "ResourceIdOther"], orient="row"),
        tuple(prices_of(line.fleet, skus[line.fleet.name]) for line in lines),
        tuple(skus[line.fleet.name] for line in lines),
        money,
        extra,
        added,
        len(lines),
    )


def _dated(fleets: tuple[Fleet, ...], calendar: Calendar) -> tuple[Fleet, ...]:
    """Write the dates into the tags that name one by its distance from the anchor."""
    day = str(calendar.anchor + timedelta(days=60))
    return tuple(
        replace(fleet, tags=tuple((key, value.replace("{as_of+60}", day)) for key, value in fleet.tags))
        if fleet.tags
        else fleet
        for fleet in fleets
    )


def line_texts(provider: str, lines: list[tuple[Line, Sku]]) -> pl.DataFrame:
    """Write the columns of some lines that never change, a row each."""
    return pl.DataFrame(
        [_texts(line, sku) for line, sku in lines], schema_overrides=TAG_TYPES[provider], infer_schema_length=None
    )


def _weights(fleet: Fleet, slots: int, seed: int) -> np.ndarray:
    if fleet.shape in STEADY - {"constant"} or fleet.commitment or slots == 1:
        return np.full(slots, 1 / slots)
    # Machines of one fleet are alike; buckets and tables are not.
    raw = stream(seed, "weights", fleet.name).lognormal(0, 0.06 if is_sized(sku_of(fleet)) else 0.5, slots)
    result: np.ndarray = raw / raw.sum()
    return result


def _tag(
    fleets: tuple[Fleet, ...], weights: list[np.ndarray], totals: np.ndarray, seed: int
) -> dict[tuple[str, str, int], Tagging]:
    """Tag what can be tagged, but for the share of the money that nobody tagged."""
    worth: dict[tuple[str, str, int], float] = {}
    owners: dict[tuple[str, str, int], Fleet] = {}
    bare = 0.0
    for fleet, split, total in zip(fleets, weights, totals, strict=True):
        if not sku_of(fleet).resource:
            bare += total
            continue
        for slot, weight in enumerate(split):
            key = (fleet.account, stem_of(fleet), slot)
            worth[key] = worth.get(key, 0.0) + total * weight
            owners.setdefault(key, fleet)
    room = totals.sum() * UNTAGGED_SHARE - bare
    result: dict[tuple[str, str, int], Tagging] = {}
    for key in sorted(worth, key=lambda key: digest(f"{seed}/{key}")):
        if worth[key] <= room:
            room -= worth[key]
            result[key] = UNTAGGED
            continue
        fleet = owners[key]
        account = ACCOUNT[fleet.account]
        rng = stream(seed, "tags", *key[:2], str(key[2]))
        result[key] = write_tags(account, fleet.owner or account.owner, f"{key[1]}-{key[2] + 1:02d}", rng)
    return result


def _lines(
    fleets: tuple[Fleet, ...], weights: list[np.ndarray], taggings: dict[tuple[str, str, int], Tagging], days: int
) -> tuple[tuple[Line, ...], list[tuple[str | None, str | None, str | None]]]:
    lines: list[Line] = []
    # Number 0 is "no resource".
    resources: list[tuple[str | None, str | None, str | None]] = [(None, None, None)]
    for fleet, split in zip(fleets, weights, strict=True):
        kind, account = sku_of(fleet).resource, ACCOUNT[fleet.account]
        for slot, weight in enumerate(split):
            if not kind:
                lines.append(Line(fleet, slot, float(weight), UNTAGGED, 0, 1))
                continue
            name = f"{stem_of(fleet)}-{slot + 1:02d}"
            # Slots do not replace their resources on the same day, hence the phase.
            count = (days + _phase(slot, fleet.life)) // fleet.life + 1 if fleet.life else 1
            lines.append(
                Line(fleet, slot, float(weight), taggings[fleet.account, stem_of(fleet), slot], len(resources), count)
            )
            for generation in range(count):
                full = f"{name}-{generation:03d}" if fleet.life else name
                text = resource_id(account, kind, full)
                resources.append((text, full, text.lower()))
    return tuple(lines), resources


def _phase(slot: int, life: int) -> int:
    return (slot * 7) % life if life else 0


def resource_on(line: Line, days: np.ndarray) -> np.ndarray:
    """Give the number of the resource in this line's slot on each of the days (positions in the calendar)."""
    if not line.fleet.life:
        return np.full(len(days), line.first_resource)
    result: np.ndarray = line.first_resource + (days + _phase(line.slot, line.fleet.life)) // line.fleet.life
    return result


def account_texts(account: Account) -> dict[str, object]:
    """Give the columns that say whose bill and whose account it is."""
    provider = account.provider
    payer_type, member_type = ACCOUNT_TYPES[provider]
    return {
        "BillingAccountId": account.billing_account_id,
        "BillingAccountName": account.billing_account_name,
        "BillingAccountType": payer_type,
        "BillingCurrency": account.currency,
        "InvoiceIssuerName": ISSUERS[provider],
        "PricingCurrency": account.currency,
        "ProviderName": PROVIDER_NAMES[provider],
        "PublisherName": PROVIDER_NAMES[provider],
        "SubAccountId": account.id,
        "SubAccountName": account.name,
        "SubAccountType": member_type,
    }


def _tag_columns(account: Account, line: Line, sku: Sku) -> dict[str, object]:
    if account.provider == "aws":
        # What is not the provider's own is a user's, whoever wrote it.
        own = ((key if key.startswith("aws:") else f"user:{key}", value) for key, value in line.fleet.tags)
        return {"Tags": [{"key": key, "value": value} for key, value in (*line.tagging.pairs, *own)]}
    if account.provider == "azure":
        return {"Tags": tags_text(line.pairs)}
    machine = sku.meter.partition(" ")[0].lower() if sku.resource == "gce" else ""
    return {**google_lists(account, line.pairs, machine=machine, folder_pays=line.slot % 2 == 1)}


def _texts(line: Line, sku: Sku) -> dict[str, object]:
    fleet = line.fleet
    account, service = ACCOUNT[fleet.account], service_of(fleet)
    # Windows has the meter of Linux, and a price of its own.
    system = sku.operation.partition(":000")[2] and sku.operation
    mark = digest(f"{service.name}/{sku.meter}{system}").upper()
    zoned = sku.resource in {"instance", "volume", "gce", "pd"}
    size = sku.meter.partition(":")[2]
    texts = account_texts(account) | {
        "AvailabilityZone": f"{account.region}{'abc'[line.slot % 3] if account.provider == 'aws' else '-b'}"
        if zoned
        else None,
        "CapacityReservationStatus": "Unused" if sku.resource == "capacity" else None,
        "ChargeCategory": "Usage",
        "ChargeDescription": sku.description,
        "ChargeFrequency": "Usage-Based",
        "ConsumedUnit": sku.unit,
        "PricingCategory": "Committed" if fleet.commitment else sku.pricing_category,
        "PricingUnit": sku.unit,
        "RegionId": account.region,
        "RegionName": REGION_NAMES[account.region],
        "ResourceType": sku.resource_type or None,
        "ServiceCategory": service.category,
        "ServiceName": service.name,
        "ServiceSubcategory": service.subcategory,
        "SkuId": mark[:16],
        "SkuMeter": sku.meter,
        "SkuPriceDetails": json.dumps({"x_InstanceType": size, "OperatingSystem": "Windows" if system else "Linux"})
        if sku.resource == "instance"
        else None,
        "SkuPriceId": f"{mark[:16]}.{mark[16:26]}",
        **_tag_columns(account, line, sku),
        "CommitmentDiscountCategory": None,
        "CommitmentDiscountId": None,
        "CommitmentDiscountName": None,
        "CommitmentDiscountStatus": None,
        "CommitmentDiscountType": None,
        "CommitmentDiscountUnit": None,
        "x_Operation": sku.operation or None,
        "x_ServiceCode": service.code,
        "x_SkuMeterCategory": service.code,
        "x_SkuMeterSubcategory": sku.description.partition(" - ")[0],
        "x_ResourceGroupName": resource_group(account, sku.resource) if sku.resource else None,
        "x_ServiceId": service.code,
        "x_CostType": "regular",
    }
    if fleet.commitment:
        commitment = COMMITMENT[fleet.commitment]
        texts |= {
            "CommitmentDiscountCategory": commitment.category,
            "CommitmentDiscountId": commitment.id,
            "CommitmentDiscountName": commitment.name,
            "CommitmentDiscountStatus": "Used",
            "CommitmentDiscountType": commitment.kind,
            "CommitmentDiscountUnit": commitment.unit,
        }
    return texts
