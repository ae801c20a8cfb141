"""Which resources are left alone, for their owners asked or they are too young? (domain.md 4, suppression and grace)

`finops:keep-until=2027-03-31` keeps a resource until that day; a tag that says backup or disaster recovery keeps it
until somebody takes the tag away. What the bill says of tags is not kept per resource, so they are the inventory's.
"""

from __future__ import annotations

from datetime import date

from finops_lib.analyses.savings.estate import Estate
from finops_lib.findings import Recommendation

KEEP_UNTIL = "finops:keep-until"
# Keys and values that say so, lower case; Google's labels know no colon.
_KEEP_KEYS = (KEEP_UNTIL, "finops-keep-until", "finops_keep_until")
_STANDBY_KEYS = ("dr", "disaster-recovery", "disaster_recovery", "standby")
_STANDBY_VALUES = ("dr", "disaster-recovery", "disaster recovery", "standby", "warm-standby", "pilot-light")
_PURPOSE_KEYS = ("purpose", "role", "usage", "tier")
_NO = ("", "false", "no", "0")


def is_young(estate: Estate, recommendation: Recommendation, *, grace_days: int) -> bool:
    """Say whether the resource came less than `grace_days` ago, and so may not have been put to use yet."""
    if not grace_days or not recommendation.resource_id:
        return False
    resource = estate.find(recommendation.provider, recommendation.account, recommendation.resource_id)
    return resource is not None and resource.age < grace_days


def is_suppressed(estate: Estate, recommendation: Recommendation) -> bool:
    """Say whether the resource carries a tag that asks for being left alone."""
    if not recommendation.resource_id:
        return False
    resource = estate.find(recommendation.provider, recommendation.account, recommendation.resource_id)
    if resource is None or resource.described is None:
        return False
    tags = {key.lower(): value.strip().lower() for key, value in resource.described.tags.items()}
    return _is_kept(tags, estate.as_of) or is_standby(tags)


def is_standby(tags: dict[str, str]) -> bool:
    """Say whether tags, in lower case, call a resource a standby for disaster recovery."""
    return any(tags.get(key, "") not in _NO for key in _STANDBY_KEYS) or any(
        tags.get(key, "") in _STANDBY_VALUES for key in _PURPOSE_KEYS
    )


def _is_kept(tags: dict[str, str], day: date) -> bool:
    until = next((tags[key] for key in _KEEP_KEYS if key in tags), "")
    try:
        return bool(until) and date.fromisoformat(until) >= day
    except ValueError:
        # Somebody wanted to keep it and wrote the day in another way: better silent than wrong.
        return True
