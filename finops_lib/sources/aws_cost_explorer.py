"""What Cost Explorer says of a bill, as our collector writes it down (collectors/aws_cost_explorer.py).

A row is a day, an account and a service, of one class of line items; amounts are the text that AWS sent. There is no
resource, price or list cost in Cost Explorer, so those columns stay unknown. The mapping is aws_cost_explorer.sql.
"""

from __future__ import annotations

from collections.abc import Sequence

from finops_lib.sources import DIALECTS, Dialect, mapping
from finops_lib.sources.conform import exact

COLUMNS = (
    "BillingMonth",
    "BillingMonthEnd",
    "PeriodStart",
    "PeriodEnd",
    "PayerAccount",
    "LinkedAccount",
    "LinkedAccountName",
    "Service",
    "Region",
    "TagKey",
    "TagValue",
    "RecordClass",
    "Currency",
    "Billed",
    "Amortized",
    "Metrics",
    "UsageQuantity",
    "UsageUnit",
    "Estimated",
)


def recognises(header: Sequence[str]) -> bool:
    return {"RecordClass", "BillingMonth", "Billed", "Amortized", "LinkedAccount"} <= set(header)


def select(header: Sequence[str]) -> str:
    numbers = f"{exact('Amortized')} as amortized_exactly"
    ctes = f"source as (select *, {numbers} from raw), services as ({mapping('aws_services')})"
    return f"with {ctes} select * from ({mapping('aws_cost_explorer')})"


def native(header: Sequence[str]) -> str:
    return f"select cast(BillingMonth as DATE) as month, Currency as currency, {exact('Billed')} as billed from raw"


DIALECTS.register("aws-cost-explorer")(Dialect(version=1, recognises=recognises, select=select, native=native))
