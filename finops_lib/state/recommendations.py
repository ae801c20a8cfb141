"""Recommendations: what a search found is written down as one, in one transaction; what became of each is kept.

The same fingerprint is the same recommendation: a search updates its evidence and never writes a second row, however
often it runs and however many run at once. What time and the search make of each is in recommendation_life.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from finops_lib.errors import ConfigError
from finops_lib.findings import KeptRecommendation, Recommendation
from finops_lib.state import audit
from finops_lib.state.models import RecommendationEventRow, RecommendationRow
from finops_lib.state.open import State
from finops_lib.state.recommendation_life import (
    AGREED,
    WAITING,
    comes_back,
    has_regressed,
    why_expired,
    why_lapsed,
    why_woken,
)
from finops_lib.state.recommendation_rows import (
    RecommendationEvent,
    audit_name,
    event_of,
    event_row,
    kept_of,
    new_id,
    plain,
    row_named,
    values_of,
)

# provider, account, resource id.
ResourceName = tuple[str, str, str]
# What changes a saving or cost by a smaller part is not worth a line.
_SAME_MONEY = Decimal("0.01")
LIVE = (*WAITING, *AGREED, "implemented")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a search changed; ids.

    Args:
        new: found for the first time, or again after it was over.
        changed: evidence or saving are others than before.
        woken: told again after they were silent.
        lapsed: approvals that no longer hold.
        superseded, expired, resolved, regressed: what is over.
    """

    new: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    woken: tuple[str, ...] = ()
    lapsed: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()
    expired: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    regressed: tuple[str, ...] = ()


def record_recommendations(
    state: State,
    found: Sequence[Recommendation],
    *,
    gone: Collection[ResourceName] = (),
    as_of: date,
    at: datetime,
    who: str,
    run_id: str = "",
    snapshot: int | None = None,
) -> Recorded:
    """Write down what a search found, and what it and time make of what was known.

    The same data again changes nothing: no row, no event, no audit line.

    Args:
        found: by all rules, in all currencies.
        gone: resources that the bill shows no more.
        as_of: last included day of the search.
        who: proposes what is new, and may not approve it.
    Raises:
        ConfigError: a later search was written down already.
    """
    with state.write() as session:
        audit.take_turn(session)
        writing = _Writing(session, as_of, at, who, run_id, snapshot)
        writing.refuse_going_back()
        writing.expire()
        # Charges that name no resource may be found as several piles of one name: the largest speaks for them.
        smallest_first = sorted(found, key=lambda one: (one.monthly_savings, repr(one)))
        once = {recommendation.fingerprint: recommendation for recommendation in smallest_first}
        ids = {fingerprint: writing.enter(recommendation) for fingerprint, recommendation in sorted(once.items())}
        writing.end_what_was_not_found(found, ids, set(gone))
        session.flush()
        done = writing.done
        return Recorded(
            new=(*done.get("found", ()), *done.get("found again", ())),
            changed=done.get("changed", ()),
            woken=done.get("woken", ()),
            lapsed=done.get("approval lapsed", ()),
            superseded=done.get("superseded", ()),
            expired=done.get("expired", ()),
            resolved=done.get("resolved externally", ()),
            regressed=done.get("regressed", ()),
        )


def list_recommendations(state: State, *, statuses: Collection[str] | None = None) -> list[KeptRecommendation]:
    """Give recommendations, the largest saving first; of these statuses, where some are given."""
    query = select(RecommendationRow)
    if statuses is not None:
        query = query.where(RecommendationRow.status.in_(statuses))
    with state.read() as session:
        kept = [kept_of(row) for row in session.scalars(query)]
    return sorted(kept, key=lambda one: (-one.recommendation.monthly_savings, one.recommendation_id))


def get_recommendation(state: State, recommendation_id: str) -> tuple[KeptRecommendation, list[RecommendationEvent]]:
    """Give one recommendation and what happened to it, oldest first; ConfigError if there is not just one."""
    with state.read() as session:
        row = row_named(session, recommendation_id)
        events = select(RecommendationEventRow).where(RecommendationEventRow.recommendation_id == row.recommendation_id)
        return kept_of(row), [
            event_of(one) for one in session.scalars(events.order_by(RecommendationEventRow.event_id))
        ]


class _Writing:
    """Writes one search inside its transaction, and gathers what changed: action -> ids."""

    def __init__(
        self, session: Session, as_of: date, at: datetime, who: str, run_id: str, snapshot: int | None
    ) -> None:
        self._session, self._as_of, self._at, self._who = session, as_of, at, who
        self._run_id, self._snapshot = run_id, snapshot
        rows = session.scalars(select(RecommendationRow).order_by(RecommendationRow.occurrence))
        # The newest occurrence of each; those before it are over.
        self._rows = {row.fingerprint: row for row in rows}
        self.done: dict[str, tuple[str, ...]] = {}

    def refuse_going_back(self) -> None:
        newest = max((row.last_found for row in self._rows.values()), default="")
        if newest > self._as_of.isoformat():
            raise ConfigError(
                f"recommendations were looked for through {newest} already, after {self._as_of}",
                next_step="leave --as-of out, or name a later day",
                as_of=self._as_of,
            )

    def expire(self) -> None:
        """End what time alone has ended: approvals first, so that what is still found is proposed anew."""
        for row in self._rows.values():
            if row.status in AGREED and (reason := why_expired(kept_of(row), as_of=self._as_of, today=self._today)):
                self._move(row, "expired", "expired", reason)

    def enter(self, found: Recommendation) -> str:
        """Write a new recommendation, or how a known one is now; give its id."""
        row = self._rows.get(found.fingerprint)
        if row is None:
            return self._add(found, occurrence=1)
        kept = kept_of(row)
        if comes_back(kept, as_of=self._as_of):
            if has_regressed(kept, as_of=self._as_of):
                self._move(row, "regressed", "regressed", f"found again through {self._as_of}")
            return self._add(found, occurrence=row.occurrence + 1, previous_id=row.recommendation_id)
        is_new_day = row.last_found < self._as_of.isoformat()
        if is_new_day:
            row.last_found, row.times_found = self._as_of.isoformat(), row.times_found + 1
        if row.status in (*WAITING, *AGREED, "rejected"):
            self._update(row, kept, found)
        return row.recommendation_id

    def end_what_was_not_found(
        self, found: Sequence[Recommendation], ids: dict[str, str], gone: set[ResourceName]
    ) -> None:
        """End what another target took the place of, what is no longer there, and what was not seen for long."""
        others: dict[tuple[str, ...], str] = {
            (*_resource(one), one.type): ids[one.fingerprint] for one in found if one.resource_id
        }
        for fingerprint, row in self._rows.items():
            if fingerprint in ids or row.status not in (*WAITING, *AGREED):
                continue
            kept = kept_of(row)
            resource = _resource(kept.recommendation)
            if successor := others.get((*resource, row.type), ""):
                row.superseded_by = successor
                self._move(row, "superseded", "superseded", f"by {successor}")
            elif resource in gone:
                self._move(row, "resolved_externally", "resolved externally", "the bill shows the resource no more")
            elif reason := why_expired(kept, as_of=self._as_of, today=self._today):
                self._move(row, "expired", "expired", reason)

    @property
    def _today(self) -> date:
        return self._at.date()

    def _add(self, found: Recommendation, *, occurrence: int, previous_id: str = "") -> str:
        row = RecommendationRow(
            **values_of(found),
            recommendation_id=new_id(found, occurrence),
            occurrence=occurrence,
            previous_id=previous_id,
            superseded_by="",
            status="pending",
            proposed_by=self._who,
            first_found=self._as_of.isoformat(),
            last_found=self._as_of.isoformat(),
            times_found=1,
            approvals="[]",
            reason="",
            implemented_by="",
            reference="",
            commitment_id="",
            baseline="",
            verification="",
            found_at=self._at,
            changed_at=self._at,
        )
        self._session.add(row)
        self._say(row, "found again" if previous_id else "found", None, previous_id and f"after {previous_id}")
        return row.recommendation_id

    def _update(self, row: RecommendationRow, kept: KeptRecommendation, found: Recommendation) -> None:
        rejected = Decimal(row.rejected_savings) if row.rejected_savings else None
        woken = why_woken(kept, found, rejected_savings=rejected, today=self._today)
        if row.status == "rejected" and not woken:
            return
        before = plain(row)
        has_changed = _is_other(kept.recommendation, found)
        lapsed = next(filter(None, (why_lapsed(approval, found) for approval in kept.approvals)), "")
        for name, value in values_of(found).items():
            setattr(row, name, value)
        if woken:
            row.until_day, row.rejected_savings = None, None
            self._move(row, "pending", "woken", woken, before=before)
        elif lapsed:
            row.approvals, row.approved_at, row.baseline, row.scheduled_for = "[]", None, "", None
            self._move(row, "pending", "approval lapsed", lapsed, before=before)
        elif has_changed:
            row.changed_at = self._at
            self._say(row, "changed", before)

    def _move(
        self, row: RecommendationRow, status: str, action: str, reason: str, *, before: dict[str, object] | None = None
    ) -> None:
        known = before or plain(row)
        row.status, row.reason, row.changed_at = status, reason, self._at
        self._say(row, action, known, reason)

    def _say(self, row: RecommendationRow, action: str, before: dict[str, object] | None, reason: str = "") -> None:
        self.done[action] = (*self.done.get(action, ()), row.recommendation_id)
        told = {"at": self._at, "who": self._who, "run_id": self._run_id}
        self._session.add(event_row(row, action, reason=reason, snapshot=self._snapshot, **told))  # type: ignore[arg-type]
        if action == "changed":
            # Evidence changes every day; the events say so, the audit log holds decisions.
            return
        audit.note(
            self._session,
            **told,  # type: ignore[arg-type]
            action=f"recommendation {action}",
            object=audit_name(row.recommendation_id),
            before=before,
            after=plain(row),
            details={"type": row.type, "status": row.status, "saving": row.monthly_savings, "reason": reason},
        )


def _is_other(before: Recommendation, now: Recommendation) -> bool:
    """Say whether a change is worth a line; the words of the evidence count its days and change with each."""
    pairs = ((before.monthly_savings, now.monthly_savings), (before.current_monthly_cost, now.current_monthly_cost))
    if any(abs(new - old) > _SAME_MONEY * abs(old) for old, new in pairs):
        return True
    return any(getattr(before, name) != getattr(now, name) for name in ("priority", "risk", "owner", "price_grade"))


def _resource(recommendation: Recommendation) -> ResourceName:
    return recommendation.provider, recommendation.account, recommendation.resource_id
