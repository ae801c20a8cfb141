"""How would AWS write the same charges in its older reports? As line items, CUR 2.0 and legacy CUR.

The other way round than `sources/aws_cur.sql` reads them, and written apart from it: what is covered by a Savings Plan
stands at its price without the plan and is negated again, what is not used of a commitment stands in its fee.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import polars as pl

_ZERO = pl.lit(0).cast(pl.Decimal(38, 12))
# Line item column <- FOCUS column.
_PLAIN = {
    "bill_billing_period_end_date": "BillingPeriodEnd",
    "bill_billing_period_start_date": "BillingPeriodStart",
    "bill_invoice_id": "InvoiceId",
    "bill_invoicing_entity": "InvoiceIssuerName",
    "bill_payer_account_id": "BillingAccountId",
    "bill_payer_account_name": "BillingAccountName",
    "line_item_availability_zone": "AvailabilityZone",
    "line_item_currency_code": "BillingCurrency",
    "line_item_line_item_description": "ChargeDescription",
    "line_item_operation": "x_Operation",
    "line_item_product_code": "x_ServiceCode",
    "line_item_resource_id": "ResourceId",
    "line_item_unblended_rate": "ContractedUnitPrice",
    "line_item_usage_account_id": "SubAccountId",
    "line_item_usage_account_name": "SubAccountName",
    "line_item_usage_amount": "PricingQuantity",
    "line_item_usage_end_date": "ChargePeriodEnd",
    "line_item_usage_start_date": "ChargePeriodStart",
    "line_item_usage_type": "SkuMeter",
    "pricing_currency": "PricingCurrency",
    "pricing_public_on_demand_cost": "ListCost",
    "pricing_public_on_demand_rate": "ListUnitPrice",
    "pricing_rate_code": "SkuPriceId",
    "pricing_unit": "PricingUnit",
    "product_region_code": "RegionId",
    "product_sku": "SkuId",
}
# Where the words of legacy names end, beyond the underscores of CUR 2.0.
_CATEGORIES = {
    "bill": "bill", "line_item": "lineItem", "pricing": "pricing", "product": "product", "reservation": "reservation",
    "savings_plan": "savingsPlan",
}  # fmt: skip
_ODD = {
    "reservation_reservation_a_r_n": "reservation/ReservationARN",
    "savings_plan_savings_plan_a_r_n": "savingsPlan/SavingsPlanARN",
    "product_region_code": "product/regionCode",
    "product_sku": "product/sku",
    "pricing_public_on_demand_cost": "pricing/publicOnDemandCost",
    "pricing_public_on_demand_rate": "pricing/publicOnDemandRate",
    "pricing_currency": "pricing/currency",
    "pricing_unit": "pricing/unit",
}


def line_items(charges: pl.DataFrame) -> pl.DataFrame:
    """Turn charges in AWS's FOCUS columns into line items of CUR 2.0; amounts are decimals, maps are maps."""
    is_plan = pl.col("CommitmentDiscountCategory") == "Spend"
    is_reservation = pl.col("CommitmentDiscountCategory") == "Usage"
    status, category = pl.col("CommitmentDiscountStatus"), pl.col("ChargeCategory")
    type_ = (
        pl.when(is_plan & (status == "Used"))
        .then(pl.lit("SavingsPlanCoveredUsage"))
        .when(is_plan)
        .then(pl.lit("SavingsPlanRecurringFee"))
        .when(status == "Used")
        .then(pl.lit("DiscountedUsage"))
        .when(is_reservation & ((status == "Unused") | (pl.col("ChargeFrequency") == "Recurring")))
        .then(pl.lit("RIFee"))
        .when(category == "Purchase")
        .then(pl.lit("Fee"))
        .when(pl.col("ChargeDescription").str.starts_with("Refund"))
        .then(pl.lit("Refund"))
        .otherwise(category)
    )
    effective, type_is = pl.col("EffectiveCost"), pl.col("line_item_line_item_type").eq
    unused = pl.when(status == "Unused").then(effective).otherwise(_ZERO)
    billed = pl.when(type_is("SavingsPlanCoveredUsage")).then(pl.col("ContractedCost")).otherwise(pl.col("BilledCost"))
    amounts = {
        "line_item_unblended_cost": billed,
        "reservation_effective_cost": pl.when(type_is("DiscountedUsage")).then(effective),
        "reservation_unused_recurring_fee": pl.when(type_is("RIFee")).then(unused),
        "savings_plan_savings_plan_effective_cost": pl.when(type_is("SavingsPlanCoveredUsage")).then(effective),
        "savings_plan_total_commitment_to_date": pl.when(type_is("SavingsPlanRecurringFee")).then(unused),
        "savings_plan_used_commitment": pl.when(type_is("SavingsPlanRecurringFee")).then(_ZERO),
    }
    commitment = pl.col("CommitmentDiscountId")
    items = charges.with_columns(type_.alias("line_item_line_item_type")).select(
        "line_item_line_item_type",
        *(pl.col(focus).alias(name) for name, focus in _PLAIN.items()),
        *(amount.alias(name) for name, amount in amounts.items()),
        pl.when(is_plan).then(commitment).alias("savings_plan_savings_plan_a_r_n"),
        pl.when(is_reservation).then(commitment).alias("reservation_reservation_a_r_n"),
        pl.col("ServiceName").alias("product_product_name"),
        pl.col("Tags").alias("resource_tags"),
    )
    negations = items.filter(type_is("SavingsPlanCoveredUsage")).with_columns(
        pl.lit("SavingsPlanNegation").alias("line_item_line_item_type"),
        -pl.col("line_item_unblended_cost"),
        pl.lit(None, dtype=items.schema["savings_plan_savings_plan_effective_cost"]).alias(
            "savings_plan_savings_plan_effective_cost"
        ),
    )
    return pl.concat([items, negations])


def as_cur2_parquet(items: pl.DataFrame) -> pl.DataFrame:
    """Give line items as CUR 2.0 has them in Parquet: binary floats, and a map of product attributes."""
    pairs = pl.struct(pl.lit("product_name").alias("key"), pl.col("product_product_name").alias("value"))
    text_map = pl.Map(pl.String(), pl.String())
    return items.with_columns(
        pl.selectors.decimal().cast(pl.Float64), pl.concat_list(pairs).cast(text_map).alias("product")
    ).drop("product_product_name")


def as_cur2_csv(items: pl.DataFrame) -> pl.DataFrame:
    """Give line items as CUR 2.0 has them in CSV: maps as JSON text, tags under AWS's keys for them."""
    tags = [
        json.dumps({key.replace("user:", "user_", 1): value for key, value in pairs.items()}, ensure_ascii=False)
        for pairs in _tags(items)
    ]
    names = [json.dumps({"product_name": name}) for name in items["product_product_name"]]
    return items.with_columns(pl.Series("resource_tags", tags), pl.Series("product", names)).drop(
        "product_product_name"
    )


def as_legacy(items: pl.DataFrame) -> pl.DataFrame:
    """Give line items as the legacy report has them in CSV: names with slashes, and a column per tag."""
    tags = _tags(items)
    keys = sorted({key for pairs in tags for key in pairs})
    columns = [pl.Series(f"resourceTags/{key}", [pairs.get(key) for pairs in tags], dtype=pl.String) for key in keys]
    return items.drop("resource_tags").rename(_legacy_name).with_columns(columns)


def _tags(items: pl.DataFrame) -> Sequence[dict[str, str]]:
    entries = items["resource_tags"].cast(pl.List(pl.Struct({"key": pl.String, "value": pl.String})))
    return [{entry["key"]: entry["value"] for entry in row or ()} for row in entries.to_list()]


def _legacy_name(name: str) -> str:
    if name in _ODD:
        return _ODD[name]
    category = next(category for category in _CATEGORIES if name.startswith(f"{category}_"))
    words = name.removeprefix(f"{category}_").split("_")
    return f"{_CATEGORIES[category]}/{''.join(word.capitalize() for word in words)}"
