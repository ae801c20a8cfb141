"""Log groups that keep everything for ever (A28).

What is stored is at least what came in within the retention; the rest is older and would go. Logs are stored packed
and charged so, while they come in unpacked: the saving is a lower bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import bill, inventory
from finops_lib.analyses.savings.resources import monthly, recommend
from finops_lib.analyses.savings.rules import rule
from finops_lib.findings import Recommendation

_GROUP = "aws-log-group"
TARGET_MONTHS = 3


@rule(
    "log-group-without-retention",
    check="A28",
    providers=("aws",),
    needs=(bill(), inventory(_GROUP)),
    step="clean-up",
    effort="VeryLow",
)
def log_group_without_retention(estate: Estate) -> Iterator[Recommendation]:
    for found in estate.of_type(_GROUP):
        if (
            found.described is None
            or found.described.attributes.get("retention_days")
            or "log-storage" not in found.meters
        ):
            continue
        stored = monthly(found.meters["log-storage"].quantity, found.days)
        came = found.meters["log-ingestion"].quantity if "log-ingestion" in found.meters else Decimal(0)
        kept = min(stored, TARGET_MONTHS * monthly(came, found.days))
        saving = found.monthly_of("log-storage") * (stored - kept) / stored if stored > 0 else Decimal(0)
        yield recommend(
            "log-group-without-retention",
            found,
            action=f"keep its logs for {TARGET_MONTHS * 30} days",
            evidence=f"no retention; {stored:,.0f} GB stored, {monthly(came, found.days):,.0f} GB come in a month",
            monthly_savings=saving,
            confidence=0.6,
            change="delete data",
            facts={"stored_gb": f"{stored:.0f}", "ingested_gb_a_month": f"{monthly(came, found.days):.0f}"},
        )
