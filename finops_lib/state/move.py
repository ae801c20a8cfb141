"""Copy the whole state database into an empty one, such as a team's PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Connection, Row, Table, func, insert, select, text
from sqlalchemy.engine import make_url

from finops_lib.errors import ConfigError
from finops_lib.state.models import Base
from finops_lib.state.open import open_state


def copy_state(source_url: str, target_url: str) -> dict[str, int]:
    """Copy all tables in one transaction and give the rows of each; a finished copy is left as it is.

    Raises:
        ConfigError: either cannot be opened, or the target holds something else.
    """
    source, target = open_state(source_url), open_state(target_url)
    try:
        with source.read() as here, target.write() as there:
            tables = Base.metadata.sorted_tables
            rows = {table: _rows(here.connection(), table) for table in tables}
            held = {table: _rows(there.connection(), table) for table in tables}
            if held != rows:
                if any(held.values()):
                    raise ConfigError(
                        f"the state database {make_url(target_url).render_as_string(hide_password=True)} is not empty",
                        next_step="name an empty database, or leave --state away",
                    )
                for table in tables:
                    _fill(there.connection(), table, rows[table])
        return {table.name: len(rows[table]) for table in tables}
    finally:
        source.close()
        target.close()


def _rows(connection: Connection, table: Table) -> list[Row[tuple[object, ...]]]:
    return list(connection.execute(select(table).order_by(*table.primary_key.columns)).fetchall())


def _fill(connection: Connection, table: Table, rows: list[Row[tuple[object, ...]]]) -> None:
    if rows:
        connection.execute(insert(table), [dict(row._mapping) for row in rows])
    counted = table.autoincrement_column
    if rows and counted is not None and connection.dialect.name == "postgresql":
        # The next row that gets its number from the database must not get one of these.
        highest = connection.execute(select(func.max(counted))).scalar_one()
        sequence = "select setval(pg_get_serial_sequence(:table, :column), :highest)"
        connection.execute(text(sequence), {"table": table.name, "column": counted.name, "highest": highest})
