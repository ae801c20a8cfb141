"""What is in the sample estate? One place to look a fleet, a price item or a service up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from finops_lib.sample import (
    catalogue_aws,
    catalogue_azure,
    catalogue_gcp,
    planted_aws,
    planted_azure,
    planted_gcp,
)
from finops_lib.sample.accounts import ACCOUNT
from finops_lib.sample.records import Fleet, Service, Sku

PROVIDERS = ("aws", "azure", "gcp")
# What machines come in, in units of 4 cores.
MACHINE_UNITS = (1, 2, 4, 8, 12, 16, 24)

_CATALOGUES = {"aws": catalogue_aws, "azure": catalogue_azure, "gcp": catalogue_gcp}
_PLANTED = {"aws": planted_aws, "azure": planted_azure, "gcp": planted_gcp}
FLEETS: dict[str, tuple[Fleet, ...]] = {
    name: module.FLEETS + _PLANTED[name].FLEETS for name, module in _CATALOGUES.items()
}
SERVICES: dict[str, dict[str, Service]] = {name: module.SERVICES for name, module in _CATALOGUES.items()}
_SKUS: dict[str, dict[str, Sku]] = {name: module.SKUS | _PLANTED[name].SKUS for name, module in _CATALOGUES.items()}


def sku_of(fleet: Fleet) -> Sku:
    """Give the price item that a fleet is charged by."""
    return _SKUS[ACCOUNT[fleet.account].provider][fleet.sku]


def is_sized(sku: Sku) -> bool:
    """Say whether a machine comes in several sizes."""
    return "{" in sku.meter


def sized(sku: Sku, units: int) -> Sku:
    """Give the price item of a machine of `units` x 4 cores; what has no sizes stays as it is."""
    if not is_sized(sku):
        return sku
    price = str(Decimal(sku.price) * units)
    words = {"size": f"{units if units > 1 else ''}xlarge", "cores": units * 4, "price": price}
    return replace(sku, meter=sku.meter.format(**words), description=sku.description.format(**words), price=price)


def priced(fleet: Fleet, sku: str, units: int) -> Sku:
    """Give another price item of the fleet's provider, for a machine of `units` x 4 cores."""
    return sized(_SKUS[ACCOUNT[fleet.account].provider][sku], units or 1)


def service_of(fleet: Fleet) -> Service:
    """Give the service that a fleet belongs to."""
    return SERVICES[ACCOUNT[fleet.account].provider][sku_of(fleet).service]
