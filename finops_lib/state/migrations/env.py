"""Alembic's entry: run the migrations inside the transaction that `state.migrate` opened."""

from alembic import context

from finops_lib.state.models import Base

# One transaction for everything: a migration that breaks leaves the database as it was, in SQLite too.
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=False,
    render_as_batch=True,
)
context.run_migrations()
