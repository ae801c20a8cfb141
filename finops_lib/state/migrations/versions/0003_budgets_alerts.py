"""Budgets with their versions and statuses, alert events with their outbox, and the audit log.

The triggers are lost when a later migration copies one of these tables (SQLite, `batch_alter_table`): make them anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "budget",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("valid_from", sa.Text),
        sa.Column("valid_to", sa.Text),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.Text, nullable=False),
    )
    op.create_table(
        "budget_status",
        sa.Column("status_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("budget", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("scope_type", sa.Text, nullable=False),
        sa.Column("scope_value", sa.Text, nullable=False),
        sa.Column("period_start", sa.Text, nullable=False),
        sa.Column("period_end", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("run_id", sa.Text),
        sa.Column("snapshot", sa.BigInteger),
        sa.Column("watermark", sa.Text, nullable=False),
        sa.Column("data_through", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount", sa.Text, nullable=False),
        sa.Column("actual", sa.Text, nullable=False),
        sa.Column("actual_known", sa.Text, nullable=False),
        sa.Column("before_credits", sa.Text, nullable=False),
        sa.Column("prior_period", sa.Text, nullable=False),
        sa.Column("burn_per_day", sa.Text),
        sa.Column("burn_mtd", sa.Text),
        sa.Column("burn_required", sa.Text),
        sa.Column("burn_multiple", sa.Float),
        sa.Column("forecast_p10", sa.Text),
        sa.Column("forecast_p50", sa.Text),
        sa.Column("forecast_p90", sa.Text),
        sa.Column("exhaustion_p10", sa.Text),
        sa.Column("exhaustion_date", sa.Text),
        sa.Column("exhaustion_p90", sa.Text),
        sa.Column("p_exceed", sa.Float),
        sa.Column("standing", sa.Text, nullable=False),
        sa.Column("colour", sa.Text, nullable=False),
        sa.Column("on_track", sa.Boolean, nullable=False),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("drivers", sa.Text, nullable=False),
        sa.UniqueConstraint("budget", "period_start", "number", name="budget_status_once"),
    )
    op.create_index("budget_status_period", "budget_status", ["period_start"])
    op.create_table(
        "alert_event",
        sa.Column("event_id", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("period_start", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("threshold", sa.Text, nullable=False),
        sa.Column("occurrence", sa.Integer, nullable=False),
        sa.Column("value", sa.Float, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("superseded_by", sa.Text, nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True)),
        sa.Column("acknowledged_by", sa.Text, nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True)),
        sa.Column("resolved_by", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.UniqueConstraint("subject", "period_start", "kind", "threshold", "occurrence", name="alert_event_once"),
    )
    op.create_index("alert_event_subject", "alert_event", ["subject", "period_start"])
    op.create_table(
        "outbox",
        sa.Column("message_id", sa.Text, primary_key=True),
        sa.Column("event_ids", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_try", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True)),
        sa.Column("leased_by", sa.Text, nullable=False),
        sa.Column("sending_since", sa.DateTime(timezone=True)),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("provider_ref", sa.Text, nullable=False),
        sa.Column("dead_at", sa.DateTime(timezone=True)),
        sa.Column("last_error", sa.Text, nullable=False),
    )
    op.create_index("outbox_waiting", "outbox", ["sent_at", "dead_at", "next_try"])
    op.create_table(
        "audit_log",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("object", sa.Text, nullable=False),
        sa.Column("before_hash", sa.Text, nullable=False),
        sa.Column("after_hash", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
    )
    _protect()


def downgrade() -> None:
    for table in ("audit_log", "outbox", "alert_event", "budget_status", "budget"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function finops_keep()")


def _protect() -> None:
    """Let the database itself refuse what would rewrite history; a budget's end is all that may change in it."""
    kept = "name, version, definition, valid_from, created_at, created_by"
    changes = [("audit_log", "update"), ("budget_status", "update"), ("budget", f"update of {kept}")]
    changes += [(table, "delete") for table in ("audit_log", "budget_status", "budget")]
    is_postgres = op.get_bind().dialect.name == "postgresql"
    if is_postgres:
        raises = "begin raise exception '% keeps what was written', tg_table_name; end"
        op.execute(f"create function finops_keep() returns trigger language plpgsql as $$ {raises} $$")
        changes += [(table, "truncate") for table in ("audit_log", "budget_status", "budget")]
    for table, change in changes:
        head = f"create trigger {table}_no_{change.split()[0]} before {change} on {table}"
        if is_postgres:
            op.execute(f"{head} for each statement execute function finops_keep()")
        else:
            op.execute(f"{head} begin select raise(abort, '{table} keeps what was written'); end")
