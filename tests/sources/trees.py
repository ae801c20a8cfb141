"""Small export trees, as AWS and Azure lay them out, written by hand."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.conftest import CHARGE

_NEXT = {"2026-05": "2026-06", "2026-06": "2026-07"}


def bill(month: str, *amounts: str) -> bytes:
    """Give a CSV file with one charge of each amount in a month."""
    period = {
        "BillingPeriodStart": f"{month}-01T00:00:00Z",
        "BillingPeriodEnd": f"{_NEXT[month]}-01T00:00:00Z",
        "ChargePeriodStart": f"{month}-02T00:00:00Z",
        "ChargePeriodEnd": f"{month}-03T00:00:00Z",
    }
    text = io.StringIO()
    writer = csv.DictWriter(text, list(CHARGE))
    writer.writeheader()
    writer.writerows([{**CHARGE, **period, "BilledCost": amount} for amount in amounts])
    return text.getvalue().encode()


def put(root: Path, key: str, content: bytes | str) -> Path:
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def put_aws(
    root: Path,
    month: str,
    files: Mapping[str, bytes],
    *,
    run: str = "",
    export: str = "exports/focus",
    period: str = "BILLING_PERIOD",
    as_newest: bool = True,
) -> Path:
    """Write one month of an AWS Data Export and give its newest manifest; with `run`, as create-new mode does it."""
    folder = f"data/{period}={month}/" + (f"{run}/" if run else "")
    for name, content in files.items():
        put(root, f"{export}/{folder}{name}", content)
    manifest = {
        "exportName": "focus",
        "executionId": f"execution-{run or month}",
        "billingPeriod": month,
        "dataFiles": [
            {"s3Uri": f"s3://payer-bucket/{export}/{folder}{name}", "size": len(content)}
            for name, content in files.items()
        ],
    }
    places = [""] if not run else [f"{run}/", ""] if as_newest else [f"{run}/"]
    paths = [
        put(root, f"{export}/metadata/{period}={month}/{place}focus-Manifest.json", json.dumps(manifest))
        for place in places
    ]
    return paths[-1]


def put_azure(
    root: Path,
    run: str,
    blobs: Mapping[str, bytes],
    *,
    rows: Sequence[int],
    submitted: str,
    start: str = "2026-05-01",
    end: str = "2026-05-31",
    export: str = "daily",
    type_: str = "FocusCost",
    behaviour: str = "CreateNewReport",
) -> Path:
    """Write one run of an Azure export and give its manifest."""
    period = f"{start.replace('-', '')}-{end.replace('-', '')}"
    folder = f"costs/{export}/{period}/{run}"
    for name, content in blobs.items():
        put(root, f"{folder}/{name}", content)
    scope = "/subscriptions/0000/providers/Microsoft.CostManagement/exports"
    manifest = {
        "manifestVersion": "2024-04-01",
        "blobCount": len(blobs),
        "byteCount": sum(len(content) for content in blobs.values()),
        "dataRowCount": sum(rows),
        "blobs": [
            {"blobName": f"{folder}/{name}", "byteCount": len(content), "dataRowCount": count}
            for (name, content), count in zip(blobs.items(), rows, strict=True)
        ],
        "deliveryConfig": {"dataOverwriteBehavior": behaviour, "fileFormat": "Csv"},
        "exportConfig": {"exportName": export, "resourceId": f"{scope}/{export}", "type": type_},
        "runInfo": {
            "runId": run,
            "submittedTime": submitted,
            "startDate": f"{start}T00:00:00",
            "endDate": f"{end}T00:00:00",
        },
    }
    return put(root, f"{folder}/manifest.json", json.dumps(manifest))


def change(manifest: Path, **fields: object) -> None:
    """Give a manifest other values in some of its fields; None takes a field away."""
    content = {**json.loads(manifest.read_text()), **fields}
    manifest.write_text(json.dumps({name: value for name, value in content.items() if value is not None}))
