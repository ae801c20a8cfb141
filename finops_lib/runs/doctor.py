"""What would keep the workbench from working here, and what to do about each."""

from __future__ import annotations

import fcntl
import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import duckdb

from finops_lib.errors import FinOpsError
from finops_lib.lake.lock import LOCK_FILE
from finops_lib.lake.open import CATALOG_FILE, DATA_FOLDER, connect, open_lake
from finops_lib.marts.build import stale_slices
from finops_lib.runs.clock import now
from finops_lib.runs.collect import source_path
from finops_lib.runs.context import STALE_AFTER_DAYS
from finops_lib.settings import Settings, load_budget_plan, load_settings

# A staged file of a load that is still running is younger than this.
_ORPHAN_AGE = timedelta(days=1)
_STALE_AFTER = timedelta(days=STALE_AFTER_DAYS)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `next_step` is empty where nothing has to be done."""

    check: str
    ok: bool
    message: str
    next_step: str = ""


def examine() -> list[Check]:
    """Look at everything; a check that cannot be made is a failed one, never an exception."""
    checks = [_guarded("python", _python), _guarded("extensions", _extensions)]
    try:
        settings = load_settings()
    except FinOpsError as error:
        return [*checks, Check("settings", False, error.what, error.next_step)]
    checks.append(
        Check("settings", True, f"project {settings.project}, lake {settings.lake}, outputs {settings.outputs}")
    )
    looks: dict[str, Callable[[Settings], Check]] = {
        "notebooks": _notebooks,
        "budget plan": _budget_plan,
        "sources": _sources,
        "outputs": _outputs,
        "lake": _lake,
        "lock": _lock,
        "orphans": _orphans,
        "marts": _marts,
        "freshness": _freshness,
    }
    return checks + [_guarded(name, look, settings) for name, look in looks.items()]


def _guarded(name: str, look: Callable[..., Check], *arguments: Settings) -> Check:
    try:
        return look(*arguments)
    except FinOpsError as error:
        return Check(name, False, error.what, error.next_step)
    except OSError as error:
        return Check(name, False, str(error), "check the permissions of this path")
    except duckdb.Error as error:
        return Check(
            name,
            False,
            f"the lake cannot be read: {' '.join(str(error).split())[:300]}",
            f"restore {CATALOG_FILE} from a copy, or move the lake away and load again",
        )


def _python() -> Check:
    packages = ("papermill", "ipykernel", "jupyterlab", "altair", "polars", "great_tables", "vl_convert")
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        return Check("python", False, f"not installed: {', '.join(missing)}", "pip install -r requirements.lock")
    return Check("python", True, f"{sys.version.split()[0]} with all packages")


def _extensions() -> Check:
    connect().close()
    return Check("extensions", True, "DuckDB's extensions load without a network")


def _notebooks(settings: Settings) -> Check:
    found = sorted(path.stem for path in settings.notebooks.glob("*.ipynb"))
    if not found:
        return Check(
            "notebooks", False, f"none in {settings.notebooks}", "go to the project's folder, or set FINOPS_PROJECT"
        )
    return Check("notebooks", True, ", ".join(found))


def _budget_plan(settings: Settings) -> Check:
    budgets = load_budget_plan(settings.budget_plan)
    if not budgets:
        return Check("budget plan", True, f"no budgets in {settings.budget_plan}", "write params/budget_plan.yaml")
    return Check("budget plan", True, f"{len(budgets)} budgets")


def _sources(settings: Settings) -> Check:
    configured = settings.workbench.sources
    for config in configured:
        place = source_path(settings, config)
        # A bucket is not asked for here: that takes a network and credentials.
        if isinstance(place, Path) and not place.exists():
            next_step = "correct its path in params/workbench.yaml"
            return Check("sources", False, f"{config.name}: {place} does not exist", next_step)
    if not configured:
        return Check("sources", True, "none configured", "add sources to params/workbench.yaml, or use finops ingest")
    return Check("sources", True, ", ".join(config.name for config in configured))


def _outputs(settings: Settings) -> Check:
    settings.outputs.mkdir(parents=True, exist_ok=True)
    if not os.access(settings.outputs, os.W_OK):
        return Check(
            "outputs", False, f"{settings.outputs} cannot be written", "change its owner, or set FINOPS_OUTPUTS"
        )
    return Check("outputs", True, f"{settings.outputs} can be written")


def _lake(settings: Settings) -> Check:
    if not (settings.lake / CATALOG_FILE).exists():
        return Check("lake", True, f"none yet in {settings.lake}", "finops ingest PATH --source NAME, or finops demo")
    with open_lake(settings.lake) as lake:
        [[charges]] = lake.con.execute("select count(*) from cost").fetchall()
        return Check("lake", True, f"{charges:,} charges, snapshot {lake.snapshot_id}")


def _lock(settings: Settings) -> Check:
    path = settings.lake / LOCK_FILE
    if not path.exists():
        return Check("lock", True, "nobody writes")
    with path.open("r") as file:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return Check(
                "lock", True, f"held by {path.read_text(encoding='utf-8') or 'another process'}", "wait for it to end"
            )
    return Check("lock", True, "nobody writes")


def _orphans(settings: Settings) -> Check:
    folder = settings.lake / DATA_FOLDER
    if not (settings.lake / CATALOG_FILE).exists():
        return Check("orphans", True, "no lake yet")
    query = "select path, path_is_relative from __ducklake_metadata_lake.ducklake_data_file"
    with open_lake(settings.lake) as lake:
        known = {Path(path).name for path, _ in lake.con.execute(query).fetchall()}
    limit = (now() - _ORPHAN_AGE).timestamp()
    lost = [file for file in folder.rglob("*.parquet") if file.name not in known and file.stat().st_mtime < limit]
    if lost:
        size = sum(file.stat().st_size for file in lost) / 1e6
        return Check(
            "orphans",
            False,
            f"{len(lost)} files of loads that were killed, {size:.1f} MB",
            f"they may be deleted: {lost[0]} ...",
        )
    return Check("orphans", True, "no file without an owner")


def _marts(settings: Settings) -> Check:
    if not (settings.lake / CATALOG_FILE).exists():
        return Check("marts", True, "no lake yet")
    with open_lake(settings.lake) as lake:
        tables = {name for (name,) in lake.con.execute("show tables").fetchall()}
        if "slice_totals" not in tables:
            return Check("marts", False, "not built yet", "finops build")
        if stale := stale_slices(lake.con):
            return Check("marts", False, f"marts are older than the loads ({len(stale)} slices)", "finops build")
    return Check("marts", True, "built")


def _freshness(settings: Settings) -> Check:
    if not (settings.lake / CATALOG_FILE).exists():
        return Check("freshness", True, "no lake yet")
    with open_lake(settings.lake) as lake:
        newest_days = "select x_SourceId || ' (' || x_Provider || ')', cast(max(ChargePeriodStart) as DATE) from cost"
        rows = lake.con.execute(f"{newest_days} where ChargeCategory = 'Usage' group by all").fetchall()
    if not rows:
        return Check("freshness", True, "no charges yet")
    newest = max(day for _, day in rows)
    old = [f"{source} ends on {day}" for source, day in rows if newest - day > _STALE_AFTER]
    if old:
        return Check(
            "freshness", False, f"newest day {newest}, but {'; '.join(sorted(old))}", "deliver these sources again"
        )
    return Check("freshness", True, f"every source reaches {newest - _STALE_AFTER} or later; newest day {newest}")
