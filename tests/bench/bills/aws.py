"""AWS's own bills: line items as CUR 2.0 and as legacy report, and what Cost Explorer answered.

Of 20 line items one is covered by a Savings Plan and one negates it; two in 100 are covered by a reservation, and one
in 1,000 is the fee of one that was not used up.
"""

from __future__ import annotations

from finops_lib.sources.aws_line_items import plain_name
from tests.bench.bills import HOUR, NEXT_HOUR, Bill, Charge, csv, iso, parquet, struct

_PLAN = "'arn:aws:savingsplans::999999999999:savingsplan/' || md5(cast(n % 7 as VARCHAR))"
_RESERVATION = "'arn:aws:ec2:us-east-1:999999999999:reserved-instances/' || md5(cast(n % 11 as VARCHAR))"
_IS_COVERED, _IS_NEGATION = "n % 20 = 0", "n % 20 = 1"
_IS_RESERVED, _IS_FEE = "n % 50 = 7", "n % 1000 = 13"
# A negation says what the line item before it says.
_OF = f"(case when {_IS_NEGATION} then n - 1 else n end)"
_COST = f"cast({_OF} % 9973 * 0.0000137 + 0.0001 as DECIMAL(18,10))"
_DISCOUNTED = f"cast({_OF} % 9973 * 0.0000096 + 0.0001 as DECIMAL(18,10))"
_RESOURCE = (
    f"'arn:aws:ec2:us-east-1:' || (111111111100 + {_OF} % 30) || ':instance/i-' || md5(cast({_OF} % 5000 as VARCHAR))"
)
_NOW, _THEN = f"strftime({HOUR}, '%Y-%m-%dT%H:%M:%S.000Z')", f"strftime({NEXT_HOUR}, '%Y-%m-%dT%H:%M:%S.000Z')"
_ITEM: Charge = {
    "identity/LineItemId": "md5(cast(n as VARCHAR)) || md5(cast(-n as VARCHAR))",
    "identity/TimeInterval": f"{iso(HOUR)} || '/' || {iso(NEXT_HOUR)}",
    "bill/InvoiceId": "cast(1786423460 + n % 3 as VARCHAR)",
    "bill/InvoicingEntity": "'Amazon Web Services, Inc.'",
    "bill/BillingEntity": "'AWS'",
    "bill/BillType": "'Anniversary'",
    "bill/PayerAccountId": "'999999999999'",
    "bill/BillingPeriodStartDate": "'2026-05-01T00:00:00.000Z'",
    "bill/BillingPeriodEndDate": "'2026-06-01T00:00:00.000Z'",
    "lineItem/UsageAccountId": f"cast(111111111100 + {_OF} % 30 as VARCHAR)",
    "lineItem/LineItemType": (
        f"case when {_IS_COVERED} then 'SavingsPlanCoveredUsage' when {_IS_NEGATION} then 'SavingsPlanNegation' "
        f"when {_IS_RESERVED} then 'DiscountedUsage' when {_IS_FEE} then 'RIFee' else 'Usage' end"
    ),
    "lineItem/UsageStartDate": _NOW,
    "lineItem/UsageEndDate": _THEN,
    "lineItem/ProductCode": "['AmazonEC2', 'AmazonS3', 'AmazonRDS', 'AWSLambda', 'AmazonDynamoDB'][n % 5 + 1]",
    "lineItem/UsageType": "'USE1-BoxUsage:m' || n % 9 || '.large'",
    "lineItem/Operation": "'RunInstances:' || lpad(cast(n % 40 as VARCHAR), 4, '0')",
    "lineItem/AvailabilityZone": "'us-east-1' || chr(cast(97 + n % 6 as INTEGER))",
    "lineItem/ResourceId": _RESOURCE,
    "lineItem/UsageAmount": "cast(1 + n % 97 * 0.125 as DECIMAL(18,8))",
    "lineItem/CurrencyCode": "'USD'",
    "lineItem/UnblendedRate": _COST,
    "lineItem/UnblendedCost": f"case when {_IS_NEGATION} then -{_COST} when {_IS_RESERVED} then 0 else {_COST} end",
    "lineItem/LineItemDescription": "'$0.096 per On Demand Linux m' || n % 9 || '.large Instance Hour ' || n % 700",
    "lineItem/LegalEntity": "'Amazon Web Services, Inc.'",
    "product/ProductName": "'Product of many words, number ' || n % 60",
    "product/instanceFamily": "'General purpose'",
    "product/instanceType": "'m' || n % 9 || '.large'",
    "product/location": "'US East (N. Virginia)'",
    "product/locationType": "'AWS Region'",
    "product/productFamily": "'Compute Instance'",
    "product/regionCode": "'us-east-1'",
    "product/sku": "upper(left(md5(cast(n % 900 as VARCHAR)), 16))",
    "pricing/RateCode": "upper(left(md5(cast(n % 900 as VARCHAR)), 16)) || '.JRTCKXETXF.6YS6EN2CT7'",
    "pricing/currency": "'USD'",
    "pricing/publicOnDemandCost": _COST,
    "pricing/publicOnDemandRate": _COST,
    "pricing/term": "'OnDemand'",
    "pricing/unit": "'Hrs'",
    "reservation/ReservationARN": f"case when {_IS_RESERVED} or {_IS_FEE} then {_RESERVATION} end",
    "reservation/EffectiveCost": f"case when {_IS_RESERVED} then {_DISCOUNTED} end",
    "reservation/UnusedQuantity": f"case when {_IS_FEE} then 3 end",
    "reservation/UnusedRecurringFee": f"case when {_IS_FEE} then {_DISCOUNTED} end",
    "reservation/UnusedAmortizedUpfrontFeeForBillingPeriod": f"case when {_IS_FEE} then {_DISCOUNTED} end",
    "savingsPlan/SavingsPlanARN": f"case when n % 20 < 2 then {_PLAN} end",
    "savingsPlan/SavingsPlanEffectiveCost": f"case when {_IS_COVERED} then {_DISCOUNTED} end",
    "savingsPlan/OfferingType": "case when n % 20 < 2 then 'ComputeSavingsPlans' end",
}
_TAGS = {"team": "'team-' || n % 40", "app": "'app-' || n % 300", "env": "['prod', 'test', 'dev'][n % 3 + 1]"}
_LEGACY: Charge = {**_ITEM, **{f"resourceTags/user:{key}": sql for key, sql in _TAGS.items()}}
_CUR2: Charge = {
    **{plain_name(name): sql for name, sql in _ITEM.items()},
    "resource_tags": f"map {struct({f'user_{key}': sql for key, sql in _TAGS.items()})}",
    "cost_category": "map {'unit': 'unit-' || n % 12}",
    "discount": "map {}::MAP(VARCHAR, DOUBLE)",
}
_MAPS = ("resource_tags", "cost_category", "discount")
_CUR2_CSV: Charge = {**_CUR2, **{name: f"cast(to_json({_CUR2[name]}) as VARCHAR)" for name in _MAPS}}


def _as_parquet(name: str, sql: str) -> str:
    """Give the type that AWS gives a column: amounts are binary floats, days timestamps."""
    if name.endswith(("_cost", "_rate", "_fee", "_amount", "_period", "_quantity")):
        return f"cast({sql} as DOUBLE)"
    return f"cast({sql} as TIMESTAMP)" if name.endswith("_date") else sql


def _items_loaded(rows: int) -> int:
    """A negation goes into the usage it negates; a fee brings what was not used as a charge of its own."""
    return rows - len(range(1, rows, 20)) + len(range(13, rows, 1000))


_EXPLORER: Charge = {
    "BillingMonth": "'2026-05-01'",
    "BillingMonthEnd": "'2026-06-01'",
    "PeriodStart": "strftime(timestamp '2026-05-01' + to_days(cast(n % 31 as INTEGER)), '%Y-%m-%d')",
    "PeriodEnd": "strftime(timestamp '2026-05-02' + to_days(cast(n % 31 as INTEGER)), '%Y-%m-%d')",
    "PayerAccount": "'999999999999'",
    "LinkedAccount": "cast(111111111100 + n % 800 as VARCHAR)",
    "LinkedAccountName": "'account of the team number ' || n % 800",
    "Service": "['Amazon Relational Database Service', 'Amazon Simple Storage Service'][n % 2 + 1] || ' ' || n % 70",
    "Region": "['us-east-1', 'eu-central-1', 'ap-southeast-2'][n % 3 + 1]",
    "TagKey": "'team'",
    "TagValue": "'team-' || n % 40",
    "RecordClass": "case when n % 100 = 0 then 'tax' else 'usage' end",
    "Currency": "'USD'",
    "Billed": _COST,
    "Amortized": _COST,
    "Metrics": "'UnblendedCost, AmortizedCost'",
    "UsageQuantity": "cast(1 + n % 97 * 0.125 as DECIMAL(18,8))",
    "UsageUnit": "'Hrs'",
    "Estimated": "'false'",
}

BILLS = {
    "aws-cur2 (CSV.gz)": Bill("aws-cur2", csv(_CUR2_CSV), _items_loaded),
    "aws-cur2 (Parquet)": Bill(
        "aws-cur2", parquet({name: _as_parquet(name, sql) for name, sql in _CUR2.items()}), _items_loaded
    ),
    "aws-cur": Bill("aws-cur", csv(_LEGACY), _items_loaded),
    "aws-cost-explorer": Bill("aws-cost-explorer", csv(_EXPLORER)),
}
