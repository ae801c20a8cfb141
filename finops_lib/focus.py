"""FOCUS column names, categories and DuckDB types; nothing else knows them.

Source: FOCUS 1.4, datasets Cost and Usage and Invoice Detail (focus.finops.org). Our own columns carry the prefix
`x_`, as FOCUS asks.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

MONEY = "DECIMAL(28,12)"
QUANTITY = "DECIMAL(38,18)"
INSTANT = "TIMESTAMP"  # always UTC; without a zone, so that a cast to DATE gives the UTC day in every session
TEXT = "VARCHAR"
PAIRS = "MAP(VARCHAR, VARCHAR)"

Level = Literal["mandatory", "conditional", "recommended", "own"]


class Column(NamedTuple):
    """A column of the table `cost`; `since` is the FOCUS version that brought it."""

    name: str
    type: str
    level: Level
    nullable: bool
    since: str


FOCUS_COLUMNS = (
    Column("AllocatedMethodDetails", TEXT, "recommended", True, "1.3"),
    Column("AllocatedMethodId", TEXT, "conditional", True, "1.3"),
    Column("AllocatedResourceId", TEXT, "conditional", True, "1.3"),
    Column("AllocatedResourceName", TEXT, "conditional", True, "1.3"),
    Column("AllocatedTags", PAIRS, "conditional", True, "1.3"),
    Column("AvailabilityZone", TEXT, "recommended", True, "0.5"),
    Column("BilledCost", MONEY, "mandatory", False, "0.5"),
    Column("BillingAccountId", TEXT, "mandatory", False, "0.5"),
    Column("BillingAccountName", TEXT, "mandatory", True, "0.5"),
    Column("BillingAccountType", TEXT, "conditional", False, "1.2"),
    Column("BillingCurrency", TEXT, "mandatory", False, "0.5"),
    Column("BillingPeriodEnd", INSTANT, "mandatory", False, "0.5"),
    Column("BillingPeriodStart", INSTANT, "mandatory", False, "0.5"),
    Column("CapacityReservationId", TEXT, "conditional", True, "1.1"),
    Column("CapacityReservationStatus", TEXT, "conditional", True, "1.1"),
    Column("ChargeCategory", TEXT, "mandatory", False, "0.5"),
    Column("ChargeClass", TEXT, "mandatory", True, "1.0"),
    Column("ChargeDescription", TEXT, "mandatory", True, "1.0"),
    Column("ChargeFrequency", TEXT, "recommended", False, "1.0"),
    Column("ChargePeriodEnd", INSTANT, "mandatory", False, "0.5"),
    Column("ChargePeriodStart", INSTANT, "mandatory", False, "0.5"),
    Column("CommitmentDiscountCategory", TEXT, "conditional", True, "1.0"),
    Column("CommitmentDiscountId", TEXT, "conditional", True, "1.0"),
    Column("CommitmentDiscountName", TEXT, "conditional", True, "1.0"),
    Column("CommitmentDiscountQuantity", QUANTITY, "conditional", True, "1.1"),
    Column("CommitmentDiscountStatus", TEXT, "conditional", True, "1.0"),
    Column("CommitmentDiscountType", TEXT, "conditional", True, "1.0"),
    Column("CommitmentDiscountUnit", TEXT, "conditional", True, "1.1"),
    Column("CommitmentProgramEligibilityDetails", TEXT, "conditional", True, "1.4"),
    Column("ConsumedQuantity", QUANTITY, "conditional", True, "1.0"),
    Column("ConsumedUnit", TEXT, "conditional", True, "1.0"),
    Column("ContractApplied", TEXT, "conditional", True, "1.3"),
    Column("ContractedCost", MONEY, "mandatory", False, "1.0"),
    Column("ContractedUnitPrice", QUANTITY, "conditional", True, "1.0"),
    Column("EffectiveCost", MONEY, "mandatory", False, "0.5"),
    Column("HostProviderName", TEXT, "mandatory", True, "1.3"),
    Column("InvoiceDetailId", TEXT, "conditional", True, "1.4"),
    Column("InvoiceId", TEXT, "conditional", True, "1.2"),
    Column("InvoiceIssuerName", TEXT, "mandatory", False, "0.5"),
    Column("ListCost", MONEY, "mandatory", False, "1.0"),
    Column("ListUnitPrice", QUANTITY, "conditional", True, "1.0"),
    Column("PricingCategory", TEXT, "conditional", True, "1.0"),
    Column("PricingCurrency", TEXT, "conditional", False, "1.2"),
    Column("PricingCurrencyContractedUnitPrice", QUANTITY, "conditional", True, "1.2"),
    Column("PricingCurrencyEffectiveCost", MONEY, "conditional", False, "1.2"),
    Column("PricingCurrencyListUnitPrice", QUANTITY, "conditional", True, "1.2"),
    Column("PricingQuantity", QUANTITY, "mandatory", True, "1.0"),
    Column("PricingUnit", TEXT, "mandatory", True, "1.0"),
    Column("RegionId", TEXT, "conditional", True, "1.0"),
    Column("RegionName", TEXT, "conditional", True, "1.0"),
    Column("ResourceId", TEXT, "conditional", True, "0.5"),
    Column("ResourceName", TEXT, "conditional", True, "0.5"),
    Column("ResourceType", TEXT, "conditional", True, "1.0"),
    Column("ServiceCategory", TEXT, "mandatory", False, "0.5"),
    Column("ServiceName", TEXT, "mandatory", False, "0.5"),
    Column("ServiceProviderName", TEXT, "mandatory", False, "1.3"),
    Column("ServiceSubcategory", TEXT, "recommended", False, "1.1"),
    Column("SkuId", TEXT, "conditional", True, "1.0"),
    Column("SkuMeter", TEXT, "conditional", True, "1.1"),
    Column("SkuPriceDetails", TEXT, "conditional", True, "1.1"),
    Column("SkuPriceId", TEXT, "conditional", True, "1.0"),
    Column("SubAccountId", TEXT, "conditional", True, "0.5"),
    Column("SubAccountName", TEXT, "conditional", True, "0.5"),
    Column("SubAccountType", TEXT, "conditional", True, "1.2"),
    Column("Tags", PAIRS, "conditional", True, "1.0"),
)

OWN_COLUMNS = (
    Column("x_Provider", TEXT, "own", False, ""),
    Column("x_SourceId", TEXT, "own", False, ""),
    Column("x_BillingMonth", "DATE", "own", False, ""),
    Column("x_LoadId", TEXT, "own", False, ""),
    Column("x_Organization", TEXT, "own", True, ""),
    Column("x_Project", TEXT, "own", True, ""),
    Column("x_Team", TEXT, "own", True, ""),
    Column("x_Environment", TEXT, "own", True, ""),
    Column("x_CostCenter", TEXT, "own", True, ""),
    Column("x_AllocationRule", TEXT, "own", True, ""),  # JSON: dimension -> rule id; as text it costs no space
    Column("x_Extra", PAIRS, "own", True, ""),
)

COST_COLUMNS = FOCUS_COLUMNS + OWN_COLUMNS

# Dataset Invoice Detail: one row per line of an invoice.
INVOICE_COLUMNS = (
    Column("BilledCost", MONEY, "mandatory", False, "1.4"),
    Column("BillingAccountId", TEXT, "mandatory", False, "1.4"),
    Column("BillingCurrency", TEXT, "mandatory", False, "1.4"),
    Column("BillingPeriodEnd", INSTANT, "mandatory", False, "1.4"),
    Column("BillingPeriodStart", INSTANT, "mandatory", False, "1.4"),
    Column("ChargeCategory", TEXT, "mandatory", False, "1.4"),
    Column("InvoiceDetailCreated", INSTANT, "mandatory", False, "1.4"),
    Column("InvoiceDetailDescription", TEXT, "mandatory", True, "1.4"),
    Column("InvoiceDetailGrain", TEXT, "mandatory", True, "1.4"),
    Column("InvoiceDetailId", TEXT, "mandatory", False, "1.4"),
    Column("InvoiceDetailLastUpdated", INSTANT, "mandatory", False, "1.4"),
    Column("InvoiceId", TEXT, "mandatory", False, "1.4"),
    Column("InvoiceIssueDate", INSTANT, "mandatory", True, "1.4"),
    Column("InvoiceIssueStatus", TEXT, "mandatory", False, "1.4"),
    Column("InvoiceIssuerName", TEXT, "mandatory", False, "1.4"),
    Column("PaymentCurrency", TEXT, "conditional", False, "1.4"),
    Column("PaymentCurrencyBilledCost", MONEY, "conditional", False, "1.4"),
    Column("PaymentCurrencyInvoiceDetailId", TEXT, "conditional", False, "1.4"),
    Column("PaymentDueDate", INSTANT, "mandatory", True, "1.4"),
    Column("PaymentTerms", TEXT, "mandatory", False, "1.4"),
    Column("PurchaseOrderNumber", TEXT, "conditional", True, "1.4"),
    Column("ReferenceInvoiceId", TEXT, "mandatory", False, "1.4"),
)
INVOICE_STATUSES = ("Open", "Issued", "Voided")

COST_KINDS = ("billed", "effective", "list", "contracted")
COST_COLUMN_OF_KIND = {kind: f"{kind.capitalize()}Cost" for kind in COST_KINDS}

DIMENSIONS = {
    "organization": "x_Organization",
    "project": "x_Project",
    "team": "x_Team",
    "environment": "x_Environment",
    "cost_center": "x_CostCenter",
}

CHARGE_CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
SERVICE_CATEGORIES = (
    "AI and Machine Learning",
    "Analytics",
    "Business Applications",
    "Compute",
    "Databases",
    "Developer Tools",
    "Identity",
    "Integration",
    "Internet of Things",
    "Management and Governance",
    "Media",
    "Migration",
    "Mobile",
    "Multicloud",
    "Networking",
    "Other",
    "Security",
    "Storage",
    "Web",
)
ALLOWED_VALUES: dict[str, tuple[str, ...]] = {
    "ChargeCategory": CHARGE_CATEGORIES,
    "ChargeClass": ("Correction",),
    "ChargeFrequency": ("One-Time", "Recurring", "Usage-Based"),
    "PricingCategory": ("Standard", "Dynamic", "Committed", "Other"),
    "CommitmentDiscountCategory": ("Spend", "Usage"),
    "CommitmentDiscountStatus": ("Used", "Unused"),
    "CapacityReservationStatus": ("Used", "Unused"),
    "ServiceCategory": SERVICE_CATEGORIES,
}

# Columns of FOCUS 1.0 to 1.3 that 1.4 dropped, and where their values go.
FORMER_COLUMNS = ("ProviderName", "PublisherName")

# Columns of FOCUS 1.0-preview that 1.0 gave other names; Oracle still writes them.
PREVIEW_COLUMNS = {
    "Provider": "ServiceProviderName",
    "Publisher": "PublisherName",
    "InvoiceIssuer": "InvoiceIssuerName",
    "Region": "RegionId",
    "UsageQuantity": "ConsumedQuantity",
    "UsageUnit": "ConsumedUnit",
}
# How a provider's own columns begin; Oracle's are older than the rule that they begin with x_.
OWN_PREFIXES = ("x_", "oci_")

# What providers call themselves in ProviderName, ServiceProviderName or InvoiceIssuerName, in lower case.
PROVIDER_NAMES = {
    **dict.fromkeys(
        (
            "aws",
            "amazon",
            "amazon web services",
            "amazon web services (aws)",
            "amazon web services, inc.",
            "amazon web services emea sarl",
            "aws inc.",
        ),
        "aws",
    ),
    **dict.fromkeys(
        ("azure", "microsoft", "microsoft azure", "microsoft corporation", "microsoft ireland operations limited"),
        "azure",
    ),
    **dict.fromkeys(
        ("gcp", "google", "google cloud", "google cloud platform", "google llc", "google cloud emea limited"), "gcp"
    ),
    **dict.fromkeys(
        ("oci", "oracle", "oracle cloud", "oracle cloud infrastructure", "oracle corporation", "oracle america, inc."),
        "oracle",
    ),
    **dict.fromkeys(
        ("alibaba", "alibaba cloud", "aliyun", "alibaba cloud computing", "alibaba cloud (singapore) private limited"),
        "alibaba",
    ),
    **dict.fromkeys(("tencent", "tencent cloud", "tencent cloud international"), "tencent"),
    **dict.fromkeys(("huawei", "huawei cloud"), "huawei"),
    **dict.fromkeys(("ibm", "ibm cloud", "international business machines corporation"), "ibm"),
    **dict.fromkeys(("digitalocean", "digitalocean, llc", "digital ocean"), "digitalocean"),
    # What LiteLLM calls the clouds it passes requests on to.
    **dict.fromkeys(("bedrock", "bedrock_converse", "sagemaker"), "aws"),
    **dict.fromkeys(("azure_ai", "azure_text"), "azure"),
    **dict.fromkeys(("vertex_ai", "vertex_ai_beta", "gemini"), "gcp"),
}
# The same of those who also sell through the marketplaces of the clouds: then it is the cloud that sends the bill.
VENDOR_NAMES = {
    **dict.fromkeys(("snowflake", "snowflake inc.", "snowflake, inc."), "snowflake"),
    **dict.fromkeys(("databricks", "databricks, inc.", "databricks inc."), "databricks"),
    **dict.fromkeys(("mongodb", "mongodb atlas", "mongodb, inc."), "mongodb"),
    **dict.fromkeys(("confluent", "confluent cloud", "confluent, inc."), "confluent"),
    **dict.fromkeys(("grafana", "grafana labs", "grafana cloud"), "grafana"),
    **dict.fromkeys(("datadog", "datadog, inc."), "datadog"),
    **dict.fromkeys(("new relic", "new relic, inc."), "new-relic"),
    **dict.fromkeys(("elastic", "elastic cloud", "elasticsearch b.v."), "elastic"),
    **dict.fromkeys(("fastly", "fastly, inc."), "fastly"),
    **dict.fromkeys(("cloudflare", "cloudflare, inc."), "cloudflare"),
    **dict.fromkeys(("github", "github, inc."), "github"),
    **dict.fromkeys(("openai", "openai, llc"), "openai"),
    **dict.fromkeys(("anthropic", "anthropic pbc", "anthropic, pbc"), "anthropic"),
    **dict.fromkeys(("coreweave", "coreweave, inc."), "coreweave"),
}
