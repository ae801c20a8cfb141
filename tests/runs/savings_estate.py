"""Bills of a small estate whose waste is removed on a known day, with what that has really saved.

nat-1   an idle NAT gateway, 24 hours a day at 0.045, gone from its day on
vol-1   a gp2 volume of 100 GB at 0.10 a GB-month, a gp3 volume at 0.08 from its day on
i-1     a machine that stays as it is
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from finops_lib.marts.build import build
from finops_lib.periods import BillingPeriod, days_in
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings
from tests.conftest import WriteBill

NAT, VOLUME, MACHINE = "nat-0abc12345678", "vol-0abc12345678", "i-0abc12345678"
NAT_A_DAY = Decimal(24) * Decimal("0.045")
SIZE, GP2, GP3 = Decimal(100), Decimal("0.10"), Decimal("0.08")


@dataclass(frozen=True, slots=True)
class Remedies:
    """From which day on a waste is gone; None = never."""

    nat_deleted: date | None = None
    volume_changed: date | None = None
    volume_changed_back: date | None = None


def load(settings: Settings, write_bill: WriteBill, first: date, last: date, remedies: Remedies | None = None) -> None:
    """Load the bills of whole months, as they are known at the end of `last`."""
    month = BillingPeriod.of(first)
    while month.start <= last:
        rows = list(_charges(month, min(last, month.end - timedelta(days=1)), remedies or Remedies()))
        path: Path = write_bill(f"{month}-{last}.csv", rows)
        ingest(settings, [str(path)], source="payer", replace=True)
        month = month.next
    build(settings.lake)


def _charges(month: BillingPeriod, last: date, remedies: Remedies) -> Iterator[dict[str, str]]:
    for day in days_in(month.start, last + timedelta(days=1)):
        if remedies.nat_deleted is None or day < remedies.nat_deleted:
            yield _charge(month, day, NAT, "USE1-NatGateway-Hours", "24", "Hrs", NAT_A_DAY)
        size = (SIZE / month.days).quantize(Decimal("0.000001"))
        is_gp3 = remedies.volume_changed is not None and day >= remedies.volume_changed
        is_back = remedies.volume_changed_back is not None and day >= remedies.volume_changed_back
        kind, price = ("gp3", GP3) if is_gp3 and not is_back else ("gp2", GP2)
        yield _charge(month, day, VOLUME, f"USE1-EBS:VolumeUsage.{kind}", f"{size}", "GB-Mo", size * price)
        yield _charge(month, day, MACHINE, "USE1-BoxUsage:m7i.large", "24", "Hrs", Decimal("2.4"))


def _charge(
    month: BillingPeriod, day: date, resource: str, meter: str, quantity: str, unit: str, cost: Decimal
) -> dict[str, str]:
    money = dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), f"{cost:f}")
    return {
        **money,
        "BillingPeriodStart": f"{month.start}T00:00:00Z",
        "BillingPeriodEnd": f"{month.end}T00:00:00Z",
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{day + timedelta(days=1)}T00:00:00Z",
        "ResourceId": resource,
        "SkuMeter": meter,
        "ConsumedQuantity": quantity,
        "ConsumedUnit": unit,
        "ChargeDescription": meter,
    }
