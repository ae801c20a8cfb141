"""The tables of the state database; `migrations/versions` makes them, a test holds the two together."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, DateTime, Dialect, Float, Index, Integer, Text
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
