"""Azure's own bills: actual and amortized cost in the columns of a customer agreement, and the cost query's answers.

One charge in ten is usage that a reservation covers: nothing in actual cost, something in amortized cost.
"""

from __future__ import annotations

from pathlib import Path

from tests.bench.bills import HOUR, Bill, Charge, csv

_DAY = f"strftime({HOUR}, '%m/%d/%Y')"
_SUBSCRIPTION = "'0b1f6471-1bf0-4dda-aec3-' || lpad(cast(n % 30 as VARCHAR), 12, '0')"
_GROUP = "'rg-' || n % 200"
_MACHINE = (
    f"'/subscriptions/' || {_SUBSCRIPTION} || '/resourceGroups/' || {_GROUP} || "
    "'/providers/Microsoft.Compute/virtualMachines/vm-' || n % 5000"
)
_IS_COVERED = "n % 10 = 3"
_RESERVATION = "'/providers/Microsoft.Capacity/reservationOrders/1111/reservations/' || n % 9"
_COST = "cast(n % 9973 * 0.00137 + 0.0001 as DECIMAL(18,10))"
_COSTS: Charge = {
    "invoiceId": "'G00' || (1234500 + n % 3)",
    "billingAccountId": "'5e98e158:xxxx_2019-05-31'",
    "billingAccountName": "'Contoso'",
    "billingProfileId": "'AAAA-BBBB-CCC-' || n % 3",
    "billingProfileName": "'Profile ' || n % 3",
    "invoiceSectionId": "'SECT-' || n % 20",
    "invoiceSectionName": "'section ' || n % 20",
    "billingPeriodStartDate": "'05/01/2026'",
    "billingPeriodEndDate": "'05/31/2026'",
    "date": _DAY,
    "SubscriptionId": _SUBSCRIPTION,
    "subscriptionName": "'subscription ' || n % 30",
    "resourceGroupName": _GROUP,
    "resourceLocation": "['westeurope', 'eastus2', 'germanywestcentral'][n % 3 + 1]",
    "location": "['EU West', 'US East 2', 'DE West Central'][n % 3 + 1]",
    "ResourceId": _MACHINE,
    "productOrderName": "'Azure plan'",
    "ProductId": "'DZH318Z0BQ' || lpad(cast(n % 700 as VARCHAR), 3, '0')",
    "product": "'Virtual Machines Dv5 Series - D' || n % 9 || ' v5 - EU West'",
    "meterId": "md5(cast(n % 700 as VARCHAR))",
    "meterName": "'D' || n % 9 || ' v5'",
    "meterCategory": "['Virtual Machines', 'Storage', 'SQL Database', 'Bandwidth'][n % 4 + 1]",
    "meterSubCategory": "'Dv5 Series'",
    "meterRegion": "'EU West'",
    "serviceFamily": "'Compute'",
    "consumedService": "'Microsoft.Compute'",
    "chargeType": "'Usage'",
    "frequency": "'UsageBased'",
    "pricingModel": f"case when {_IS_COVERED} then 'Reservation' else 'OnDemand' end",
    "benefitId": f"case when {_IS_COVERED} then {_RESERVATION} end",
    "benefitName": f"case when {_IS_COVERED} then 'machines of the shop' end",
    "quantity": "cast(1 + n % 97 * 0.125 as DECIMAL(18,8))",
    "unitOfMeasure": "['1 Hour', '10K', '1 GB/Month', '100 Hours'][n % 4 + 1]",
    "unitPrice": "cast(0.11 + n % 9 * 0.07 as DECIMAL(18,6))",
    "effectivePrice": "cast(0.10 + n % 9 * 0.07 as DECIMAL(18,6))",
    "PayGPrice": "cast(0.13 + n % 9 * 0.07 as DECIMAL(18,6))",
    "billingCurrency": "'EUR'",
    "pricingCurrency": "'USD'",
    "exchangeRatePricingToBilling": "'0.9142'",
    "exchangeRateDate": "'05/01/2026'",
    "publisherType": "'Microsoft'",
    "publisherName": "'Microsoft'",
    "isAzureCreditEligible": "'True'",
    "additionalInfo": """'{"UsageType":"ComputeHR","VMName":"vm-' || n % 5000 || '","VCPUs":' || n % 64 || '}'""",
    "tags": """'"team": "team-' || n % 40 || '","env": "prod","app": "app-' || n % 300 || '"'""",
}
_ACTUAL: Charge = {**_COSTS, "costInBillingCurrency": f"case when {_IS_COVERED} then 0 else {_COST} end"}
_AMORTIZED: Charge = {**_COSTS, "costInBillingCurrency": _COST}
_QUERY: Charge = {
    "UsageDate": f"strftime({HOUR}, '%Y-%m-%d')",
    "Currency": "'EUR'",
    "ActualCost": f"case when {_IS_COVERED} then 0 else {_COST} end",
    "AmortizedCost": _COST,
    "Scope": "'/providers/Microsoft.Billing/billingAccounts/8611537'",
    "ChargeType": "'Usage'",
    "Frequency": "'UsageBased'",
    "Meter": "'D' || n % 9 || ' v5'",
    "MeterCategory": _COSTS["meterCategory"],
    "PricingModel": _COSTS["pricingModel"],
    "ReservationId": _COSTS["benefitId"],
    "ResourceGroupName": _GROUP,
    "ResourceId": f"lower({_MACHINE})",
    "ResourceLocation": _COSTS["location"],
    "ServiceName": _COSTS["meterCategory"],
    "SubscriptionId": _SUBSCRIPTION,
    "SubscriptionName": _COSTS["subscriptionName"],
}


def _pair(folder: Path, rows: int) -> Path:
    """Write half of the rows as actual cost, and the same charges as amortized cost."""
    for name, charge in (("actual", _ACTUAL), ("amortized", _AMORTIZED)):
        place = folder / str(rows) / name
        place.mkdir(parents=True)
        csv(charge)(place, rows // 2)
    return folder / str(rows)


BILLS = {
    "azure-actual": Bill("azure-actual", csv(_ACTUAL)),
    # No dialect: the files' places say which is which.
    "azure-amortized, pair": Bill("", _pair, lambda rows: rows // 2),
    "azure-query": Bill("azure-query", csv(_QUERY)),
}
