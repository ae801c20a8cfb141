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
# A GB of snapshot over one of the volume, at list prices of late 2026: 0.05 against 0.08 (gp3 and what is not told
# apart from it), 0.10 (gp2), 0.125 (io1, io2) and 0.05 (magnetic). Not checked again since.
_SHARES = {
    "volume": Decimal("0.625"),
    "volume-gp2": Decimal("0.5"),
    "volume-io": Decimal("0.4"),
    "volume-magnetic": Decimal(1),
}


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
    return KeptCopy(USED_SHARE * _SHARES[kind] * volume.monthly_of(kind), "B")
