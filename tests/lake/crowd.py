"""A crowd on one lake, as processes: writers, readers, upkeep; and what must be true of the lake at every moment.

Used by the tests of crowds and of crashes, and by the bench. Everything here runs in processes of its own.
"""

from __future__ import annotations

import csv
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import Lake, open_lake
from finops_lib.lake.snapshots import pin
from finops_lib.lake.upkeep import compact, expire
from finops_lib.marts.build import build, stale_slices
from finops_lib.marts.claims import check_claims
from finops_lib.runs.ingest import ingest
from finops_lib.settings import Settings, load_settings
from tests.conftest import CHARGE

CHARGES = 200
_CURRENT = "qualify load_number = max(load_number) over (partition by x_Provider, x_SourceId, x_BillingMonth)"
# The marts of a slice must be those of the load that `mart_builds` names, which may be the one before the newest.
_MARTS = (
    "select b.x_SourceId from mart_builds b join loads l using (load_number) "
    "left join (select x_SourceId, sum(billed_cost) as billed, sum(charges) as charges from daily_cost group by all) d "
    "on d.x_SourceId = b.x_SourceId where b.mart = 'daily_cost' "
    "and (d.billed is distinct from l.billed_loaded or d.charges is distinct from l.rows_loaded)"
)


@dataclass
class Tally:
    """What the crowd did: commits by writers, consistent reads, rounds of upkeep, and what went wrong."""

    commits: int = 0
    reads: int = 0
    upkeeps: int = 0
    failures: list[str] = field(default_factory=list)


def broken_promises(lake: Lake) -> list[str]:
    """Say in what the one snapshot that `lake` shows contradicts itself."""
    question = lake.con.execute
    [held] = question("select count(*), coalesce(sum(BilledCost), 0), count(distinct x_LoadId) from cost").fetchall()
    loads = f"select rows_loaded, billed_loaded, load_id from loads {_CURRENT}"
    summed = "count(distinct load_id)"
    [told] = question(
        f"select coalesce(sum(rows_loaded), 0), coalesce(sum(billed_loaded), 0), {summed} from ({loads})"
    ).fetchall()
    broken = [] if held == told else [f"cost holds {held}, the loads say {told}"]
    doubled = "select x_SourceId, ResourceId from cost group by all having count(*) > 1"
    broken += [f"twice: {row}" for row in question(f"{doubled} limit 3").fetchall()]
    if "daily_cost" in {name for (name,) in question("show tables").fetchall()}:
        broken += [f"the mart of {source} is not of its load" for (source,) in question(_MARTS).fetchall()]
        if not stale_slices(lake.con):
            broken += [str(verdict) for verdict in check_claims(lake.con) if not verdict.holds]
    return broken


def write_charges(path: Path, billed: int, *, charges: int = CHARGES) -> Path:
    """Write a bill of charges that all cost the same, each of a resource of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, CHARGE)
        writer.writeheader()
        writer.writerows({**CHARGE, "BilledCost": str(billed), "ResourceId": f"i-{n}"} for n in range(charges))
    return path


def load_once(folder: Path, source: str, billed: int, *, charges: int = CHARGES) -> int:
    """Load one bill and build the marts; give how many slices were replaced."""
    settings = load_settings()
    bill = write_charges(folder / f"{source}-{billed}.csv", billed, charges=charges)
    reports = ingest(settings, [bill], source=source, replace=True)
    build(settings.lake)
    return sum(report.status == "loaded" for report in reports)


def keep_up(settings: Settings) -> None:
    """Expire all that nobody pinned or reads, and merge small files."""
    now = datetime.now(tz=UTC)
    expire(settings.lake, superseded_before=now, at=now)
    compact(settings.lake)


def forkserver() -> ForkServerContext:
    """Give processes that start within milliseconds, since this module is imported before they are forked."""
    context = get_context("forkserver")
    # Besides, what detecting anomalies imports when it comes to that, which takes longer than all it does.
    context.set_forkserver_preload(["tests.lake.crowd", "finops_lib.runs.anomaly_detect", "scipy.ndimage"])
    return context


def started(job: Callable[..., None], *words: Any) -> BaseProcess:
    """Start a process that does a job in the environment of this one."""
    process = forkserver().Process(target=_in_environment, args=(dict(os.environ), job, words), daemon=True)
    process.start()
    return process


def _in_environment(environment: dict[str, str], job: Callable[..., None], words: tuple[Any, ...]) -> None:
    # The server that forks has the environment of whoever asked it first: another test, with another lake.
    os.environ.clear()
    os.environ.update(environment)
    job(*words)


def run_crowd(settings: Settings, folder: Path, *, seconds: float) -> Tally:
    """Let two writers, four readers and the upkeep work on one lake at once, and count."""
    load_once(folder, "shared", 1)
    with open_lake(settings.lake) as lake:
        pinned = lake.snapshot_id
        pin(settings.lake, pinned, owner="crowd", reason="test", at=datetime.now(tz=UTC))
    until = time.time() + seconds
    said = forkserver().SimpleQueue()
    jobs: list[tuple[Callable[..., None], tuple[Any, ...]]] = [
        *((_write, (folder, number)) for number in range(2)),
        *((_read, (pinned,)) for _ in range(3)),
        (_keep_reading, ()),
        (_keep_small, ()),
    ]
    crowd = [started(_told, job, words, until, said) for job, words in jobs]
    tally = Tally()
    for _ in crowd:
        one: Tally = said.get()
        tally.commits += one.commits
        tally.reads += one.reads
        tally.upkeeps += one.upkeeps
        tally.failures += one.failures
    for process in crowd:
        process.join()
    return tally


def _told(job: Callable[..., None], words: tuple[Any, ...], until: float, said: Any) -> None:
    tally = Tally()
    while time.time() < until:
        try:
            job(*words, until, tally)
        except Exception as error:
            tally.failures.append(f"{job.__name__}: {type(error).__name__}: {error}")
    said.put(tally)


def _write(folder: Path, number: int, until: float, tally: Tally) -> None:
    """Restate a slice that is the other writer's, too, and one of one's own, in turn."""
    for source in ("shared", f"own-{number}"):
        billed = 10 + 2 * tally.commits + number
        tally.commits += load_once(folder / str(number), source, billed)


def _read(pinned: int, until: float, tally: Tally) -> None:
    """Open the newest snapshot and look for contradictions; open the pinned one and expect what it always was."""
    settings = load_settings()
    with open_lake(settings.lake, threads=1) as lake:
        tally.failures += broken_promises(lake)
    with open_lake(settings.lake, snapshot=pinned, threads=1) as lake:
        tally.failures += _not_as_pinned(lake)
    tally.reads += 2


def _keep_reading(until: float, tally: Tally) -> None:
    """Keep one snapshot open the whole time, unpinned, and expect that it never changes."""
    with open_lake(load_settings().lake, threads=1) as lake:
        query = "select count(*), sum(BilledCost), (select sum(billed_cost) from daily_cost) from cost"
        first = lake.con.execute(query).fetchall()
        while time.time() < until:
            if (now := lake.con.execute(query).fetchall()) != first:
                tally.failures.append(f"an open snapshot showed {first}, then {now}")
            tally.reads += 1
            time.sleep(0.05)


def _keep_small(until: float, tally: Tally) -> None:
    keep_up(load_settings())
    tally.upkeeps += 1
    time.sleep(0.3)


def _not_as_pinned(lake: Lake) -> list[str]:
    [seen] = lake.con.execute("select count(*), sum(BilledCost) from cost where x_SourceId = 'shared'").fetchall()
    return [] if seen == (CHARGES, CHARGES) else [f"the pinned snapshot shows {seen}"]


def is_free(settings: Settings) -> bool:
    """Say whether the writer lock is to be had at once."""
    with writer_lock(settings.lake, purpose="look", wait_s=0.5):
        return True
