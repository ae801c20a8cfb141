"""Volumes of a running machine on which next to nothing is read or written (A05).

A cold volume (sc1) keeps the data at hand. It takes no less than 125 GB, and no machine starts from it.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.machines import observed
from finops_lib.analyses.savings.needs import bill, inventory, metrics
from finops_lib.analyses.savings.own_prices import own_prices
from finops_lib.analyses.savings.resources import Resource, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.analyses.savings.volume_speed import COLD_METER, size_gb
from finops_lib.findings import Recommendation

LOW_OPS_A_DAY = 100
LEAST_COLD_GB = 125
_VOLUME = "aws-ebs-volume"
_DISKS = ("volume", "volume-gp2", "volume-io")
# sc1 over the present type, per GB at list prices of late 2026: 0.015 against 0.08, 0.10 and 0.125. Not checked since.
_COLD_OF = {"gp3": Decimal("0.1875"), "gp2": Decimal("0.15"), "io1": Decimal("0.12"), "io2": Decimal("0.12")}
_SECONDS_A_DAY = 86_400


@rule(
    "low-io-volume",
    check="A05",
    providers=("aws",),
    needs=(bill(), inventory(_VOLUME), metrics(_VOLUME, "disk_read_ops"), metrics(_VOLUME, "disk_write_ops")),
    step="rightsize",
    grace_days=30,
)
def low_io_volume(estate: Estate) -> Iterator[Recommendation]:
    cold = own_prices(estate, "volume", ending=COLD_METER)
    for found in estate.with_meter(*_DISKS):
        kind = next((kind for kind in _DISKS if found.has_now(kind)), "")
        seen = observed(found, "disk_read_ops", "disk_write_ops")
        if not kind or seen is None or not _can_be_cold(found):
            continue
        ops_a_day = sum(metric.mean for metric in seen) * _SECONDS_A_DAY
        size, type_ = size_gb(found, kind), found.described.attributes["volume_type"] if found.described else ""
        if ops_a_day >= LOW_OPS_A_DAY or size < LEAST_COLD_GB:
            continue
        own = cold.get(found.region)
        after, grade = (_COLD_OF[type_] * found.monthly_of(kind), "B") if own is None else (size * own, "A")
        yield recommend(
            "low-io-volume",
            found,
            action="change the type to sc1, or snapshot and delete",
            evidence=f"{ops_a_day:.0f} reads and writes a day in {seen[0].hours // 24} days; as sc1 it costs "
            f"{after:,.2f} a month, not {found.monthly_cost:,.2f}",
            monthly_savings=found.monthly_cost - after,
            confidence=0.7,
            change="config",
            target="sc1",
            price_grade=grade,
            facts={
                "ops_a_day": f"{ops_a_day:.0f}",
                "hours_observed": min(metric.hours for metric in seen),
                "size_gb": f"{size:.0f}",
                "volume_type": type_,
                "monthly_cost_after": f"{after:.2f}",
            },
        )


def _can_be_cold(volume: Resource) -> bool:
    known = volume.described
    # The volume that a machine starts from is made and deleted with it.
    return (
        known is not None
        and known.state == "in-use"
        and known.attributes.get("volume_type") in _COLD_OF
        and known.attributes.get("deleted_with_instance") != "yes"
    )
