"""BigQuery's REST answers as the Parquet files that an extraction gives."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl


def _from_bigquery(value: Any, field: dict[str, Any]) -> Any:
    """Read one value of BigQuery's REST answer, in which everything is text."""
    if field["mode"] == "REPEATED":
        return [_from_bigquery(item["v"], {**field, "mode": "NULLABLE"}) for item in value]
    if value is None or field["type"] not in ("RECORD", "NUMERIC", "TIMESTAMP", "BOOLEAN", "FLOAT"):
        return value
    if field["type"] == "RECORD":
        return {f["name"]: _from_bigquery(c["v"], f) for f, c in zip(field["fields"], value["f"], strict=True)}
    read = {"NUMERIC": Decimal, "TIMESTAMP": int, "BOOLEAN": lambda text: text == "true", "FLOAT": float}
    return read[field["type"]](value)


def _type(field: dict[str, Any]) -> Any:
    plain: dict[str, Any] = {
        "STRING": pl.String(), "NUMERIC": pl.Decimal(38, 18), "TIMESTAMP": pl.Datetime("us", "UTC"),
        "BOOLEAN": pl.Boolean(), "FLOAT": pl.Float64(),
    }  # fmt: skip
    inner = plain.get(field["type"]) or pl.Struct(
        {f["name"]: _type(f) for f in field.get("fields", [])} or {"Number": pl.String}
    )
    return pl.List(inner) if field["mode"] == "REPEATED" else inner


def extract_rows(source: Path, target: Path) -> Path:
    """Write the rows of a BigQuery answer as the Parquet file that an extraction gives."""
    answer = json.loads(source.read_text(encoding="utf-8"))
    fields = answer["schema"]["fields"]
    rows = [
        {field["name"]: _from_bigquery(cell["v"], field) for field, cell in zip(fields, row["f"], strict=True)}
        for row in answer["rows"]
    ]
    pl.DataFrame(rows, schema={field["name"]: _type(field) for field in fields}).write_parquet(target)
    return target
