"""What does it cost to keep what is on a volume of AWS? One that is deleted is snapshotted first.

How much of it is in use no bill says: half of it is assumed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from finops_lib.analyses.savings.own_prices import Prices
from finops_lib.analyses.savings.resources import Resource
from finops_lib.analyses.savings.volume_speed import size_gb

USED_SHARE = Decimal("0.5")
# A GB of snapshot over one of the volume, at list prices of late 2026: 0.05 against 0.08 (gp3), 0.10 (gp2), 0.125 (io1,
# io2), 0.05 (magnetic), 0.045 (st1) and 0.015 (sc1). Not checked again since.
_SHARES = {
    "gp3": Decimal("0.625"),
    "gp2": Decimal("0.5"),
    "io1": Decimal("0.4"),
    "io2": Decimal("0.4"),
    "standard": Decimal(1),
    "st1": Decimal("1.11"),
    "sc1": Decimal("3.33"),
}
# Where nothing but the meter is known of a volume.
_TYPES = {"volume": "gp3", "volume-gp2": "gp2", "volume-io": "io2", "volume-magnetic": "standard"}


class KeptCopy(NamedTuple):
    """What a snapshot costs a month in place of the volume, and the grade of that price (see Recommendation)."""

    monthly: Decimal
    price_grade: str


def kept_copy(volume: Resource, kind: str, snapshot_prices: Prices) -> KeptCopy:
    """Price a snapshot of a volume.

    Args:
        kind: the meter of the volume's gigabytes.
        snapshot_prices: the customer's own, per GB and month, by region.
    """
    own = snapshot_prices.get(volume.region)
    if own is not None:
        return KeptCopy(USED_SHARE * size_gb(volume, kind) * own, "A")
    said = volume.described.attributes.get("volume_type", "") if volume.described else ""
    share = _SHARES[said if said in _SHARES else _TYPES[kind]]
    return KeptCopy(USED_SHARE * share * volume.monthly_of(kind), "B")
