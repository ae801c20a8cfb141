"""What failed in a run: its own checks, and what a later reconciliation found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("run", sa.Column("checks_failed", sa.Text))
    op.add_column("run", sa.Column("reconcile_failed", sa.Text))


def downgrade() -> None:
    with op.batch_alter_table("run") as table:
        table.drop_column("reconcile_failed")
        table.drop_column("checks_failed")
