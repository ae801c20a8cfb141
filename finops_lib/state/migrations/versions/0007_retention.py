"""Which reports somebody wants kept, and which are gone."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("run", sa.Column("pinned", sa.Text))
    op.add_column("run", sa.Column("pruned_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    with op.batch_alter_table("run") as table:
        table.drop_column("pruned_at")
        table.drop_column("pinned")
