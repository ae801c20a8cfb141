"""Anomalies, what happened to them, and announced changes.

The triggers are lost when a later migration copies `anomaly_event` (SQLite, `batch_alter_table`): make them anew.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "anomaly",
        sa.Column("anomaly_id", sa.Text, primary_key=True),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("level", sa.Text, nullable=False),
        sa.Column("expression", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("account", sa.Text, nullable=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("start_day", sa.Text, nullable=False),
        sa.Column("end_day", sa.Text, nullable=False),
        sa.Column("expected", sa.Text, nullable=False),
        sa.Column("actual", sa.Text, nullable=False),
        sa.Column("impact", sa.Text, nullable=False),
        sa.Column("deviation_pct", sa.Float),
        sa.Column("methods", sa.Text, nullable=False),
        sa.Column("score", sa.Float, nullable=False),
        sa.Column("confidence", sa.Float, nullable=False),
        sa.Column("test", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("is_over", sa.Boolean, nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("anomaly_node", "anomaly", ["scope", "currency"])
    op.create_index("anomaly_status", "anomaly", ["status", "end_day"])
    op.create_table(
        "anomaly_event",
        sa.Column("event_id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("anomaly_id", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("cause", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("start_day", sa.Text, nullable=False),
        sa.Column("end_day", sa.Text, nullable=False),
        sa.Column("impact", sa.Text, nullable=False),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("snapshot", sa.BigInteger),
    )
    op.create_index("anomaly_event_anomaly", "anomaly_event", ["anomaly_id"])
    op.create_table(
        "planned_change",
        sa.Column("node", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("anomaly_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
    )
    _keep_what_was_written()


def _keep_what_was_written() -> None:
    """Let the database itself refuse what would rewrite history."""
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for change in ("update", "delete", *(("truncate",) if is_postgres else ())):
        head = f"create trigger anomaly_event_no_{change} before {change} on anomaly_event"
        if is_postgres:
            # The function is that of migration 0003.
            op.execute(f"{head} for each statement execute function finops_keep()")
        else:
            op.execute(f"{head} begin select raise(abort, 'anomaly_event keeps what was written'); end")
