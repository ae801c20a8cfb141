"""For how long has it been so, and was it watched for long enough to be believed?

A provider that does not say when a resource was made still bills it: it is as old as its first charge, at least.
"""

from __future__ import annotations

from datetime import date
from typing import TypeGuard

from finops_lib.analyses.savings.resources import GRACE_DAYS, Resource, Utilisation

# A condition of which only today's state is known may have begun today.
SINCE_NOT_KNOWN = 0.8
# Advice about use needs 80 % of the hours of two weeks (domain.md 2.2).
WATCHED_HOURS = round(0.8 * 24 * GRACE_DAYS)


def age_days(resource: Resource, day: date) -> int:
    """Give the age of a resource at the end of `day`, in days; a lower bound where its provider does not say."""
    billed = (day - resource.first_day).days if resource.meters else 0
    if resource.described is None:
        return billed
    known = resource.described.age(day)
    return known if resource.described.created_at is not None else max(known, billed)


def days_so(resource: Resource, day: date) -> int | None:
    """Say for how many days a resource has been in its state; None = its provider does not say."""
    return None if resource.described is None else resource.described.days_in_state(day)


def is_settled(resource: Resource, day: date, *, grace_days: int = GRACE_DAYS) -> bool:
    """Say whether a resource, and its state where that has a date, is older than the grace."""
    since = days_so(resource, day)
    return age_days(resource, day) >= grace_days and (since is None or since >= grace_days)


def sureness(resource: Resource, day: date, confidence: float) -> float:
    """Lower a confidence where nobody knows since when the resource is in its state."""
    return confidence if days_so(resource, day) is not None else round(confidence * SINCE_NOT_KNOWN, 3)


def is_watched(use: Utilisation | None) -> TypeGuard[Utilisation]:
    """Say whether there are enough hours of a metric to call the resource idle by it."""
    return use is not None and use.hours >= WATCHED_HOURS
