"""What people decide about a recommendation: `finops savings approve`, `reject`, `snooze`, `schedule`, `implement`."""

from __future__ import annotations

from datetime import date, datetime

from finops_lib.errors import ConfigError
from finops_lib.findings import KeptRecommendation
from finops_lib.runs import clock
from finops_lib.runs.acting import acting_user
from finops_lib.runs.opened import opened_state
from finops_lib.runs.savings_verify import baseline_text
from finops_lib.settings import Settings
from finops_lib.state.recommendation_words import (
    approve_recommendation,
    implement_recommendation,
    reject_recommendation,
    schedule_recommendation,
    snooze_recommendation,
    withdraw_recommendation,
)
from finops_lib.state.recommendations import get_recommendation


def approve(settings: Settings, recommendation_id: str, *, now: datetime | None = None) -> KeptRecommendation:
    """Agree to a recommendation as the acting user; what was used before is frozen for its verification.

    Raises:
        ConfigError: no such recommendation, not waiting, or proposed or approved by the same person.
        LakeError: there is no lake, or it holds no charges.
    """
    with opened_state(settings) as state:
        kept, _ = get_recommendation(state, recommendation_id)
        return approve_recommendation(
            state,
            kept.recommendation_id,
            evidence_hash=kept.recommendation.evidence_hash,
            baseline=baseline_text(settings, kept.recommendation),
            at=now or clock.now(),
            who=acting_user(),
        )


def reject(
    settings: Settings, recommendation_id: str, *, reason: str, until: date | None = None, now: datetime | None = None
) -> KeptRecommendation:
    """Say that it will not be done, and why.

    Raises:
        ConfigError: no reason, no such recommendation, or one that is implemented or over.
    """
    _require_text(reason, "--reason", "say why, so that nobody asks again")
    with opened_state(settings) as state:
        return reject_recommendation(
            state, recommendation_id, reason=reason.strip(), until=until, at=now or clock.now(), who=acting_user()
        )


def snooze(
    settings: Settings, recommendation_id: str, *, until: date, reason: str = "", now: datetime | None = None
) -> KeptRecommendation:
    """Put it off until a day, within 180 days."""
    with opened_state(settings) as state:
        return snooze_recommendation(
            state, recommendation_id, until=until, reason=reason, at=now or clock.now(), who=acting_user()
        )


def schedule(
    settings: Settings, recommendation_id: str, *, on: date, reference: str = "", now: datetime | None = None
) -> KeptRecommendation:
    """Say on which day an approved one is to be done."""
    with opened_state(settings) as state:
        return schedule_recommendation(
            state, recommendation_id, on=on, reference=reference, at=now or clock.now(), who=acting_user()
        )


def implement(
    settings: Settings,
    recommendation_id: str,
    *,
    reference: str,
    on: date | None = None,
    by: str = "",
    commitment_id: str = "",
    now: datetime | None = None,
) -> KeptRecommendation:
    """Say that it was done; later bills confirm it, or do not.

    Raises:
        ConfigError: no reference, no such recommendation, or one that is not approved; a commitment without its id.
    """
    _require_text(reference, "--reference", "name the ticket, commit or order of the change")
    at = now or clock.now()
    with opened_state(settings) as state:
        kept, _ = get_recommendation(state, recommendation_id)
        if kept.recommendation.step == "commit":
            _require_text(commitment_id, "--commitment", "name what was bought as the bill does (CommitmentDiscountId)")
        return implement_recommendation(
            state,
            kept.recommendation_id,
            on=on or at.date(),
            reference=reference.strip(),
            by=by.strip() or acting_user(),
            commitment_id=commitment_id.strip(),
            at=at,
            who=acting_user(),
        )


def withdraw(
    settings: Settings, recommendation_id: str, *, reason: str, now: datetime | None = None
) -> KeptRecommendation:
    """Take an approval back, and say why."""
    _require_text(reason, "--reason", "say why")
    with opened_state(settings) as state:
        return withdraw_recommendation(
            state, recommendation_id, reason=reason.strip(), at=now or clock.now(), who=acting_user()
        )


def _require_text(text: str, option: str, next_step: str) -> None:
    if not text.strip():
        raise ConfigError(f"{option} is empty", next_step=next_step)
