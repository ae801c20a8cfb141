"""How much speed does a volume need, and what does gp3 cost that gives it? (A03, A04)

Prices are the customer's own where the bill has gp3, otherwise shares of what is paid for the present type, as the list
prices of late 2026 stand to each other (us-east-1: gp2 0.10, gp3 0.08, io1 and io2 0.125 a GB; on gp3 an IOPS above
3,000 costs 6 % and a MB/s above 125 costs 50 % of a GB). Not checked again since.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from finops_lib.analyses.savings.machines import observed
from finops_lib.analyses.savings.own_prices import Prices
from finops_lib.analyses.savings.resources import Resource, monthly

GP3_METER, COLD_METER = "volumeusage.gp3", "volumeusage.sc1"
FREE_IOPS, FREE_THROUGHPUT = 3000, 125
MOST_IOPS, MOST_THROUGHPUT = 16000, 1000
# What gp2 gives by its size: 3 IOPS a GB, and its throughput in steps; between the steps it bursts to the upper one.
GP2_IOPS_PER_GB, GP2_LEAST_IOPS, GP2_BURST_IOPS = 3, 100, 3000
GP2_SLOW_UP_TO_GB, GP2_SLOW_THROUGHPUT, GP2_FAST_THROUGHPUT = 170, 125, 250
_GP3_OF = {"gp2": Decimal("0.8"), "io1": Decimal("0.64"), "io2": Decimal("0.64")}
_IOPS_OF_GB, _THROUGHPUT_OF_GB = Decimal("0.06"), Decimal("0.5")
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Speed:
    """What a volume is asked for: IOPS and MB/s (of 1024 x 1024 bytes)."""

    iops: Decimal
    throughput: Decimal


@dataclass(frozen=True, slots=True)
class Gp3Prices:
    """Prices of gp3 a month: of a GB, of an IOPS above 3,000 and of a MB/s above 125; `grade` as in Recommendation."""

    gb: Decimal
    iops: Decimal
    throughput: Decimal
    grade: str

    @classmethod
    def from_gb(cls, gb: Decimal, grade: str) -> Gp3Prices:
        return cls(gb, _IOPS_OF_GB * gb, _THROUGHPUT_OF_GB * gb, grade)

    def monthly(self, size_gb: Decimal, speed: Speed) -> Decimal:
        """Give the monthly cost of a gp3 volume of that size and speed."""
        return (
            size_gb * self.gb
            + max(speed.iops - FREE_IOPS, Decimal(0)) * self.iops
            + max(speed.throughput - FREE_THROUGHPUT, Decimal(0)) * self.throughput
        )


def gp3_prices(own: Prices, volume: Resource, *, type_: str, gb_price: Decimal) -> Gp3Prices:
    """Give the customer's price of gp3 in the volume's region, or one that follows from that of its present type.

    Args:
        own: prices of gp3 by region (GP3_METER).
        type_: gp2, io1 or io2; `gb_price`: what its GB costs a month.
    """
    if volume.region in own:
        return Gp3Prices.from_gb(own[volume.region], "A")
    return Gp3Prices.from_gb(_GP3_OF[type_] * gb_price, "B")


def size_gb(volume: Resource, kind: str) -> Decimal:
    """Give the size from the inventory, which knows it now, or else from the GB-months of the bill."""
    said = volume.described.attributes.get("size_gb", "") if volume.described else ""
    return Decimal(said) if said.isdigit() else monthly(volume.meters[kind].quantity, volume.days)


def observed_speed(volume: Resource) -> Speed | None:
    """Give what 99 % of the points stayed below, reads and writes together; None = not observed for long enough.

    99.5 % of reads and 99.5 % of writes stay below their own, so at least 99 % of their sum stays below both.
    """
    seen = observed(volume, "disk_read_ops", "disk_write_ops", "disk_read_bytes", "disk_write_bytes")
    if seen is None:
        return None
    reads, writes, read_bytes, written_bytes = seen
    throughput = (read_bytes.p99_5 + written_bytes.p99_5) / _MIB
    return Speed(Decimal(str(round(reads.p99_5 + writes.p99_5, 1))), Decimal(str(round(throughput, 1))))


def gp2_speed(size: Decimal) -> Speed:
    """Give the most that a gp2 volume of this size can do, bursts included."""
    iops = min(max(GP2_IOPS_PER_GB * size, Decimal(GP2_BURST_IOPS)), Decimal(MOST_IOPS))
    return Speed(iops, Decimal(GP2_SLOW_THROUGHPUT if size <= GP2_SLOW_UP_TO_GB else GP2_FAST_THROUGHPUT))
