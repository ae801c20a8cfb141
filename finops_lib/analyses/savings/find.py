"""Which rules have something to say? All of them over the frames they read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import polars as pl

from finops_lib.analyses.savings.rules import RULES
from finops_lib.errors import ConfigError, QualityError
from finops_lib.findings import Recommendation

# A month, in the currency of the bill: less is not worth the hour. All pages share it, so their sums agree.
MIN_MONTHLY = Decimal(1)


def find_savings(
    frames: Mapping[str, pl.DataFrame], *, as_of: date, min_monthly: Decimal | float = MIN_MONTHLY
) -> list[Recommendation]:
    """Run every rule over the frame it reads, the largest saving first; savings may overlap (see `portfolio`).

    Args:
        frames: figure query -> its rows, one currency.
        as_of: the last included day.
        min_monthly: smaller savings are left out; reviews, which carry no number, stay.
    Raises:
        ConfigError: a frame that some rule reads is missing.
        QualityError: a frame knows more than the last included day.
    """
    for name, frame in frames.items():
        through = frame.get_column("data_through").max()
        if isinstance(through, date) and through > as_of:
            raise QualityError(
                f"{name} goes through {through}, the last included day is {as_of}", next_step="query it for that day"
            )
    least = Decimal(str(min_monthly))
    found = []
    for name in RULES.names():
        rule = RULES.get(name)
        if rule.reads not in frames:
            raise ConfigError(
                f"rule {name!r} reads {rule.reads}, which is not there", next_step=f"add run.query({rule.reads!r})"
            )
        found += [r for r in rule.find(frames[rule.reads]) if r.monthly_savings == 0 or r.monthly_savings >= least]
    return sorted(found, key=lambda r: (-r.monthly_savings, r.type, r.provider, r.account, r.resource_id))
