"""Azure cost files of readable rows, in the columns of an Enterprise Agreement."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

RESERVATION = "/providers/Microsoft.Capacity/reservationOrders/1111/reservations/2222"
SAVINGS_PLAN = "/providers/Microsoft.BillingBenefits/savingsPlanOrders/3333/savingsPlans/4444"
VM = "/subscriptions/AAAA/resourceGroups/Shop/providers/Microsoft.Compute/virtualMachines/vm-1"

# A day of a virtual machine: 24 hours at 0.50. A test changes only what it talks about.
USAGE: dict[str, str] = {
    "BillingAccountId": "8611537",
    "BillingAccountName": "Payer",
    "BillingPeriodStartDate": "05/01/2026",
    "BillingPeriodEndDate": "05/31/2026",
    "SubscriptionId": "AAAA",
    "SubscriptionName": "shop",
    "Date": "05/02/2026",
    "Product": "Virtual Machines Dv5 - D2 v5 - EU West",
    "MeterCategory": "Virtual Machines",
    "MeterName": "D2 v5",
    "Quantity": "24",
    "UnitOfMeasure": "1 Hour",
    "EffectivePrice": "0.5",
    "UnitPrice": "0.5",
    "PayGPrice": "0.6",
    "Cost": "12",
    "BillingCurrency": "EUR",
    "ResourceLocation": "EU West",
    "ConsumedService": "Microsoft.Compute",
    "ResourceId": VM,
    "Tags": '"env": "prod"',
    "AdditionalInfo": "",
    "ReservationId": "",
    "benefitId": "",
    "ChargeType": "Usage",
    "Frequency": "UsageBased",
    "PricingModel": "OnDemand",
}
BOUGHT = {
    "ChargeType": "Purchase",
    "Frequency": "Recurring",
    "PricingModel": "Reservation",
    "benefitId": RESERVATION,
    "Cost": "30",
    "ResourceId": RESERVATION,
}
COVERED = {"PricingModel": "Reservation", "benefitId": RESERVATION, "Cost": "0", "EffectivePrice": "0"}
AMORTIZED = {**COVERED, "Cost": "0.75", "EffectivePrice": "0.03125"}
UNUSED = {**COVERED, "ChargeType": "UnusedReservation", "Cost": "0.25", "ResourceId": ""}


def write_costs(path: Path, *changes: Mapping[str, str | None], encoding: str = "utf-8") -> Path:
    """Write one charge per change of USAGE; a column that is None in the first is not in the file."""
    columns = [
        name
        for name in (USAGE | dict(changes[0] if changes else {}))
        if not changes or changes[0].get(name, "") is not None
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding=encoding) as stream:
        writer = csv.DictWriter(stream, columns, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({**USAGE, **change} for change in changes)
    return path
