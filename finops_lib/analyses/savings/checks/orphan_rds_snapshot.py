"""Backups of databases that are gone (A19): their storage is charged on."""

from __future__ import annotations

from collections.abc import Iterator

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

ORPHAN_DAYS = 30
_DATABASE = "aws-rds-instance"


@rule(
    "orphan-rds-snapshot",
    check="A19",
    providers=("aws",),
    needs=(bill(), inventory(_DATABASE)),
    step="clean-up",
    grace_days=ORPHAN_DAYS,
)
def orphan_rds_snapshot(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.with_meter("database-backup"):
        # A cluster is no instance, and whether it is there nobody looked.
        if ":db:" not in found.id or found.described is not None or not found.has_now("database-backup"):
            continue
        if not estate.has_looked(inventory(_DATABASE), found):
            continue
        ran = [m.last_day for kind, m in found.meters.items() if kind in ("database-hours", "database-storage")]
        gone = (found.data_through - max(ran)).days if ran else found.age
        if gone < ORPHAN_DAYS:
            continue
        yield recommend(
            "orphan-rds-snapshot",
            found,
            action="delete what no rule asks to keep",
            evidence=f"backups are charged {gone} days after the database was last seen",
            monthly_savings=found.monthly_of("database-backup"),
            confidence=0.6,
            change="delete data",
            facts={"days_gone": gone, "database": found.id.rpartition(":")[2]},
        )
