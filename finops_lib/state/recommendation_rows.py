"""A recommendation as a row, and back: money as text with its digits, days as ISO dates, records as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.orm import Session

from finops_lib.errors import ConfigError
from finops_lib.findings import Approval, KeptRecommendation, Recommendation, Verification
from finops_lib.state.models import RecommendationEventRow, RecommendationRow

_RECOMMENDATION = TypeAdapter(Recommendation)
_APPROVALS = TypeAdapter(tuple[Approval, ...])
_VERIFICATION = TypeAdapter(Verification)
_PLAIN = ("type", "provider", "account", "resource_id", "target", "step", "currency", "priority", "owner")
_KEPT = (
    "recommendation_id",
    "occurrence",
    "proposed_by",
    "times_found",
    "previous_id",
    "superseded_by",
    "approved_at",
    "reason",
    "implemented_by",
    "reference",
    "commitment_id",
    "baseline",
)
# Long enough that two never share one, short enough to be typed.
_ID_LENGTH = 12


@dataclass(frozen=True, slots=True)
class RecommendationEvent:
    """Something that happened to a recommendation, as it was then.

    Args:
        action: found, found again, changed, woken, approval lapsed, superseded, expired, resolved externally,
            regressed; co-approved, approved, rejected, snoozed, scheduled, implemented, withdrawn; verified,
            partially verified, not realised.
    """

    recommendation_id: str
    at: datetime
    who: str
    action: str
    status: str
    reason: str
    monthly_savings: Decimal
    evidence_hash: str


def new_id(recommendation: Recommendation, occurrence: int) -> str:
    """Name an occurrence; the same one gets the same name whoever finds it."""
    short = recommendation.fingerprint[:_ID_LENGTH]
    return short if occurrence == 1 else f"{short}-{occurrence}"


def values_of(recommendation: Recommendation) -> dict[str, Any]:
    """Give what is stored of a finding."""
    return {
        **{name: getattr(recommendation, name) for name in _PLAIN},
        "fingerprint": recommendation.fingerprint,
        "monthly_savings": f"{recommendation.monthly_savings:f}",
        "current_monthly_cost": f"{recommendation.current_monthly_cost:f}",
        "confidence": recommendation.confidence,
        "definition": _RECOMMENDATION.dump_json(recommendation).decode(),
        "evidence_hash": recommendation.evidence_hash,
    }


def found_of(row: RecommendationRow) -> Recommendation:
    """Give the finding of a row."""
    return _RECOMMENDATION.validate_json(row.definition)


def kept_of(row: RecommendationRow) -> KeptRecommendation:
    """Give the record of a row."""
    values: dict[str, Any] = {name: getattr(row, name) for name in _KEPT}
    return KeptRecommendation(
        **values,
        recommendation=found_of(row),
        status=row.status,  # type: ignore[arg-type]  # the literal that was written
        first_found=date.fromisoformat(row.first_found),
        last_found=date.fromisoformat(row.last_found),
        approvals=_APPROVALS.validate_json(row.approvals),
        until=_day(row.until_day),
        scheduled_for=_day(row.scheduled_for),
        implemented_on=_day(row.implemented_on),
        verification=_VERIFICATION.validate_json(row.verification) if row.verification else None,
    )


def approvals_text(approvals: Sequence[Approval]) -> str:
    """Write approvals as they are stored."""
    return _APPROVALS.dump_json(tuple(approvals)).decode()


def verification_text(verification: Verification) -> str:
    """Write a verification as it is stored."""
    return _VERIFICATION.dump_json(verification).decode()


def event_row(
    row: RecommendationRow,
    action: str,
    *,
    at: datetime,
    who: str,
    reason: str = "",
    run_id: str = "",
    snapshot: int | None = None,
) -> RecommendationEventRow:
    """Make the line that says what happened to a recommendation, with how it is then."""
    return RecommendationEventRow(
        recommendation_id=row.recommendation_id,
        at=at,
        who=who,
        action=action,
        status=row.status,
        reason=reason,
        monthly_savings=row.monthly_savings,
        evidence_hash=row.evidence_hash,
        run_id=run_id,
        snapshot=snapshot,
    )


def event_of(row: RecommendationEventRow) -> RecommendationEvent:
    """Give the record of an event's row."""
    return RecommendationEvent(
        row.recommendation_id,
        row.at,
        row.who,
        row.action,
        row.status,
        row.reason,
        Decimal(row.monthly_savings),
        row.evidence_hash,
    )


def audit_name(recommendation_id: str) -> str:
    """Give what the audit log calls a recommendation."""
    return f"recommendation:{recommendation_id}"


def plain(row: RecommendationRow) -> dict[str, Any]:
    """Give a row as plain JSON values, for the audit log's hashes."""
    moments = ("found_at", "changed_at", "approved_at")
    return {c.name: getattr(row, c.name) for c in RecommendationRow.__table__.columns if c.name not in moments}


def row_named(session: Session, recommendation_id: str) -> RecommendationRow:
    """Give one recommendation by its id or a beginning of it; of its occurrences the newest.

    Raises:
        ConfigError: there is none, or not just one.
    """
    if exact := session.get(RecommendationRow, recommendation_id):
        return exact
    begins = RecommendationRow.recommendation_id.startswith(recommendation_id, autoescape=True)
    newest = select(RecommendationRow).where(begins).order_by(RecommendationRow.occurrence.desc())
    rows = list(session.scalars(newest)) if recommendation_id else []
    if len({row.fingerprint for row in rows}) == 1:
        return rows[0]
    problem = "several recommendations begin with" if rows else "there is no recommendation"
    raise ConfigError(
        f"{problem} {recommendation_id!r}", next_step="finops savings list --all", recommendation_id=recommendation_id
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
