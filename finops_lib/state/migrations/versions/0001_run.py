"""The run ledger: one row per notebook run."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "run",
        sa.Column("run_id", sa.Text, primary_key=True),
        sa.Column("notebook", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("as_of", sa.Text),
        sa.Column("snapshot", sa.BigInteger),
        sa.Column("parameters", sa.Text, nullable=False),
        sa.Column("trigger", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("duration_s", sa.Float),
        sa.Column("cpu_seconds", sa.Float),
        sa.Column("cells_done", sa.Integer, nullable=False),
        sa.Column("cells_total", sa.Integer, nullable=False),
        sa.Column("report", sa.Text),
        sa.Column("error", sa.Text),
        sa.Column("error_cell", sa.Integer),
        sa.Column("headline", sa.Text),
        sa.Column("exit_code", sa.Integer),
        sa.Column("notebook_hash", sa.Text),
        sa.Column("code_hash", sa.Text),
        sa.Column("git_sha", sa.Text),
        sa.Column("git_dirty", sa.Boolean),
        sa.Column("versions", sa.Text, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("pid_started", sa.Float, nullable=False),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("run_notebook_started_at", "run", ["notebook", "started_at"])
    op.create_index("run_status", "run", ["status"])


def downgrade() -> None:
    op.drop_table("run")
