"""Which reports are kept, and why? A policy over what the ledger says of them; nothing is touched here.

Kept are, of each notebook and part of the estate: the newest runs, everything young, the last success, the success
that closes each month, and whatever somebody pinned. What failed is kept longer, for whoever looks into it late.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from finops_lib.periods import BillingPeriod
from finops_lib.runs.earlier import is_rerun
from finops_lib.state.runs import RunRecord

_PART = ("provider", "scope")


@dataclass(frozen=True, slots=True)
class Retention:
    """What is kept.

    Args:
        keep_last: so many of the newest runs of each notebook, whatever became of them.
        keep_days: everything younger.
        keep_failed_days: every run that did not succeed and is younger.
    """

    keep_last: int = 30
    keep_days: int = 30
    keep_failed_days: int = 90


@dataclass(frozen=True, slots=True)
class Judged:
    """What becomes of a report, and why."""

    run_id: str
    notebook: str
    status: str
    as_of: str | None
    goes: bool
    why: str


def judge(runs: Sequence[RunRecord], policy: Retention, *, now: datetime) -> list[Judged]:
    """Say of every run that has a report whether it stays, and why, newest first.

    Args:
        runs: all the ledger knows, in any order; those without a report are not spoken of.
    """
    with_report = [run for run in runs if run.report is not None and run.pruned_at is None]
    parts: dict[tuple[str, ...], list[RunRecord]] = defaultdict(list)
    for run in sorted(with_report, key=lambda run: (run.started_at, run.run_id), reverse=True):
        parts[run.notebook, *(str(run.parameters.get(name) or "") for name in _PART)].append(run)
    reasons: dict[str, str] = {}
    for newest_first in parts.values():
        for run_id, why in _reasons(newest_first, policy, now):
            reasons.setdefault(run_id, why)
    ordered = sorted(with_report, key=lambda run: (run.started_at, run.run_id), reverse=True)
    return [_judged(run, reasons.get(run.run_id), policy) for run in ordered]


def _reasons(runs: Sequence[RunRecord], policy: Retention, now: datetime) -> Iterator[tuple[str, str]]:
    """Give every reason to keep a run, the weightiest first."""
    for run in runs:
        if run.status == "RUNNING":
            yield run.run_id, "it still runs"
        elif run.pinned is not None:
            yield run.run_id, f"pinned: {run.pinned}" if run.pinned else "pinned"
    succeeded = [run for run in runs if run.status == "SUCCEEDED" and not is_rerun(run)]
    if succeeded:
        yield succeeded[0].run_id, "the last success"
    for month, run in _month_ends(succeeded):
        yield run.run_id, f"closes {month}"
    for run in runs[: policy.keep_last]:
        yield run.run_id, f"one of the last {policy.keep_last}"
    for run in runs:
        if now - run.started_at < timedelta(days=policy.keep_days):
            yield run.run_id, f"younger than {policy.keep_days} days"
        elif run.status != "SUCCEEDED" and now - run.started_at < timedelta(days=policy.keep_failed_days):
            yield run.run_id, f"failed, and younger than {policy.keep_failed_days} days"


def _month_ends(newest_first: Sequence[RunRecord]) -> Iterator[tuple[BillingPeriod, RunRecord]]:
    """Give the success that closes each month: of its last day, or else of the latest day there is; the newest one."""
    latest: dict[BillingPeriod, RunRecord] = {}
    for run in newest_first:
        if run.as_of is None:
            continue
        month = BillingPeriod.of(date.fromisoformat(run.as_of))
        if month not in latest or run.as_of > str(latest[month].as_of):
            latest[month] = run
    yield from latest.items()


def _judged(run: RunRecord, reason: str | None, policy: Retention) -> Judged:
    why = reason or f"older than {policy.keep_days} days, and nothing keeps it"
    return Judged(run.run_id, run.notebook, run.status, run.as_of, goes=reason is None, why=why)
