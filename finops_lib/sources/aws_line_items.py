"""The line items of AWS's own reports in one fixed set of columns, `source`, whatever report they came from.

AWS writes the same line items as legacy Cost and Usage Report (aws_cur.py) and as CUR 2.0 (aws_cur2.py), with other
names and other places for tags. Both are brought to the columns below, all of them text; columns that a report lacks
are null. What they mean in FOCUS is in aws_cur.sql, once for both.

A binary float of a Parquet file becomes the shortest text that stands for it: that is the amount that AWS wrote down.

Net columns are there only for accounts with negotiated discounts. Then they are what is charged, and a discount's own
line item is nothing of itself, since it is in the others already. A line item without a net cost is charged as it
stands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from finops_lib.errors import DataError
from finops_lib.quoting import identifier, literal
from finops_lib.sources import mapping
from finops_lib.sources.conform import exact

_REQUIRED = (
    "bill_billing_period_start_date",
    "bill_billing_period_end_date",
    "line_item_currency_code",
    "line_item_line_item_type",
    "line_item_unblended_cost",
    "line_item_usage_start_date",
    "line_item_usage_end_date",
)
_OPTIONAL = (
    "bill_bill_type",
    "bill_billing_entity",
    "bill_invoice_id",
    "bill_invoicing_entity",
    "bill_payer_account_id",
    "bill_payer_account_name",
    "line_item_availability_zone",
    "line_item_legal_entity",
    "line_item_line_item_description",
    "line_item_net_unblended_cost",
    "line_item_net_unblended_rate",
    "line_item_operation",
    "line_item_product_code",
    "line_item_resource_id",
    "line_item_tax_type",
    "line_item_unblended_rate",
    "line_item_usage_account_id",
    "line_item_usage_account_name",
    "line_item_usage_amount",
    "line_item_usage_type",
    "pricing_currency",
    "pricing_public_on_demand_cost",
    "pricing_public_on_demand_rate",
    "pricing_rate_code",
    "pricing_unit",
    "product_instance_family",
    "product_instance_type",
    "product_location",
    "product_location_type",
    "product_product_family",
    "product_product_name",
    "product_region",
    "product_region_code",
    "product_sku",
    "reservation_effective_cost",
    "reservation_net_effective_cost",
    "reservation_reservation_a_r_n",
    "reservation_unused_quantity",
    "savings_plan_net_savings_plan_effective_cost",
    "savings_plan_offering_type",
    "savings_plan_savings_plan_a_r_n",
    "savings_plan_savings_plan_effective_cost",
)
# Amounts that are added up: numbers instead of text, 0 where there is none, null where the text is no number.
_ADDED = (
    "reservation_net_unused_amortized_upfront_fee_for_billing_period",
    "reservation_net_unused_recurring_fee",
    "reservation_unused_amortized_upfront_fee_for_billing_period",
    "reservation_unused_recurring_fee",
    "savings_plan_total_commitment_to_date",
    "savings_plan_used_commitment",
)
_ABSENT = "cast(null as VARCHAR)"
_ANCHORS = ("line_item_line_item_type", "line_item_unblended_cost")
_DISCOUNTS = (
    "BundledDiscount",
    "Discount",
    "DistributorDiscount",
    "EdpDiscount",
    "PrivateRateDiscount",
    "RiVolumeDiscount",
    "SppDiscount",
)
# What is true of every charge that aws_cur.sql makes.
CLAIMS = {
    "a commitment is paid by its fee and comes back in the usage it covers": (
        "ChargeCategory = 'Purchase' and CommitmentDiscountId is not null and EffectiveCost <> 0"
    ),
    "what is not used of a commitment bills nothing": "CommitmentDiscountStatus = 'Unused' and BilledCost <> 0",
    "usage that is covered says by which commitment": (
        "CommitmentDiscountStatus is not null and CommitmentDiscountId is null"
    ),
}


def plain_name(name: str) -> str:
    """Give a column's name as Parquet reports and CUR 2.0 have it: `savingsPlan/UsedCommitment` -> savings_plan_...

    Source: AWS CUR user guide, "Data dictionary"; each capital letter begins a word (ARN -> a_r_n).
    """
    parts = (re.sub(r"(?<!^)(?=[A-Z])", "_", part).lower() for part in name.split("/"))
    return re.sub("_+", "_", re.sub("[^a-z0-9]", "_", "_".join(parts)))


def is_report(header: Sequence[str]) -> bool:
    """Are these columns of a report of line items, by whichever names?"""
    names = {plain_name(name) for name in header}
    return all(anchor in names for anchor in _ANCHORS)


def select(header: Sequence[str], *, texts: Mapping[str, str], pairs: Mapping[str, str]) -> str:
    """Give the mapping of a report to FOCUS columns.

    Args:
        texts: plain name -> expression over `raw`, for columns that are not simply called so.
        pairs: `resource_tags`, `cost_category`, `discount` -> expression: JSON text or a map.
    Raises:
        DataError: a column that no charge can be without is not in the report.
    """
    services = mapping("aws_services")
    ctes = f"source as not materialized ({_source(header, texts, pairs)}), services as ({services})"
    return f"with {ctes} select * from ({mapping('aws_cur')})"


def native(header: Sequence[str], *, texts: Mapping[str, str], pairs: Mapping[str, str]) -> str:
    """Give what AWS charges: the cost of every line item, Savings Plan negations included."""
    month = "cast(date_trunc('month', try_cast(left(bill_billing_period_start_date, 19) as TIMESTAMP)) as DATE)"
    columns = f"{month} as month, line_item_currency_code as currency, charged_exactly as billed"
    return f"select {columns} from ({_source(header, texts, pairs)})"


def json_text(name: str) -> str:
    """Give a map as JSON text, whether it is nested or text already; the type is not known before the file is read."""
    column = identifier(name)
    nested = f"cast(to_json({column}) as VARCHAR)"
    return f"nullif(case when typeof({column}) = 'VARCHAR' then cast({column} as VARCHAR) else {nested} end, '{{}}')"


def pairs_of(columns: Iterable[tuple[str, str]]) -> str:
    """Give the map of (key, column name) pairs that have a value; null where none has."""
    entries = ", ".join(f"{{'k': {literal(key)}, 'v': cast({identifier(name)} as VARCHAR)}}" for key, name in columns)
    given = f"list_filter([{entries}], lambda p: p.v is not null)"
    return f"case when len({given}) > 0 then map_from_entries({given}) end"


def _source(header: Sequence[str], texts: Mapping[str, str], pairs: Mapping[str, str]) -> str:
    found = {plain_name(name): f"cast({identifier(name)} as VARCHAR)" for name in header} | dict(texts)
    missing = [name for name in _REQUIRED if name not in found]
    if missing:
        raise DataError(
            f"a Cost and Usage Report without {', '.join(missing)}",
            next_step="create the export with these columns, and have it delivered again",
            columns=missing,
        )
    columns = {name: found.get(name, _ABSENT) for name in (*_REQUIRED, *_OPTIONAL)}
    for name in _ADDED:
        text = found.get(name)
        columns[name] = (
            "cast(0 as DECIMAL(38,18))" if text is None else f"case when {text} is null then 0 else {exact(text)} end"
        )
    charged = _charged(columns)
    columns |= {"charged": charged, "charged_exactly": exact(charged)}
    columns |= {name: pairs.get(name, _ABSENT) for name in ("resource_tags", "cost_category", "discount")}
    listed = ", ".join(f"{expression} as {name}" for name, expression in columns.items())
    return f"select {listed}, columns('^x_(File|Row)$') from raw"


def _charged(columns: Mapping[str, str]) -> str:
    """Give the text of what a line item costs."""
    plain, net = columns["line_item_unblended_cost"], columns["line_item_net_unblended_cost"]
    if net == _ABSENT:
        return plain
    discounts = ", ".join(map(literal, _DISCOUNTS))
    return (
        f"coalesce({net}, case when {columns['line_item_line_item_type']} in ({discounts}) then '0' else {plain} end)"
    )
