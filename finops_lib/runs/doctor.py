"""What would keep the workbench from working here, and what to do about each."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import duckdb

from finops_lib.errors import FinOpsError
from finops_lib.lake.catalog import connect_postgres, is_there, moved_to
from finops_lib.lake.lock import lock_holder
from finops_lib.lake.objects import check_bucket
from finops_lib.lake.open import connect, open_lake
from finops_lib.lake.place import CATALOG_FILE
from finops_lib.lake.snapshots import list_snapshots
from finops_lib.lake.upkeep import SETTLED_AFTER, find_orphans
from finops_lib.marts.build import stale_slices
from finops_lib.marts.figures import figure_sql
from finops_lib.reports.format import plural
from finops_lib.runs.alert_outbox import unreachable_channels
from finops_lib.runs.clock import now
from finops_lib.runs.context import STALE_AFTER_DAYS, Coverage, stale_sources
from finops_lib.runs.fetch import source_path
from finops_lib.runs.figures import run_query
from finops_lib.runs.opened import opened_state
from finops_lib.runs.permissions import try_all
from finops_lib.runs.secrets import Scrubber, known_secrets
from finops_lib.runs.twice import held_twice, what_to_do
from finops_lib.settings import Settings, load_budget_plan, load_settings
from finops_lib.state.audit import verify
from finops_lib.state.budgets import list_budgets
from finops_lib.state.open import open_state
from finops_lib.state.outbox import list_outbox

# From about here on they are felt when the lake is opened, and their files on the disk.
_MANY_SNAPSHOTS = 500
_STALE_AFTER = timedelta(days=STALE_AFTER_DAYS)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at. `next_step` is empty where nothing has to be done."""

    check: str
    ok: bool
    message: str
    next_step: str = ""


def examine() -> list[Check]:
    """Look at everything; a check that cannot be made is a failed one, never an exception.

    What providers and servers answered is among the messages, without the secrets that they may repeat.
    """
    references: list[object] = []
    with contextlib.suppress(FinOpsError):
        references.append(load_settings().workbench.model_dump(mode="json"))
    scrub = Scrubber.of(known_secrets(references, os.environ)).scrub
    return [replace(check, message=scrub(check.message), next_step=scrub(check.next_step)) for check in _examined()]


def _examined() -> list[Check]:
    checks = [_guarded("python", _python), _guarded("extensions", _extensions)]
    try:
        settings = load_settings()
    except FinOpsError as error:
        return [*checks, Check("settings", False, error.what, error.next_step)]
    checks.append(
        Check("settings", True, f"project {settings.project}, lake {settings.lake}, outputs {settings.outputs}")
    )
    here = {"notebooks": _notebooks, "budget plan": _budget_plan, "sources": _sources, "outputs": _outputs}
    checks += [_guarded(name, look, settings) for name, look in here.items()]
    checks += _permissions(settings)
    reached = [_guarded(name, look, settings) for name, look in _outside(settings).items()]
    checks += reached
    if not all(check.ok for check in reached):
        # Everything else would only say the same again, each after its own wait.
        return checks
    looks = {
        "lake": _lake,
        "lock": _lock,
        "snapshots": _snapshots,
        "orphans": _orphans,
        "bills": _bills,
        "marts": _marts,
        "freshness": _freshness,
        "channels": _channels,
        "outbox": _outbox,
        "audit log": _audit_log,
    }
    return checks + [_guarded(name, look, settings) for name, look in looks.items()]


def _permissions(settings: Settings) -> list[Check]:
    """Print what each source must be allowed, and whether it is."""
    checks = []
    try:
        for found in try_all(settings):
            step = "" if found.ok else f"allow {found.name}, for {found.needed_for}"
            checks.append(Check(f"{found.source} may", found.ok, f"{found.name}: {found.said}", step))
    except FinOpsError as error:
        checks.append(Check("permissions", False, error.what, error.next_step))
    return checks


def _outside(settings: Settings) -> dict[str, Callable[[Settings], Check]]:
    """Give the looks at what is not on this machine."""
    looks: dict[str, Callable[[Settings], Check]] = {}
    if settings.lake.catalog:
        looks["catalog"] = _catalog
    if settings.lake.is_remote:
        looks["bucket"] = _bucket
    if not settings.state_url.startswith("sqlite"):
        looks["state"] = _state
    return looks


def _catalog(settings: Settings) -> Check:
    with connect_postgres(settings.lake, autocommit=True) as connection:
        version = connection.info.server_version // 10_000
    return Check("catalog", True, f"PostgreSQL {version} answers: {settings.lake}")


def _bucket(settings: Settings) -> Check:
    check_bucket(settings.lake)
    return Check("bucket", True, f"{settings.lake.root} answers")


def _state(settings: Settings) -> Check:
    open_state(settings.state_url).close()
    return Check("state", True, "the state database answers")


def _guarded(name: str, look: Callable[..., Check], *arguments: Settings) -> Check:
    try:
        return look(*arguments)
    except FinOpsError as error:
        return Check(name, False, error.what, error.next_step)
    except OSError as error:
        return Check(name, False, str(error), "check the permissions of this path")
    except duckdb.Error as error:
        reason = " ".join(str(error).split())[:300]
        if any(settings.lake.catalog for settings in arguments):
            return Check(
                name, False, f"the lake cannot be read: {reason}", "check server, bucket and the user's rights"
            )
        step = f"restore {CATALOG_FILE} from a copy, or move the lake away and load again"
        return Check(name, False, f"the lake cannot be read: {reason}", step)


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
    with opened_state(settings) as state:
        held = len(list_budgets(state))
    if not held:
        return Check("budget plan", True, f"{len(budgets)} budgets, not imported yet", "finops budgets import")
    return Check("budget plan", True, f"{len(budgets)} budgets; {held} are kept in the state")


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
    if not is_there(settings.lake):
        return Check("lake", True, f"none yet in {settings.lake}", "finops ingest PATH --source NAME, or finops demo")
    if gone := moved_to(settings.lake):
        step = "set FINOPS_CATALOG and FINOPS_LAKE to the new place"
        return Check("lake", False, f"was moved to {gone}; here it can only be read", step)
    with open_lake(settings.lake) as lake:
        [[charges]] = lake.con.execute("select count(*) from cost").fetchall()
        return Check("lake", True, f"{charges:,} charges, snapshot {lake.snapshot_id}")


def _channels(settings: Settings) -> Check:
    configured = settings.workbench.channels
    if not configured:
        return Check("channels", True, "none configured", "add channels to params/workbench.yaml to be told of alerts")
    lost = unreachable_channels(settings)
    if lost:
        said = "; ".join(f"{name}: {error.what}" for name, error in lost)
        return Check("channels", False, said, lost[0][1].next_step or f"finops alerts test {lost[0][0]}")
    return Check("channels", True, f"{', '.join(sorted(configured))} can be reached")


def _outbox(settings: Settings) -> Check:
    with opened_state(settings) as state:
        messages = list_outbox(state)
    dead = [one for one in messages if one.standing == "dead"]
    waiting = sum(one.standing in ("waiting", "sending") for one in messages)
    if dead:
        newest = dead[0]
        said = f"{plural(len(dead), 'dead letter')}; the newest, for {newest.message.channel}: {newest.last_error}"
        return Check("outbox", False, said, f"mend the channel, then finops alerts retry {newest.message.message_id}")
    return Check(
        "outbox",
        True,
        f"{plural(waiting, 'message')} not sent yet, no dead letter",
    )


def _lock(settings: Settings) -> Check:
    if not is_there(settings.lake):
        return Check("lock", True, "no lake yet")
    holder = lock_holder(settings.lake)
    return (
        Check("lock", True, f"held by {holder}", "wait for it to end")
        if holder
        else Check("lock", True, "nobody writes")
    )


def _snapshots(settings: Settings) -> Check:
    if not is_there(settings.lake):
        return Check("snapshots", True, "no lake yet")
    held = list_snapshots(settings.lake)
    said = f"{len(held)} snapshots, {sum(bool(s.pinned_by) for s in held)} of them pinned"
    return Check("snapshots", True, said, "finops lake expire" if len(held) > _MANY_SNAPSHOTS else "")


def _orphans(settings: Settings) -> Check:
    if not is_there(settings.lake):
        return Check("orphans", True, "no lake yet")
    lost = find_orphans(settings.lake, written_before=now() - SETTLED_AFTER)
    if lost:
        size = sum(file.bytes for file in lost) / 1e6
        return Check(
            "orphans",
            False,
            f"{len(lost)} files of loads that were killed, {size:.1f} MB",
            "finops lake orphans --remove",
        )
    return Check("orphans", True, "no file without an owner")


def _bills(settings: Settings) -> Check:
    if not is_there(settings.lake):
        return Check("bills", True, "no lake yet")
    with open_lake(settings.lake) as lake:
        found = held_twice(lake.con, settings)
    if not found:
        return Check("bills", True, "no account's month is there under two sources")
    first = found[0]
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    said = f"{first.asked} and {first.other} both hold account {first.account} of {first.month:%Y-%m}{more}"
    return Check("bills", False, f"{said}: it counts twice", what_to_do(settings, first))


def _marts(settings: Settings) -> Check:
    if not is_there(settings.lake):
        return Check("marts", True, "no lake yet")
    with open_lake(settings.lake) as lake:
        tables = {name for (name,) in lake.con.execute("show tables").fetchall()}
        if "slice_totals" not in tables:
            return Check("marts", False, "not built yet", "finops build")
        if stale := stale_slices(lake.con):
            return Check("marts", False, f"marts are older than the loads ({len(stale)} slices)", "finops build")
    return Check("marts", True, "built")


def _freshness(settings: Settings) -> Check:
    if not is_there(settings.lake):
        return Check("freshness", True, "no lake yet")
    with open_lake(settings.lake) as lake:
        if "data_freshness" not in {name for (name,) in lake.con.execute("show tables").fetchall()}:
            return Check("freshness", True, "not known before the marts are built", "finops build")
        coverage = [Coverage.from_row(row) for row in run_query(lake, figure_sql("run_context"), {}).to_dicts()]
    days = {(source.provider, source.source): source.newest_day for source in coverage if source.newest_day}
    if not days:
        return Check("freshness", True, "no charges yet")
    newest = max(days.values())
    old = [f"{source} ({name}) ends on {day}" for (name, source), day in days.items() if newest - day > _STALE_AFTER]
    silent = stale_sources(coverage, now())
    old += [f"{name} is STALE: nothing delivered since {since:%Y-%m-%d %H:%M} UTC" for name, since in silent.items()]
    if old:
        step = "see why these sources stopped delivering, then load them: finops collect"
        return Check("freshness", False, f"newest day {newest}, but {'; '.join(sorted(old))}", step)
    return Check("freshness", True, f"every source reaches {newest - _STALE_AFTER} or later; newest day {newest}")


def _audit_log(settings: Settings) -> Check:
    with opened_state(settings) as state:
        found = verify(state)
    if found.broken_at is not None:
        step = "compare the state database with its last copy; whoever can write to it can have changed it"
        return Check("audit log", False, f"the chain is broken: {found.reason}", step)
    if not found.lines:
        return Check("audit log", True, "no change was made yet")
    # Whoever keeps this hash can say later that nothing was cut off at the end.
    return Check("audit log", True, f"{found.lines:,} lines, unbroken; the last is {found.last_hash[:16]}")
