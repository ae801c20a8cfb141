"""What is in the sample estate? One place to look a fleet, a price item or a service up."""

from __future__ import annotations

from finops_lib.sample import catalogue_aws, catalogue_azure, catalogue_gcp
from finops_lib.sample.accounts import ACCOUNT
from finops_lib.sample.records import Fleet, Service, Sku

PROVIDERS = ("aws", "azure", "gcp")

_CATALOGUES = {"aws": catalogue_aws, "azure": catalogue_azure, "gcp": catalogue_gcp}
FLEETS: dict[str, tuple[Fleet, ...]] = {name: module.FLEETS for name, module in _CATALOGUES.items()}
SERVICES: dict[str, dict[str, Service]] = {name: module.SERVICES for name, module in _CATALOGUES.items()}
_SKUS: dict[str, dict[str, Sku]] = {name: module.SKUS for name, module in _CATALOGUES.items()}


def sku_of(fleet: Fleet) -> Sku:
    """Give the price item that a fleet is charged by."""
    return _SKUS[ACCOUNT[fleet.account].provider][fleet.sku]


def service_of(fleet: Fleet) -> Service:
    """Give the service that a fleet belongs to."""
    return SERVICES[ACCOUNT[fleet.account].provider][sku_of(fleet).service]
