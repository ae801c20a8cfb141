"""Would a check of the budgets find what the last one left? Then it need not be made.

Question: when may an hourly check be left out?
Choice: when all that a check reads is, thing by thing, what was there *before* the last check began that ended well.
That check can then have written nothing, for what it writes is read by the next one; and a check that finds the same
things writes nothing either. Compared are, as they are and not as hashes: the lake's snapshot; the newest line of the
audit log and the newest status; an outbox without a waiting message; the files in params and those of the program; the
day; and how many sources have fallen silent, the only thing that an hour changes (`stale_from` in run_context.sql).
Why: it is as strong as the watermarks are, since nothing is left to compute them from that could differ.
Declined: remembering it in the state. After a restart one check more is made, and nothing can be remembered wrongly.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

import duckdb

from finops_lib.errors import FinOpsError
from finops_lib.lake.catalog import newest_snapshot
from finops_lib.lake.open import open_lake
from finops_lib.settings import Settings
from finops_lib.state.budget_mark import BudgetMark, budget_mark
from finops_lib.state.open import State
from finops_lib.state.outbox import count_unsent

_SILENT_FROM = "select delivered_at + to_hours(stale_after_hours) from data_freshness order by all"


@dataclass(frozen=True, slots=True)
class Seen:
    """All that a check reads.

    Args:
        files: name, moment of the last change in ns, and bytes.
        program: name, moment of the last change in ns, and size.
        silent: so many sources should have delivered by now.
    """

    snapshot: int
    mark: BudgetMark
    files: tuple[tuple[str, int, bytes], ...]
    program: tuple[tuple[str, int, int], ...]
    day: date
    silent: int


@dataclass(slots=True)
class BudgetsAsChecked:
    """Remembers what the last check that ended well began with."""

    settings: Settings
    state: State
    _checked: tuple[Seen, datetime] | None = None
    # A snapshot never changes, so it is asked once.
    _silent_from: dict[int, tuple[datetime, ...]] = field(default_factory=dict)

    def look(self, now: datetime) -> Seen | None:
        """Give what a check would read now; None = a check must be made: a message waits, or it cannot be told."""
        if count_unsent(self.state):
            return None
        try:
            snapshot = newest_snapshot(self.settings.lake)
            # A check judges by whole seconds, and later than this look.
            moment = now.astimezone(UTC).replace(microsecond=0, tzinfo=None)
            return Seen(
                snapshot=snapshot,
                mark=budget_mark(self.state),
                files=tuple(_file(path) for path in sorted(self.settings.params.glob("*.yaml"))),
                program=_program(),
                day=moment.date(),
                silent=sum(silent_from < moment for silent_from in self._silences(snapshot)),
            )
        except (FinOpsError, OSError, duckdb.Error):
            # What is wrong is the check's to say.
            return None

    def since(self, seen: Seen) -> datetime | None:
        """Say since when nothing has changed; None = something has, or no check was made yet."""
        if self._checked is None or self._checked[0] != seen:
            return None
        return self._checked[1]

    def remember(self, seen: Seen, *, at: datetime) -> None:
        """Note that a check ended well before which, `at` that moment, this was seen."""
        self._checked = (seen, at)

    def _silences(self, snapshot: int) -> tuple[datetime, ...]:
        if snapshot not in self._silent_from:
            limit = self.settings.memory_limit
            with open_lake(self.settings.lake, snapshot=snapshot, memory_limit=limit, threads=1) as lake:
                rows = lake.con.execute(_SILENT_FROM).fetchall()
            self._silent_from = {snapshot: tuple(moment for (moment,) in rows if moment is not None)}
        return self._silent_from[snapshot]


def _file(path: Path) -> tuple[str, int, bytes]:
    return path.name, path.stat().st_mtime_ns, path.read_bytes()


def _program() -> tuple[tuple[str, int, int], ...]:
    """Say which program a process would run: it may have been updated under this one."""
    root = Path(str(resources.files("finops_lib")))
    found = [(path, path.stat()) for kind in ("*.py", "*.sql") for path in sorted(root.rglob(kind))]
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in found)
