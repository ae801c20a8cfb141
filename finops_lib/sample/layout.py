"""How does each provider lay its FOCUS 1.2 file out? Columns, types and the encoding of bytes.

Google has lists of labels where FOCUS has Tags, and BigQuery's NUMERIC, which ends at the ninth decimal.
"""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import polars as pl

from finops_lib.periods import BillingPeriod
from finops_lib.sample.charges import MONEY_COLUMNS
from finops_lib.sample.lines import TAG_TYPES
from finops_lib.sample.resources import digest

_FOCUS_1_2 = (
    "AvailabilityZone", "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
    "BillingPeriodEnd", "BillingPeriodStart", "CapacityReservationId", "CapacityReservationStatus", "ChargeCategory",
    "ChargeClass", "ChargeDescription", "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart",
    "CommitmentDiscountCategory", "CommitmentDiscountId", "CommitmentDiscountName", "CommitmentDiscountQuantity",
    "CommitmentDiscountStatus", "CommitmentDiscountType", "CommitmentDiscountUnit", "ConsumedQuantity", "ConsumedUnit",
    "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost",
    "ListUnitPrice", "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice",
    "PricingCurrencyEffectiveCost", "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName",
    "PublisherName", "RegionId", "RegionName", "ResourceId", "ResourceName", "ResourceType", "ServiceCategory",
    "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter", "SkuPriceDetails", "SkuPriceId", "SubAccountId",
    "SubAccountName", "SubAccountType", "Tags",
)  # fmt: skip
_ABSENT = {
    "aws": set[str](),
    "azure": {
        "AvailabilityZone", "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost",
        "PricingCurrencyListUnitPrice",
    },
    "gcp": {"Tags"},
}  # fmt: skip
_OWN = {
    "aws": ("x_Discounts", "x_Operation", "x_ServiceCode"),
    "azure": ("x_ResourceGroupName", "x_SkuMeterCategory", "x_SkuMeterSubcategory"),
    "gcp": (
        "x_CostType",
        "x_Credits",
        "x_ExportTime",
        "x_Labels",
        "x_ProjectLabels",
        "x_ServiceId",
        "x_SystemLabels",
        "x_Tags",
    ),
}
COLUMNS = {
    provider: tuple(name for name in _FOCUS_1_2 if name not in _ABSENT[provider]) + own
    for provider, own in _OWN.items()
}
# What a decimal column can hold: its money, and its quantities and prices.
_SCALES = {"aws": (12, 6), "azure": (12, 6), "gcp": (9, 9)}
_PICO_COLUMNS = (*MONEY_COLUMNS, "CommitmentDiscountQuantity")
_MICRO_COLUMNS = ("quantity", "ListUnitPrice", "ContractedUnitPrice")


def _decimal(name: str, digits: int, scale: int) -> pl.Expr:
    """Turn whole units of the `digits`-th decimal into a decimal of this scale; what it cannot hold is not there."""
    unit = pl.lit(f"0.{'0' * (digits - 1)}1").str.to_decimal(scale=digits)
    precision = 38 if scale == 9 else 28
    return (pl.col(name).cast(pl.Decimal(38, 0)) * unit).cast(pl.Decimal(precision, scale)).alias(name)


def _google_columns() -> list[pl.Expr]:
    credit = pl.struct(
        pl.lit("promo-meridian").alias("Id"),
        pl.col("ChargeDescription").alias("FullName"),
        pl.lit("PROMOTION").alias("Type"),
        pl.col("ChargeDescription").alias("Name"),
        pl.col("BilledCost").alias("Amount"),
    )
    # Taxes, fees and credits have no labels; BigQuery knows no absent list, only an empty one.
    lists = (pl.col(name).fill_null([]) for name in TAG_TYPES["gcp"])
    is_credit = pl.col("ChargeCategory") == "Credit"
    return [*lists, pl.when(is_credit).then(pl.concat_list(credit)).otherwise([]).alias("x_Credits")]


def lay_out(charges: pl.DataFrame, *, provider: str, month: BillingPeriod, invoiced: bool) -> pl.DataFrame:
    """Turn charges (money in trillionths, quantities in millionths) into the columns of the provider's file."""
    billing_accounts = charges["BillingAccountId"].unique().to_list()
    invoices = {account: f"{int(digest(f'{account}/{month}')[:8], 16)}" for account in billing_accounts}
    money_scale, price_scale = _SCALES[provider]
    frame = charges.with_columns(
        *(_decimal(name, 12, money_scale) for name in _PICO_COLUMNS),
        *(_decimal(name, 6, price_scale) for name in _MICRO_COLUMNS),
        pl.lit(month.start).cast(pl.Datetime("us")).alias("BillingPeriodStart"),
        pl.lit(month.end).cast(pl.Datetime("us")).alias("BillingPeriodEnd"),
        (pl.col("BillingAccountId").replace(invoices) if invoiced else pl.lit(None, dtype=pl.String)).alias(
            "InvoiceId"
        ),
        pl.lit("{}").alias("x_Discounts"),
        (pl.col("ChargePeriodEnd") + pl.duration(hours=7)).alias("x_ExportTime"),
    ).with_columns(
        pl.col("quantity").alias("PricingQuantity"),
        pl.col("quantity").alias("ConsumedQuantity"),
        pl.col("ListUnitPrice").alias("PricingCurrencyListUnitPrice"),
        pl.col("ContractedUnitPrice").alias("PricingCurrencyContractedUnitPrice"),
        pl.col("EffectiveCost").alias("PricingCurrencyEffectiveCost"),
    )
    if provider == "aws":
        frame = frame.with_columns(pl.col("Tags").fill_null([]).cast(pl.Map(pl.String(), pl.String())))
    if provider == "gcp":
        # BigQuery knows only instants with a zone, and so do the files it writes.
        frame = frame.with_columns(
            pl.selectors.datetime().cast(pl.Datetime("us", "UTC")),
            *_google_columns(),
        )
    # A column without any value has no type yet.
    return frame.select(COLUMNS[provider]).with_columns(pl.selectors.by_dtype(pl.Null).cast(pl.String))


def write_file(frame: pl.DataFrame, path: Path) -> None:
    """Write one billing file; the same frame always gives the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        frame.write_parquet(path, compression="snappy")
        return
    decimals = pl.selectors.decimal()
    # Exports write 1.5, not 1.500000000000.
    text = frame.with_columns(
        decimals.cast(pl.String).str.strip_chars_end("0").str.strip_chars_end("."),
        pl.selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )
    buffer = io.BytesIO()
    text.write_csv(buffer)
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=1, mtime=0) as packed:
        packed.write(buffer.getbuffer())
