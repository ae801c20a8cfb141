"""Google's billing export as the tests need it: its columns, and one charge of which a test changes a part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Field = dict[str, Any]


def _field(name: str, kind: str = "STRING", mode: str = "NULLABLE") -> Field:
    return {"name": name, "type": kind, "mode": mode}


def _record(name: str, *fields: Field | str, mode: str = "NULLABLE") -> Field:
    inside = [_field(field) if isinstance(field, str) else field for field in fields]
    return {**_field(name, "RECORD", mode), "fields": inside}


def _list(name: str, *fields: Field | str) -> Field:
    return _record(name, *fields, mode="REPEATED")


STANDARD: list[Field] = [
    _field("billing_account_id"),
    _record("service", "id", "description"),
    _record("sku", "id", "description"),
    _field("usage_start_time", "TIMESTAMP"),
    _field("usage_end_time", "TIMESTAMP"),
    _record("project", "id", "number", "name", _list("labels", "key", "value"), "ancestry_numbers"),
    _list("labels", "key", "value"),
    _list("system_labels", "key", "value"),
    _record("location", "location", "country", "region", "zone"),
    _list("tags", "key", "value", _field("inherited", "BOOLEAN"), "namespace"),
    _record(
        "price", *(_field(n, "NUMERIC") for n in ("effective_price", "list_price", "pricing_unit_quantity")), "unit"
    ),
    _field("export_time", "TIMESTAMP"),
    _field("cost", "FLOAT"),
    _field("currency"),
    _field("currency_conversion_rate", "FLOAT"),
    _record(
        "usage",
        _field("amount", "FLOAT"),
        "unit",
        _field("amount_in_pricing_units", "FLOAT"),
        "pricing_unit",
    ),
    _list("credits", "name", _field("amount", "FLOAT"), "full_name", "id", "type"),
    _record("invoice", "month", "publisher_type"),
    _field("cost_type"),
    _record("adjustment_info", "id", "description", "mode", "type"),
    _record("subscription", "instance_id"),
    _field("cost_at_list", "FLOAT"),
    _record("consumption_model", "id", "description"),
]
DETAILED: list[Field] = [*STANDARD, _record("resource", "name", "global_name")]

CHARGE: dict[str, Any] = {
    "billing_account_id": "0123-4567",
    "service": {"id": "6F81-5844-456A", "description": "Compute Engine"},
    "sku": {"id": "CF4E-A0C7-E3BF", "description": "N1 Predefined Instance Core running in Americas"},
    "usage_start_time": "2026-02-03T10:00:00Z",
    "usage_end_time": "2026-02-03T11:00:00Z",
    "project": {
        "id": "shop-prod",
        "number": "12",
        "name": "Shop",
        "labels": [{"key": "team", "value": "of-the-project"}, {"key": "cost-center", "value": "7"}],
        "ancestry_numbers": "/12/34/",
    },
    "labels": [{"key": "team", "value": "shop"}],
    "system_labels": [{"key": "compute.googleapis.com/cores", "value": "4"}],
    "location": {"location": "us-central1", "country": "US", "region": "us-central1", "zone": "us-central1-a"},
    "tags": [],
    "price": {"effective_price": "0.03", "list_price": "0.04", "pricing_unit_quantity": "1", "unit": "hour"},
    "export_time": "2026-02-03T14:00:00.123456Z",
    "cost": 0.3,
    "currency": "USD",
    "currency_conversion_rate": 1.0,
    "usage": {"amount": 36000.0, "unit": "seconds", "amount_in_pricing_units": 10.0, "pricing_unit": "hour"},
    "credits": [{"name": "Promo", "amount": -0.1, "full_name": "Promo", "id": "promo-1", "type": "PROMOTION"}],
    "invoice": {"month": "202602", "publisher_type": "GOOGLE"},
    "cost_type": "regular",
    "adjustment_info": None,
    "subscription": None,
    "cost_at_list": 0.4,
    "consumption_model": None,
}
RESOURCE = {
    "name": "vm-1",
    "global_name": "//compute.googleapis.com/projects/shop-prod/zones/us-central1-a/instances/9",
}


def charge(**parts: Any) -> dict[str, Any]:
    """Give the charge with some columns changed; a name with two underscores is a part of a record."""
    row = {name: dict(value) if isinstance(value, dict) else value for name, value in CHARGE.items()}
    for name, value in parts.items():
        column, _, part = name.partition("__")
        if part:
            row[column] = {**(row[column] or {}), part: value}
        else:
            row[column] = value
    return row


def cells(fields: list[Field], row: Mapping[str, Any]) -> dict[str, Any]:
    """Write a row as BigQuery's REST API does."""
    return {"f": [{"v": _cell(field, row.get(field["name"]))} for field in fields]}


def _cell(field: Field, value: Any) -> Any:
    if field["mode"] == "REPEATED":
        return [{"v": _cell({**field, "mode": "NULLABLE"}, one)} for one in value or ()]
    if value is None:
        return None
    if field["type"] == "RECORD":
        return cells(field["fields"], value)
    return str(value).lower() if isinstance(value, bool) else str(value)
