"""Recommendations, and what happened to them.

The triggers are lost when a later migration copies `recommendation_event` (SQLite, `batch_alter_table`): make them
anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "recommendation",
        sa.Column("recommendation_id", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("occurrence", sa.Integer, nullable=False),
        sa.Column("previous_id", sa.Text, nullable=False),
        sa.Column("superseded_by", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("resource_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("monthly_savings", sa.Text, nullable=False),
        sa.Column("current_monthly_cost", sa.Text, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("evidence_hash", sa.Text, nullable=False),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("first_found", sa.Text, nullable=False),
        sa.Column("last_found", sa.Text, nullable=False),
        sa.Column("times_found", sa.Integer, nullable=False),
        sa.Column("approvals", sa.Text, nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("until_day", sa.Text),
        sa.Column("rejected_savings", sa.Text),
        sa.Column("scheduled_for", sa.Text),
        sa.Column("implemented_on", sa.Text),
        sa.Column("implemented_by", sa.Text, nullable=False),
        sa.Column("reference", sa.Text, nullable=False),
        sa.Column("commitment_id", sa.Text, nullable=False),
        sa.Column("baseline", sa.Text, nullable=False),
        sa.Column("verification", sa.Text, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("fingerprint", "occurrence", name="recommendation_once"),
    )
    op.create_index("recommendation_status", "recommendation", ["status"])
    op.create_index("recommendation_resource", "recommendation", ["provider", "account", "resource_id"])
    op.create_table(
        "recommendation_event",
        sa.Column("event_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("recommendation_id", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("monthly_savings", sa.Text, nullable=False),
        sa.Column("evidence_hash", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("snapshot", sa.BigInteger),
    )
    op.create_index("recommendation_event_recommendation", "recommendation_event", ["recommendation_id"])
    _keep_what_was_written()


def _keep_what_was_written() -> None:
    """Let the database itself refuse what would rewrite history."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for change in ("update", "delete", *(("truncate",) if is_postgres else ())):
        head = f"create trigger recommendation_event_no_{change} before {change} on recommendation_event"
        if is_postgres:
            # The function is that of migration 0003.
            op.execute(f"{head} for each statement execute function finops_keep()")
        else:
            op.execute(f"{head} begin select raise(abort, 'recommendation_event keeps what was written'); end")
