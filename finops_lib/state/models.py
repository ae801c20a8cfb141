"""The tables of the state database; `migrations/versions` makes them, a test holds the two together."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Float, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC. SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """All tables of the state database."""


class Run(Base):
    """One notebook run. JSON is kept as text, so that any SQL reader of the file sees the same."""

    __tablename__ = "run"
    __table_args__ = (Index("run_notebook_started_at", "notebook", "started_at"), Index("run_status", "status"))

    run_id: Mapped[str] = mapped_column(Text, primary_key=True)
    notebook: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    as_of: Mapped[str | None] = mapped_column(Text)
    snapshot: Mapped[int | None] = mapped_column(BigInteger)
    parameters: Mapped[str] = mapped_column(Text)
    trigger: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    duration_s: Mapped[float | None] = mapped_column(Float)
    cpu_seconds: Mapped[float | None] = mapped_column(Float)
    cells_done: Mapped[int] = mapped_column(Integer)
    cells_total: Mapped[int] = mapped_column(Integer)
    report: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    error_cell: Mapped[int | None] = mapped_column(Integer)
    checks_failed: Mapped[str | None] = mapped_column(Text)
    reconcile_failed: Mapped[str | None] = mapped_column(Text)
    headline: Mapped[str | None] = mapped_column(Text)
    exit_code: Mapped[int | None] = mapped_column(Integer)
    notebook_hash: Mapped[str | None] = mapped_column(Text)
    code_hash: Mapped[str | None] = mapped_column(Text)
    git_sha: Mapped[str | None] = mapped_column(Text)
    git_dirty: Mapped[bool | None]
    versions: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text)
    pid: Mapped[int] = mapped_column(Integer)
    pid_started: Mapped[float] = mapped_column(Float)
    heartbeat_at: Mapped[datetime] = mapped_column(UtcTime)
    pinned: Mapped[str | None] = mapped_column(Text)
    pruned_at: Mapped[datetime | None] = mapped_column(UtcTime)


class BudgetVersion(Base):
    """One version of a budget; amending adds one, and only its end can be set. `definition` is its canonical JSON."""

    __tablename__ = "budget"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    definition: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[str | None] = mapped_column(Text)
    valid_to: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_by: Mapped[str] = mapped_column(Text)


class BudgetStatusRow(Base):
    """How a budget stood when it was evaluated; append-only. Money and days are text, with all their digits."""

    __tablename__ = "budget_status"
    __table_args__ = (
        # The watermark is not part of the key: a month restated to B and back to A has had three statuses.
        UniqueConstraint("budget", "period_start", "number", name="budget_status_once"),
        Index("budget_status_period", "period_start"),
    )

    status_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    budget: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    scope_type: Mapped[str] = mapped_column(Text)
    scope_value: Mapped[str] = mapped_column(Text)
    period_start: Mapped[str] = mapped_column(Text)
    period_end: Mapped[str] = mapped_column(Text)
    # 1 for the first status of the period: of two that are written at once, one finds it taken.
    number: Mapped[int] = mapped_column(Integer)
    evaluated_at: Mapped[datetime] = mapped_column(UtcTime)
    run_id: Mapped[str | None] = mapped_column(Text)
    snapshot: Mapped[int | None] = mapped_column(BigInteger)
    watermark: Mapped[str] = mapped_column(Text)
    data_through: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    amount: Mapped[str] = mapped_column(Text)
    actual: Mapped[str] = mapped_column(Text)
    actual_known: Mapped[str] = mapped_column(Text)
    before_credits: Mapped[str] = mapped_column(Text)
    prior_period: Mapped[str] = mapped_column(Text)
    burn_per_day: Mapped[str | None] = mapped_column(Text)
    burn_mtd: Mapped[str | None] = mapped_column(Text)
    burn_required: Mapped[str | None] = mapped_column(Text)
    burn_multiple: Mapped[float | None] = mapped_column(Float)
    forecast_p10: Mapped[str | None] = mapped_column(Text)
    forecast_p50: Mapped[str | None] = mapped_column(Text)
    forecast_p90: Mapped[str | None] = mapped_column(Text)
    exhaustion_p10: Mapped[str | None] = mapped_column(Text)
    exhaustion_date: Mapped[str | None] = mapped_column(Text)
    exhaustion_p90: Mapped[str | None] = mapped_column(Text)
    p_exceed: Mapped[float | None] = mapped_column(Float)
    standing: Mapped[str] = mapped_column(Text)
    colour: Mapped[str] = mapped_column(Text)
    on_track: Mapped[bool]
    method: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    drivers: Mapped[str] = mapped_column(Text)


class AlertEventRow(Base):
    """Something that was told, or was superseded by something worse at the same moment."""

    __tablename__ = "alert_event"
    __table_args__ = (
        # The key of domain.md 1.10: whoever comes second finds it taken.
        UniqueConstraint("subject", "period_start", "kind", "threshold", "occurrence", name="alert_event_once"),
        Index("alert_event_subject", "subject", "period_start"),
    )

    event_id: Mapped[str] = mapped_column(Text, primary_key=True)
    subject: Mapped[str] = mapped_column(Text)
    period_start: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    threshold: Mapped[str] = mapped_column(Text)
    occurrence: Mapped[int] = mapped_column(Integer)
    value: Mapped[float] = mapped_column(Float)
    state: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    facts: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    superseded_by: Mapped[str] = mapped_column(Text)
    acknowledged_at: Mapped[datetime | None] = mapped_column(UtcTime)
    acknowledged_by: Mapped[str] = mapped_column(Text)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    resolved_by: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)


class OutboxRow(Base):
    """A message to be sent at least once; `message_id` is its idempotency key."""

    __tablename__ = "outbox"
    __table_args__ = (Index("outbox_waiting", "sent_at", "dead_at", "next_try"),)

    message_id: Mapped[str] = mapped_column(Text, primary_key=True)
    event_ids: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    next_try: Mapped[datetime] = mapped_column(UtcTime)
    attempts: Mapped[int] = mapped_column(Integer)
    # A sender that died while it held a message gives it back when this moment has passed.
    leased_until: Mapped[datetime | None] = mapped_column(UtcTime)
    leased_by: Mapped[str] = mapped_column(Text)
    # Set before the first byte leaves and taken back by a clear refusal: what was begun may have arrived.
    sending_since: Mapped[datetime | None] = mapped_column(UtcTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcTime)
    provider_ref: Mapped[str] = mapped_column(Text)
    dead_at: Mapped[datetime | None] = mapped_column(UtcTime)
    last_error: Mapped[str] = mapped_column(Text)


class AnomalyRow(Base):
    """An episode as it is known now; `anomaly_event` says how it came to be. Money and days are text."""

    __tablename__ = "anomaly"
    __table_args__ = (Index("anomaly_node", "scope", "currency"), Index("anomaly_status", "status", "end_day"))

    anomaly_id: Mapped[str] = mapped_column(Text, primary_key=True)
    scope: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    expression: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    service: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    start_day: Mapped[str] = mapped_column(Text)
    end_day: Mapped[str] = mapped_column(Text)
    expected: Mapped[str] = mapped_column(Text)
    actual: Mapped[str] = mapped_column(Text)
    impact: Mapped[str] = mapped_column(Text)
    deviation_pct: Mapped[float | None] = mapped_column(Float)
    methods: Mapped[str] = mapped_column(Text)
    score: Mapped[float] = mapped_column(Float)
    confidence: Mapped[float] = mapped_column(Float)
    test: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    is_over: Mapped[bool]
    found_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_at: Mapped[datetime] = mapped_column(UtcTime)


class AnomalyEventRow(Base):
    """What happened to an anomaly: found, grown, closed, withdrawn, or what somebody said of it; append-only."""

    __tablename__ = "anomaly_event"
    __table_args__ = (Index("anomaly_event_anomaly", "anomaly_id"),)

    event_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    anomaly_id: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    cause: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    start_day: Mapped[str] = mapped_column(Text)
    end_day: Mapped[str] = mapped_column(Text)
    impact: Mapped[str] = mapped_column(Text)
    run_id: Mapped[str] = mapped_column(Text)
    snapshot: Mapped[int | None] = mapped_column(BigInteger)


class PlannedChangeRow(Base):
    """A change of a node's cost that somebody has announced; the node is silent from its eve to two weeks after it."""

    __tablename__ = "planned_change"

    node: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[str] = mapped_column(Text, primary_key=True)
    note: Mapped[str] = mapped_column(Text)
    # The anomaly that was said to be this change; "" = it was announced.
    anomaly_id: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcTime)
    created_by: Mapped[str] = mapped_column(Text)


class RecommendationRow(Base):
    """A recommendation as it stands; `recommendation_event` says how it came to. Money and days are text."""

    __tablename__ = "recommendation"
    __table_args__ = (
        # Of two searches at once, the second finds it taken.
        UniqueConstraint("fingerprint", "occurrence", name="recommendation_once"),
        Index("recommendation_status", "status"),
        Index("recommendation_resource", "provider", "account", "resource_id"),
    )

    recommendation_id: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    occurrence: Mapped[int] = mapped_column(Integer)
    previous_id: Mapped[str] = mapped_column(Text)
    superseded_by: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    provider: Mapped[str] = mapped_column(Text)
    account: Mapped[str] = mapped_column(Text)
    resource_id: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    step: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    currency: Mapped[str] = mapped_column(Text)
    monthly_savings: Mapped[str] = mapped_column(Text)
    current_monthly_cost: Mapped[str] = mapped_column(Text)
    confidence: Mapped[float] = mapped_column(Float)
    priority: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(Text)
    # The whole record as canonical JSON; the columns above repeat what people ask for.
    definition: Mapped[str] = mapped_column(Text)
    evidence_hash: Mapped[str] = mapped_column(Text)
    proposed_by: Mapped[str] = mapped_column(Text)
    first_found: Mapped[str] = mapped_column(Text)
    last_found: Mapped[str] = mapped_column(Text)
    times_found: Mapped[int] = mapped_column(Integer)
    approvals: Mapped[str] = mapped_column(Text)
    approved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reason: Mapped[str] = mapped_column(Text)
    until_day: Mapped[str | None] = mapped_column(Text)
    # The saving that was rejected; a much larger one is told again.
    rejected_savings: Mapped[str | None] = mapped_column(Text)
    scheduled_for: Mapped[str | None] = mapped_column(Text)
    implemented_on: Mapped[str | None] = mapped_column(Text)
    implemented_by: Mapped[str] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    commitment_id: Mapped[str] = mapped_column(Text)
    baseline: Mapped[str] = mapped_column(Text)
    verification: Mapped[str] = mapped_column(Text)
    found_at: Mapped[datetime] = mapped_column(UtcTime)
    changed_at: Mapped[datetime] = mapped_column(UtcTime)


class RecommendationEventRow(Base):
    """What happened to a recommendation: found, changed, or what somebody decided; append-only."""

    __tablename__ = "recommendation_event"
    __table_args__ = (Index("recommendation_event_recommendation", "recommendation_id"),)

    event_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    recommendation_id: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    monthly_savings: Mapped[str] = mapped_column(Text)
    evidence_hash: Mapped[str] = mapped_column(Text)
    run_id: Mapped[str] = mapped_column(Text)
    snapshot: Mapped[int | None] = mapped_column(BigInteger)


class AuditRow(Base):
    """Who did what to which object; each line holds the hash of the one before."""

    __tablename__ = "audit_log"

    # Given by the writer: a number that the database gave would leave gaps where a transaction failed.
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    noted_at: Mapped[datetime] = mapped_column(UtcTime)
    who: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    object: Mapped[str] = mapped_column(Text)
    before_hash: Mapped[str] = mapped_column(Text)
    after_hash: Mapped[str] = mapped_column(Text)
    run_id: Mapped[str] = mapped_column(Text)
    details: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)


class SlotRow(Base):
    """One thing that was due at one moment: a job of the schedule and its slot. Nobody can take a slot twice."""

    __tablename__ = "slot"
    __table_args__ = (Index("slot_status", "status"),)

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    slot: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    host: Mapped[str] = mapped_column(Text)
    pid: Mapped[int] = mapped_column(Integer)
    pid_started: Mapped[float] = mapped_column(Float)
    started_at: Mapped[datetime | None] = mapped_column(UtcTime)
    heartbeat_at: Mapped[datetime | None] = mapped_column(UtcTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcTime)
    next_try: Mapped[datetime | None] = mapped_column(UtcTime)
    exit_code: Mapped[int | None] = mapped_column(Integer)
    run_id: Mapped[str] = mapped_column(Text)
    error: Mapped[str] = mapped_column(Text)


class JobRow(Base):
    """Until when all slots of a job are settled: no slot up to then is asked for again."""

    __tablename__ = "schedule_job"

    job: Mapped[str] = mapped_column(Text, primary_key=True)
    settled_through: Mapped[datetime] = mapped_column(UtcTime)
