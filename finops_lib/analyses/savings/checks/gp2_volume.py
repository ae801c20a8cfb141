"""gp2 volumes that would be cheaper as gp3 (A03), priced from the customer's own gp2 rate.

Assumptions, for the bill does not hold them: gp3 costs 0.8 of gp2 per GB; an IOPS above 3,000 costs 6 % and a MB/s
above 125 costs 50 % of a gp3 GB-month; the volume needs what gp2 sustains at its size (3 IOPS a GB, 250 MB/s from
334 GB on).
Source: the bill-only variant of domain.md 4, A03.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.resources import monthly, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

GP3_SHARE, IOPS_SHARE, THROUGHPUT_SHARE = Decimal("0.8"), Decimal("0.06"), Decimal("0.5")
IOPS_PER_GB, MOST_IOPS, FREE_IOPS = 3, 16000, 3000
FAST_FROM_GB, FAST_THROUGHPUT, FREE_THROUGHPUT = 334, 250, 125


@rule("gp2-volume", check="A03", providers=("aws",), step="rightsize")
def gp2_volume(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("volume-gp2"):
        if not found.id or not found.has_now("volume-gp2"):
            continue
        volume = found.meters["volume-gp2"]
        size = monthly(volume.quantity, found.days)
        cost = found.monthly_of("volume-gp2")
        if size <= 0 or cost <= 0:
            continue
        saving = cost - gp3_cost(size, cost / size)
        if saving <= 0:
            continue
        yield recommend(
            "gp2-volume",
            found,
            action="change the type to gp3",
            evidence=f"{size:,.0f} GB of gp2; gp3 that sustains the same costs 20 % less per GB",
            monthly_savings=saving,
            confidence=0.8,
            change="config",
        )


def gp3_cost(size_gb: Decimal, gp2_price: Decimal) -> Decimal:
    """Give the monthly cost of a gp3 volume that sustains what a gp2 volume of this size does.

    Args:
        gp2_price: per GB and month, as the customer pays it.
    """
    price = GP3_SHARE * gp2_price
    iops = min(IOPS_PER_GB * size_gb, Decimal(MOST_IOPS))
    throughput = FAST_THROUGHPUT if size_gb >= FAST_FROM_GB else FREE_THROUGHPUT
    return (
        size_gb * price
        + max(iops - FREE_IOPS, Decimal(0)) * IOPS_SHARE * price
        + (throughput - FREE_THROUGHPUT) * THROUGHPUT_SHARE * price
    )
