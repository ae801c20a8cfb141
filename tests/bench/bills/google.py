"""Google's own bill, the detailed export: nested as BigQuery extracts it to Parquet, and flattened to CSV."""

from __future__ import annotations

from tests.bench.bills import HOUR, NEXT_HOUR, Bill, Charge, csv, parquet, struct

_PROJECT = "'project-' || n % 30"
_COST = "cast(n % 9973 * 0.0000137 + 0.0001 as DOUBLE)"
_TEAM = "{'key': 'team', 'value': 'team-' || n % 40}"
_APP = "{'key': 'app', 'value': 'app-' || n % 300}"
_ZONE = "'us-central1-' || chr(cast(97 + n % 4 as INTEGER))"
# One charge in five has a credit for its steady use.
_CREDIT = (
    f"{{'name': 'Committed usage discount', 'amount': -round({_COST} / 3, 6), 'full_name': 'Committed usage discount: "
    "CPU', 'id': 'cud-' || n % 9, 'type': 'COMMITTED_USAGE_DISCOUNT'}"
)
_CREDITS = f"case when n % 5 = 0 then [{_CREDIT}] else [] end"
_RECORDS: dict[str, Charge] = {
    "service": {
        "id": "'6F81-5844-' || n % 60",
        "description": "['Compute Engine', 'Cloud Storage', 'BigQuery', 'Networking'][n % 4 + 1]",
    },
    "sku": {
        "id": "'CF4E-A0C7-' || n % 900",
        "description": "'N' || n % 9 || ' Predefined Instance Core running in Americas'",
    },
    "project": {
        "id": _PROJECT,
        "number": "cast(840000000000 + n % 30 as VARCHAR)",
        "name": "'Project ' || n % 30",
        "labels": f"[{_TEAM}]",
        "ancestry_numbers": "'/' || n % 12 || '/345678901/'",
    },
    "location": {"location": "'us-central1'", "country": "'US'", "region": "'us-central1'", "zone": _ZONE},
    "resource": {
        "name": "'machine-' || n % 5000",
        "global_name": (
            f"'//compute.googleapis.com/projects/' || {_PROJECT} || '/zones/' || {_ZONE} || '/instances/' || n % 5000"
        ),
    },
    "price": {
        "effective_price": "cast(0.031611 + n % 9 * 0.01 as DECIMAL(38,9))",
        "list_price": "cast(0.041611 + n % 9 * 0.01 as DECIMAL(38,9))",
        "pricing_unit_quantity": "1",
        "tier_start_amount": "0",
        "unit": "'hour'",
    },
    "usage": {
        "amount": "cast(3600 * (1 + n % 97 * 0.125) as DOUBLE)",
        "unit": "'seconds'",
        "amount_in_pricing_units": "cast(1 + n % 97 * 0.125 as DOUBLE)",
        "pricing_unit": "'hour'",
    },
    "invoice": {"month": "'202605'", "publisher_type": "'GOOGLE'"},
}
_VALUES: Charge = {
    "billing_account_id": "'01A2B3-C4D5E6-F70819'",
    "labels": f"[{_TEAM}, {_APP}]",
    "system_labels": "[{'key': 'compute.googleapis.com/cores', 'value': cast(n % 64 as VARCHAR)}]",
    "tags": "[{'key': 'env', 'value': 'prod', 'inherited': true, 'namespace': '345678901'}]",
    "cost": _COST,
    "cost_at_list": f"{_COST} * 1.25",
    "currency": "'USD'",
    "currency_conversion_rate": "cast(1 as DOUBLE)",
    "credits": _CREDITS,
    "cost_type": "'regular'",
    "transaction_type": "'GOOGLE'",
    "seller_name": "'Google'",
}
_TIMES = {"usage_start_time": HOUR, "usage_end_time": NEXT_HOUR, "export_time": f"({HOUR} + interval 5 hour)"}
_NESTED: Charge = {
    **_VALUES,
    **{name: f"cast({sql} as TIMESTAMPTZ)" for name, sql in _TIMES.items()},
    **{record: struct(parts) for record, parts in _RECORDS.items()},
}
_LISTS = ("labels", "system_labels", "tags", "credits", "project.labels")
_FLAT_TYPED: Charge = {
    **_VALUES,
    **{name: f"strftime({sql}, '%Y-%m-%dT%H:%M:%S')" for name, sql in _TIMES.items()},
    **{f"{record}.{part}": sql for record, parts in _RECORDS.items() for part, sql in parts.items()},
}
_FLAT: Charge = {
    name: f"cast(to_json({sql}) as VARCHAR)" if name in _LISTS else sql for name, sql in _FLAT_TYPED.items()
}

BILLS = {
    "gcp-billing (Parquet)": Bill("gcp-billing", parquet(_NESTED)),
    "gcp-billing (CSV.gz)": Bill("gcp-billing", csv(_FLAT)),
}
