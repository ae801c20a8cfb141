"""Bills in FOCUS columns, and bills that become so without a commitment in them: Oracle's report, a price list."""

from __future__ import annotations

from tests.bench.bills import HOUR, MONEY, NEXT_HOUR, Bill, Charge, csv, iso, parquet

_FOCUS: Charge = {
    **dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), MONEY),
    "BillingCurrency": "'USD'",
    "BillingAccountId": "'999999999999'",
    "BillingPeriodStart": "'2026-05-01T00:00:00Z'",
    "BillingPeriodEnd": "'2026-06-01T00:00:00Z'",
    "ChargePeriodStart": iso(HOUR),
    "ChargePeriodEnd": iso(NEXT_HOUR),
    "ChargeCategory": "'Usage'",
    "ChargeDescription": "'an hour of machine ' || n % 5000",
    "InvoiceIssuerName": "'AWS'",
    "ProviderName": "'AWS'",
    "PublisherName": "'AWS'",
    "ServiceName": "'service ' || n % 60",
    "ServiceCategory": "'Compute'",
    "SubAccountId": "'account-' || n % 30",
    "ResourceId": "'i-' || n % 5000",
    "PricingQuantity": "'1'",
    "Tags": """'{"team": "team-' || n % 40 || '", "env": "prod", "app": "app-' || n % 300 || '"}'""",
}
_PAIR = "[{'Key': 'team', 'Value': 'team-' || n % 40}]"
_GOOGLE: Charge = {
    **{name: sql for name, sql in _FOCUS.items() if name != "Tags"},
    "ProviderName": "'Google Cloud'",
    **dict.fromkeys(("x_Labels", "x_ProjectLabels", "x_SystemLabels"), _PAIR),
}
_ORACLE: Charge = {
    "lineItem/referenceNo": "'V2.' || n",
    "lineItem/tenantId": "'ocid1.tenancy.oc1..a'",
    "lineItem/intervalUsageStart": iso(HOUR),
    "lineItem/intervalUsageEnd": iso(NEXT_HOUR),
    "product/service": "'COMPUTE'",
    "product/resourceId": "'ocid1.instance.oc1.iad.' || n % 5000",
    "usage/billedQuantity": "'8'",
    "cost/subscriptionId": "'20209880'",
    "cost/unitPrice": "'0.0015'",
    "cost/myCost": MONEY,
    "cost/currencyCode": "'USD'",
    "lineItem/isCorrection": "'false'",
    "tags/team": "'team-' || n % 40",
    "tags/env": "'prod'",
}
_LIST: Charge = {
    "Datum": f"strftime({HOUR}, '%d.%m.%Y')",
    "Betrag": f"replace(cast({MONEY} as VARCHAR), '.', ',')",
    "Dienst": "'Dienst ' || n % 60",
    "Abteilung": "'team-' || n % 40",
}
# How the price list is read.
MAPPING = """\
columns:
  BilledCost: Betrag
  EffectiveCost: Betrag
  BillingCurrency: {constant: EUR}
  ChargePeriodStart: {column: Datum, format: "%d.%m.%Y"}
  ChargePeriodEnd: {day_after: ChargePeriodStart}
  BillingPeriodStart: {month_of: ChargePeriodStart}
  BillingPeriodEnd: {month_after: ChargePeriodStart}
  ChargeCategory: {constant: Usage}
  ServiceName: Dienst
tags: {columns: {team: Abteilung}}
numbers: {decimal: ","}
"""

BILLS = {
    "focus-1.2 (CSV.gz)": Bill("focus-1.2", csv(_FOCUS)),
    "focus-1.2 (Parquet)": Bill("focus-1.2", parquet(_FOCUS)),
    "gcp-focus": Bill("gcp-focus", parquet(_GOOGLE)),
    "oracle-cost": Bill("oracle-cost", csv(_ORACLE)),
    "mapped": Bill("mapped:", csv(_LIST)),
}
