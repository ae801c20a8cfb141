"""What people decide about a recommendation: one function per verb, each one short transaction with its audit line.

Who proposed something does not approve it, and a commitment needs two who do. An approval is for the evidence and the
price that were seen: who approves names their hash, and what has changed since is shown again first.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy.orm import Session

from finops_lib.errors import ConfigError
from finops_lib.findings import KeptRecommendation, RecommendationStatus, Verification
from finops_lib.state import audit
from finops_lib.state.models import RecommendationRow
from finops_lib.state.open import State
from finops_lib.state.recommendation_life import AGREED, DONE, LONGEST_SNOOZE, WAITING, approval_of, approvers_needed
from finops_lib.state.recommendation_rows import (
    approvals_text,
    audit_name,
    event_row,
    kept_of,
    plain,
    row_named,
    verification_text,
)


def approve_recommendation(
    state: State, recommendation_id: str, *, evidence_hash: str, baseline: str, at: datetime, who: str
) -> KeptRecommendation:
    """Write down that somebody agrees; with the last approval needed it is approved.

    Args:
        evidence_hash: of the evidence that was seen.
        baseline: use and cost before the change, as JSON; kept with the approval that makes it approved.
    Raises:
        ConfigError: not one, not waiting, proposed or approved already by the same person, or changed meanwhile.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, recommendation_id)
        _require(row, WAITING, "approve")
        kept = kept_of(row)
        if who == kept.proposed_by:
            raise _refused(row, f"was proposed by {who}, who cannot approve it", "have somebody else approve it")
        if who in {approval.who for approval in kept.approvals}:
            raise _refused(row, f"is approved by {who} already", "a commitment needs two different people")
        if evidence_hash != row.evidence_hash:
            raise _refused(
                row, "was found again with other evidence meanwhile", f"finops savings show {row.recommendation_id}"
            )
        before = plain(row)
        approvals = (*kept.approvals, approval_of(kept.recommendation, who=who, at=at))
        row.approvals = approvals_text(approvals)
        row.until_day = None
        needed = approvers_needed(kept.recommendation) - len(approvals)
        if needed > 0:
            row.reason = f"approved by {who}; needs one more person"
            return _say(session, row, "pending", "co-approved", before, at=at, who=who, reason=row.reason)
        row.approved_at, row.baseline = at, baseline
        return _say(session, row, "approved", "approved", before, at=at, who=who)


def reject_recommendation(
    state: State, recommendation_id: str, *, reason: str, until: date | None, at: datetime, who: str
) -> KeptRecommendation:
    """Write down that it will not be done; silent until a day, or until the saving has grown by half.

    Raises:
        ConfigError: not one, implemented or over, or a day that is not to come.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, recommendation_id)
        _require(row, (*WAITING, *AGREED), "reject")
        _require_future(row, until, at)
        before = plain(row)
        row.until_day = until.isoformat() if until else None
        row.rejected_savings = row.monthly_savings
        _forget_approval(row)
        return _say(session, row, "rejected", "rejected", before, at=at, who=who, reason=reason)


def snooze_recommendation(
    state: State, recommendation_id: str, *, until: date, at: datetime, who: str, reason: str = ""
) -> KeptRecommendation:
    """Write down that it is looked at again on a day, within 180 days.

    Raises:
        ConfigError: not one, not waiting, or a day that is not to come or too far away.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, recommendation_id)
        _require(row, WAITING, "snooze")
        _require_future(row, until, at)
        latest = at.date() + LONGEST_SNOOZE
        if until > latest:
            raise _refused(row, f"cannot sleep until {until}", f"name a day until {latest}, or reject it")
        before = plain(row)
        row.until_day = until.isoformat()
        return _say(session, row, "snoozed", "snoozed", before, at=at, who=who, reason=reason)


def schedule_recommendation(
    state: State, recommendation_id: str, *, on: date, at: datetime, who: str, reference: str = ""
) -> KeptRecommendation:
    """Write down on which day an approved one is to be done.

    Raises:
        ConfigError: not one, not approved, or a day that is past.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, recommendation_id)
        _require(row, AGREED, "schedule")
        if on < at.date():
            raise _refused(row, f"cannot be done on {on}, which is past", "if it was done, finops savings implement")
        before = plain(row)
        row.scheduled_for = on.isoformat()
        row.reference = reference or row.reference
        return _say(session, row, "scheduled", "scheduled", before, at=at, who=who, reason=f"for {on}")


def implement_recommendation(
    state: State,
    recommendation_id: str,
    *,
    on: date,
    reference: str,
    by: str,
    commitment_id: str = "",
    at: datetime,
    who: str,
) -> KeptRecommendation:
    """Write down somebody's claim that it was done; later bills confirm it, or do not.

    Args:
        by: who made the change.
        reference: of the change: a ticket, a commit, an order.
        commitment_id: of a commitment: what was bought, as the bill names it.
    Raises:
        ConfigError: not one, not approved, or a day that is still to come.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, recommendation_id)
        _require(row, AGREED, "implement")
        if on > at.date():
            raise _refused(row, f"cannot have been done on {on}, which is to come", "finops savings schedule")
        before = plain(row)
        row.implemented_on, row.implemented_by, row.reference = on.isoformat(), by, reference
        row.commitment_id = commitment_id
        reason = f"on {on} by {by}: {reference}"
        return _say(session, row, "implemented", "implemented", before, at=at, who=who, reason=reason)


def withdraw_recommendation(
    state: State, recommendation_id: str, *, reason: str, at: datetime, who: str
) -> KeptRecommendation:
    """Write down that an approval is taken back; found again, it is proposed anew.

    Raises:
        ConfigError: not one, or not approved.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, recommendation_id)
        _require(row, AGREED, "withdraw")
        before = plain(row)
        _forget_approval(row)
        return _say(session, row, "withdrawn", "withdrawn", before, at=at, who=who, reason=reason)


def record_verification(
    state: State,
    recommendation_id: str,
    verification: Verification,
    *,
    at: datetime,
    who: str,
    run_id: str = "",
    snapshot: int | None = None,
) -> bool:
    """Write down what the bills say of an implemented one; give whether it says anything new.

    Raises:
        ConfigError: not one, or nobody says that it is implemented.
    """
    with state.write() as session:
        audit.take_turn(session)
        row = row_named(session, recommendation_id)
        _require(row, DONE, "verify")
        told = verification_text(verification)
        if told == row.verification:
            return False
        before = plain(row)
        row.verification = told
        if verification.status == row.status:
            # More days of the same: the amounts are kept, there is nothing to decide.
            row.changed_at = at
            return True
        realised = f"{verification.realised:.2f} a month ({verification.low:.2f} to {verification.high:.2f})"
        reason = f"{realised} of {verification.estimated:.2f} {row.currency}"
        action = verification.status.replace("_", " ")
        _say(
            session,
            row,
            verification.status,
            action,
            before,
            at=at,
            who=who,
            reason=reason,
            run_id=run_id,
            snapshot=snapshot,
        )
        return True


def note_export(state: State, recommendation_ids: Sequence[str], *, kind: str, at: datetime, who: str) -> None:
    """Write down that recommendations were handed to somebody's pipeline."""
    with state.write() as session:
        for recommendation_id in recommendation_ids:
            name, details = audit_name(recommendation_id), {"kind": kind}
            audit.note(session, at=at, who=who, action="recommendation exported", object=name, details=details)


def _say(
    session: Session,
    row: RecommendationRow,
    status: RecommendationStatus,
    action: str,
    before: dict[str, object],
    *,
    at: datetime,
    who: str,
    reason: str = "",
    run_id: str = "",
    snapshot: int | None = None,
) -> KeptRecommendation:
    row.status, row.changed_at, row.reason = status, at, reason
    session.add(event_row(row, action, at=at, who=who, reason=reason, run_id=run_id, snapshot=snapshot))
    audit.note(
        session,
        at=at,
        who=who,
        action=f"recommendation {action}",
        object=audit_name(row.recommendation_id),
        before=before,
        after=plain(row),
        details={
            "type": row.type,
            "resource": row.resource_id,
            "status": status,
            "saving": row.monthly_savings,
            "currency": row.currency,
            "evidence": row.evidence_hash,
            "reason": reason,
        },
        run_id=run_id,
    )
    return kept_of(row)


def _forget_approval(row: RecommendationRow) -> None:
    row.approvals, row.approved_at, row.baseline, row.scheduled_for = "[]", None, "", None


def _require(row: RecommendationRow, statuses: Collection[str], verb: str) -> None:
    if row.status not in statuses:
        is_status = row.status.replace("_", " ")
        wanted = " or ".join(status.replace("_", " ") for status in statuses)
        raise _refused(row, f"is {is_status}", f"{verb} takes one that is {wanted}")


def _require_future(row: RecommendationRow, until: date | None, at: datetime) -> None:
    if until is not None and until <= at.date():
        raise _refused(row, f"cannot be silent until {until}, which is not to come", "name a later day")


def _refused(row: RecommendationRow, what: str, next_step: str) -> ConfigError:
    return ConfigError(
        f"recommendation {row.recommendation_id} {what}",
        next_step=next_step,
        recommendation_id=row.recommendation_id,
        status=row.status,
    )
