"""Oracle Cloud's own cost report: CSV files of about six hours each, one row per resource, SKU and hour.

Oracle also writes FOCUS files (focus.py reads them); this is the older layout, with columns like `cost/myCost`. Its
names vary in letter case between the years, and tags are columns: `tags/<namespace>.<key>`, `tags/<key>`.

Derived: the billing period is the calendar month (UTC) in which a row's hour begins, since the report names none. The
resource's type is the second word of its OCID. EffectiveCost is BilledCost: what was paid in advance is not in this
report. List prices are not in it either, so ListCost is unknown.

A file may hold late rows and corrections of the month before. A load replaces whole months, so give all files of
both months in one command; with too few of them it is refused as the loss that it would be.
"""

from __future__ import annotations

from collections.abc import Sequence

from finops_lib.quoting import identifier
from finops_lib.sources import DIALECTS, Dialect, mapping
from finops_lib.sources.tag_columns import tags_of

# The report's columns, by the names that oracle_cost.sql calls them.
_COLUMNS = {
    "reference_no": "lineItem/referenceNo",
    "tenant_id": "lineItem/tenantId",
    "interval_start": "lineItem/intervalUsageStart",
    "interval_end": "lineItem/intervalUsageEnd",
    "service": "product/service",
    "compartment_id": "product/compartmentId",
    "compartment_name": "product/compartmentName",
    "region": "product/region",
    "availability_domain": "product/availabilityDomain",
    "resource_id": "product/resourceId",
    "billed_quantity": "usage/billedQuantity",
    "billed_quantity_overage": "usage/billedQuantityOverage",
    "attributed_usage": "usage/attributedUsage",
    "subscription_id": "cost/subscriptionId",
    "product_sku": "cost/productSku",
    "description": "product/Description",
    "unit_price": "cost/unitPrice",
    "unit_price_overage": "cost/unitPriceOverage",
    "my_cost": "cost/myCost",
    "my_cost_overage": "cost/myCostOverage",
    "attributed_cost": "cost/attributedCost",
    "currency_code": "cost/currencyCode",
    "billing_unit": "cost/billingUnitReadable",
    "sku_unit": "cost/skuUnitDescription",
    "overage_flag": "cost/overageFlag",
    "is_correction": "lineItem/isCorrection",
    "backreference_no": "lineItem/backreferenceNo",
}
# The same under the names of other years.
_FORMERLY = {"lineitem/backreference": "backreference_no", "lineitem/backreferencenumber": "backreference_no"}
_TAGS = "tags/"


def recognises(header: Sequence[str]) -> bool:
    """Say whether these are the columns of a cost report; a usage report has no cost and is none."""
    names = {name.lower() for name in header}
    return {"lineitem/intervalusagestart", "cost/mycost"} <= names


def select(header: Sequence[str]) -> str:
    """Give the mapping over a file's columns under fixed names; those that are not there are null."""
    by_name = {column.lower(): name for name, column in _COLUMNS.items()} | _FORMERLY
    found = {by_name[column.lower()]: column for column in header if column.lower() in by_name}
    columns = [
        f"{identifier(found[name]) if name in found else 'cast(null as VARCHAR)'} as {name}" for name in _COLUMNS
    ]
    tags = {column[len(_TAGS) :]: identifier(column) for column in header if column.lower().startswith(_TAGS)}
    others = [name for name in header if name not in found.values() and not name.lower().startswith(_TAGS)]
    kept = [f"{identifier(name)} as {identifier(f'x_{name}')}" for name in others]
    made = ", ".join([*columns, f"{tags_of(tags)} as tags", *kept, "columns('^x_(File|Row)$')"])
    return f"with source as (select {made} from raw) {mapping('oracle_cost')}"


def native(header: Sequence[str]) -> str:
    """Give what Oracle charges: cost/myCost, by the month of the hour."""
    del header
    # A column's name has no letter case in DuckDB.
    month = """cast(("lineItem/intervalUsageStart"[:7] || '-01') as DATE)"""
    amount = """cast("cost/myCost" as DECIMAL(38,18))"""
    return f"""select {month} as month, "cost/currencyCode" as currency, {amount} as billed from raw"""


DIALECTS.register("oracle-cost")(Dialect(version=1, recognises=recognises, select=select, native=native))
