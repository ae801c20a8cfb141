"""A bill of five months in which some services cost more on one day, for tests of what is found in a lake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from finops_lib.marts.build import build
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from tests.conftest import WriteBill

FIRST, LAST = date(2026, 1, 1), date(2026, 5, 20)
SPIKE = date(2026, 5, 14)
SERVICES = ("Amazon EC2", "Amazon RDS", "Amazon SQS", "Amazon S3")


def _days() -> Iterator[date]:
    for offset in range((LAST - FIRST).days + 1):
        yield FIRST + timedelta(days=offset)


def spiked_bill(write_bill: WriteBill, name: str, spikes: Mapping[str, str], *, tax: str = "0") -> Path:
    """Write a bill of four services that cost about 100 a day, and on SPIKE as much more as `spikes` says."""
    rows: list[dict[str, Any]] = []
    for number, day in enumerate(_days()):
        month = day.replace(day=1)
        period = {
            "BillingPeriodStart": f"{month}T00:00:00Z",
            "BillingPeriodEnd": f"{(month + timedelta(days=32)).replace(day=1)}T00:00:00Z",
            "ChargePeriodStart": f"{day}T00:00:00Z",
            "ChargePeriodEnd": f"{day + timedelta(days=1)}T00:00:00Z",
        }
        for place, service in enumerate(SERVICES):
            # A wobble that repeats only after eleven days.
            cost = Decimal(100) + Decimal((number * (place + 3)) % 11) / 5
            if day == SPIKE:
                cost += Decimal(spikes.get(service, "0"))
            money = {column: f"{cost:f}" for column in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")}
            rows.append({**period, **money, "ServiceName": service, "ResourceId": f"r-{place}"})
        if day == SPIKE:
            taxes = {column: tax for column in ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")}
            rows.append({**period, **taxes, "ChargeCategory": "Tax", "ServiceName": "Amazon SQS", "ResourceId": ""})
    return write_bill(name, rows)


def load_bill(settings: Settings, path: Path) -> None:
    """Load a bill in place of the one before, and build its marts."""
    ingest(settings, [str(path)], source="payer", replace=True)
    build(settings.lake)
