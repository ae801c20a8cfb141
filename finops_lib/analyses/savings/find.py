"""Which rules have something to say? All of them over one estate; and how far did each get?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from finops_lib.analyses.savings.advice import settled
from finops_lib.analyses.savings.estate import COMMITMENTS, METERS, Estate
from finops_lib.analyses.savings.needs import Evaluation, Look, evaluate
from finops_lib.analyses.savings.rules import RULES
from finops_lib.analyses.savings.suppressed import is_suppressed, is_young
from finops_lib.errors import ConfigError, QualityError
from finops_lib.findings import Recommendation

if TYPE_CHECKING:
    import polars as pl

# A month, in the currency of the bill: less is not worth the hour. All pages share it, so their sums agree.
MIN_MONTHLY = Decimal(1)


def find_savings(
    frames: Mapping[str, pl.DataFrame], *, as_of: date, min_monthly: Decimal | float = MIN_MONTHLY
) -> list[Recommendation]:
    """Run every rule over the estate, the largest saving first; savings may overlap (see `portfolio`).

    Args:
        frames: figure query -> its rows (estate.READS), one currency; those of the bill must be there.
        as_of: the last included day.
        min_monthly: smaller savings are left out; reviews, which carry no number, stay.
    Raises:
        ConfigError: a frame of the bill is missing.
        QualityError: a frame knows more than the last included day.
    """
    return find_in(estate_of(frames, as_of=as_of), min_monthly=min_monthly)


def estate_of(frames: Mapping[str, pl.DataFrame], *, as_of: date) -> Estate:
    """Bring the frames together after a look at whether they are those of this day.

    Raises:
        ConfigError, QualityError: as `find_savings`.
    """
    for name in (METERS, COMMITMENTS):
        if name not in frames:
            raise ConfigError(f"savings read {name}, which is not there", next_step=f"add run.query({name!r})")
    for name, frame in frames.items():
        through = frame.get_column("data_through").max() if "data_through" in frame.columns else None
        if isinstance(through, date) and through > as_of:
            raise QualityError(
                f"{name} goes through {through}, the last included day is {as_of}", next_step="query it for that day"
            )
    return Estate.of(frames, as_of=as_of)


def find_in(estate: Estate, *, min_monthly: Decimal | float = MIN_MONTHLY) -> list[Recommendation]:
    """Run every rule over an estate; what somebody asked to keep is left alone, and what came a few days ago.

    A rule without its data finds nothing, whatever is left of an older look (see `evaluations`).
    """
    least = Decimal(str(min_monthly))
    looked = {(look.provider, look.type) for look in estate.looks if not look.needs}
    kept = [
        recommendation
        for rule in map(RULES.get, RULES.names())
        for recommendation in rule.recommendations(estate)
        if recommendation.monthly_savings == 0 or recommendation.monthly_savings >= least
        if all(
            (recommendation.provider, need.look) in looked for need in rule.needs if need.is_of(recommendation.provider)
        )
        if not is_suppressed(estate, recommendation)
        if not is_young(estate, recommendation, grace_days=rule.grace_days)
    ]
    return sorted(settled(kept), key=lambda r: (-r.monthly_savings, r.type, r.provider, r.account, r.resource_id))


def evaluations(estate: Estate) -> Iterator[Evaluation]:
    """Say of every rule and provider of the estate how far it got, in the order of the checks' numbers."""
    providers = sorted({one.provider for one in estate.resources.values()})
    looks: dict[tuple[str, str], list[Look]] = defaultdict(list)
    for look in estate.looks:
        looks[look.provider, look.type].append(look)
    rules = sorted((RULES.get(name) for name in RULES.names()), key=lambda rule: (rule.check, rule.name))
    for rule in rules:
        for provider in providers:
            if provider in rule.providers:
                asked = dict.fromkeys(need.look for need in (*rule.needs, *rule.better_with))
                of_it = [look for type_ in asked for look in looks[provider, type_]]
                yield evaluate(rule.name, rule.check, provider, rule.needs, rule.better_with, of_it)
