"""Answers of Azure's cost query, as the collector azure-cost-query writes them down: one row per day and group.

ActualCost and AmortizedCost are the answers to the same question asked twice. A group that one of them does not have
costs nothing there: a purchase is not amortized, an unused reservation is not billed.

There are no quantities, prices and tags: the query sums over them. Billing month: that of the day of usage, since the
query does not say it; a charge that Azure bills in another month than it was used in is then in the wrong one.
"""

from __future__ import annotations

from collections.abc import Sequence

from finops_lib.quoting import identifier
from finops_lib.sources import DIALECTS, Dialect, mapping
from finops_lib.sources.conform import plain_digits

# What each row has, whatever it is grouped by; in this order.
FIXED = ("UsageDate", "Currency", "ActualCost", "AmortizedCost", "Scope")
# The dimensions that have a place in FOCUS. Others are kept in x_Extra.
DIMENSIONS = (
    "BenefitId",
    "BenefitName",
    "BillingAccountId",
    "BillingAccountName",
    "BillingProfileId",
    "BillingProfileName",
    "ChargeType",
    "Frequency",
    "InvoiceId",
    "Meter",
    "MeterCategory",
    "MeterSubcategory",
    "PricingModel",
    "Product",
    "PublisherType",
    "ReservationId",
    "ReservationName",
    "ResourceGroupName",
    "ResourceId",
    "ResourceLocation",
    "ResourceType",
    "ServiceFamily",
    "ServiceName",
    "SubscriptionId",
    "SubscriptionName",
)


def recognises(header: Sequence[str]) -> bool:
    return set(FIXED) <= set(header)


def _select(header: Sequence[str]) -> str:
    known = (*FIXED, *DIMENSIONS)
    columns = [name if name in header else f"cast(null as VARCHAR) as {name}" for name in known]
    others = [f"{identifier(name)} as {identifier(f'x_{name}')}" for name in header if name not in known]
    own = f"columns('^x_(File|Row)$'){''.join(f', {other}' for other in others)}"
    source = f"select {', '.join(columns)}, {own} from raw"
    tables = {name: mapping(f"azure_{name}") for name in ("regions", "services", "charge_types")}
    parts = {"source": source, **tables}
    with_ = ", ".join(f"{name} as ({query})" for name, query in parts.items())
    return f"with {with_} select * from ({mapping('azure_query')})"


def _native(header: Sequence[str]) -> str:
    month = "cast(date_trunc('month', cast(UsageDate as DATE)) as DATE)"
    # Binary floats never come this way: the collector writes the digits of the answer.
    billed = f"cast({plain_digits('ActualCost')} as DECIMAL(38,18))"
    return f"select {month} as month, Currency as currency, {billed} as billed from raw"


DIALECTS.register("azure-query")(Dialect(version=1, recognises=recognises, select=_select, native=_native))
