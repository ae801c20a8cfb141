"""Look at what a source's provider has: resources, their state and utilisation, written to the lake in one commit."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
from pydantic import ValidationError

from finops_lib.errors import ConfigError, QualityError, SourceError, needs_room
from finops_lib.lake.catalog import is_there
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.inventory import Found, Look, held_until, replace_inventory, stage_metrics
from finops_lib.lake.lock import writer_lock
from finops_lib.lake.open import attach, connect, detach, equip, without_pandas
from finops_lib.lake.write import discard_files
from finops_lib.quoting import literal
from finops_lib.runs.clock import now
from finops_lib.settings import Settings
from finops_lib.sources.collectors import OnProgress
from finops_lib.sources.histogram import HourlyParts
from finops_lib.sources.inventory import (
    INVENTORIES,
    AskedInventory,
    Hours,
    InventoryCollector,
    Resource,
    Scope,
    Series,
    inventory_of,
)

# With 32 days a month's end is among them (domain.md 2.2); what the lake has already is not fetched again.
METRIC_DAYS = 32
# Providers still add points to the last minutes, and an hour that was kept is not fetched again.
_SETTLED = timedelta(minutes=15)

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class ScopeReport:
    """One look, as people are told of it. `resources` is None where nothing is known, not 0.

    In a scope `<type>/<metric>` it counts the resources that gave new points.
    """

    provider: str
    source: str
    account: str
    region: str
    type: str
    resources: int | None
    status: str
    needs: str
    said: str


@dataclass(frozen=True, slots=True)
class InventoryReport:
    """What one run wrote: its looks, and how many hours of utilisation; `failure` is why it ended early, or ""."""

    scopes: tuple[ScopeReport, ...]
    metric_hours: int
    failure: str = ""

    def require_whole(self) -> None:
        """Raise if the provider stopped to answer: what came before is in the lake, the rest is as it was.

        Raises:
            SourceError: says which source and why. A look that was refused is no failure, but `not evaluated`.
        """
        if self.failure:
            raise SourceError(
                f"the inventory is not whole: {self.failure}", next_step="run the command again; what came is kept"
            )


@without_pandas()
def collect_inventory(
    settings: Settings,
    name: str,
    provider: str,
    options: Mapping[str, object],
    *,
    run_id: str = "",
    note: Callable[[str], None] = lambda _: None,
    progress: OnProgress = lambda what, done, total: None,
    metric_days: int = METRIC_DAYS,
) -> InventoryReport:
    """Look at everything that the provider of source `name` has, fetch the utilisation that is new, and write both.

    Args:
        options: what params/workbench.yaml says of the source.
        note: told of each look that was not possible.
        metric_days: how far back utilisation is wanted where the lake has none.
    Raises:
        ConfigError: no such provider, wrong options, no credentials, or no room for the lake's files.
        LockError: another writer was busy for 300 s.
        QualityError: the collector gave something that cannot be true, e.g. one scope twice.
    """
    collector = INVENTORIES.get(inventory_of(provider, options))
    chosen = chosen_options(collector, name, placed(settings, options))
    con = connect(memory_limit=settings.memory_limit, threads=settings.threads)
    try:
        with tempfile.TemporaryDirectory(prefix="finops-inventory-") as folder:
            equip(con, settings.lake)
            held = _read_held(con, settings, name)
            until = (now().replace(tzinfo=None) - _SETTLED).replace(minute=0, second=0, microsecond=0)
            since = until - timedelta(days=metric_days)
            work = Path(folder) / "collector"
            work.mkdir()
            asked = AskedInventory(name, since, until, work, progress, held)
            gathered = _gather(collector, chosen, asked, Path(folder))
            with needs_room(settings.lake, OSError, duckdb.Error, unchanged="the inventory was not changed"):
                hours = _write(con, settings, gathered, name=name, provider=provider, run_id=run_id)
    finally:
        con.close()
    reports = tuple(_report(name, provider, scope) for scope in gathered.looks.values())
    for report in reports:
        if report.needs:
            place = " ".join(part for part in (report.account, report.region) if part)
            note(f"{report.type} in {place} was not evaluated, it needs {report.needs}: {report.said}")
    return InventoryReport(reports, hours, gathered.failure)


def placed(settings: Settings, options: Mapping[str, object]) -> dict[str, object]:
    """Give options whose path, if they have one, starts where other paths of params/workbench.yaml do."""
    path = options.get("path")
    return {**options, **({"path": str(settings.params.parent / path)} if isinstance(path, str) and path else {})}


def chosen_options(collector: InventoryCollector, name: str, options: Mapping[str, object]) -> Any:
    """Check a source's options against what its collector takes.

    Raises:
        ConfigError: an unknown key or a value that does not fit; names the first, and shows no value: it may be secret.
    """
    try:
        return collector.options.model_validate(dict(options))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(str(part) for part in problem["loc"]) or "options"
        what = "unknown key" if problem["type"] == "extra_forbidden" else problem["msg"]
        known = ", ".join(sorted(collector.options.model_fields))
        raise ConfigError(
            f"options of source {name}: {key}: {what}",
            next_step=f"correct params/workbench.yaml; there are: {known}",
            source=name,
        ) from error


@dataclass(slots=True)
class _Gathered:
    """What a collector gave, by scope; resources are in a file, utilisation in files of hours."""

    looks: dict[_Key, Look] = field(default_factory=dict)
    resources: list[Resource] = field(default_factory=list)
    resources_file: Path = Path()
    hours: list[Path] = field(default_factory=list)
    taken_at: datetime | None = None
    failure: str = ""


def _gather(collector: InventoryCollector, options: Any, asked: AskedInventory, folder: Path) -> _Gathered:
    """Ask for everything; a provider that stops to answer ends it early, and what came before is kept."""
    gathered = _Gathered()
    parts = HourlyParts(folder)
    measured: dict[_Key, set[str]] = {}
    try:
        for scope in collector.scopes(options, asked):
            _take(gathered, scope)
        for item in collector.series(options, asked, list(gathered.resources)):
            if isinstance(item, Series):
                parts.add(item)
                key = (item.account, item.region, f"{item.type}/{item.metric}")
                measured.setdefault(key, set()).add(item.resource_id)
            elif isinstance(item, Hours):
                gathered.hours.append(item.file)
                for *place, resource_id in item.measured:
                    measured.setdefault((place[0], place[1], place[2]), set()).add(resource_id)
            else:
                _take(gathered, item)
    except SourceError as error:
        gathered.failure = str(error)
    for (account, region, type_), resources in measured.items():
        look = gathered.looks.get((account, region, type_))
        if look is None or not look.needs:
            gathered.looks[account, region, type_] = Look(account, region, type_, len(resources))
    gathered.hours += parts.close()
    gathered.resources_file = folder / "resources.parquet"
    _write_resources(gathered.resources, gathered.resources_file)
    return gathered


def _take(gathered: _Gathered, scope: Scope) -> None:
    key = (scope.account, scope.region, scope.type)
    if key in gathered.looks and "/" not in scope.type:
        raise _impossible(scope, "came twice")
    if (former := gathered.looks.get(key)) is not None and former.needs:
        # Asked in several requests, of which one refused is enough.
        return
    # What one answer lists twice, between two of its pages, is one resource.
    resources = {resource.resource_id: resource for resource in scope.resources}
    for resource in resources.values():
        elsewhere = scope.region not in ("", resource.region)
        if resource.type != scope.type or resource.account != scope.account or elsewhere:
            raise _impossible(scope, f"holds {resource.type} {resource.resource_id} of another scope")
    gathered.looks[key] = Look(
        scope.account, scope.region, scope.type, len(resources), scope.needs, scope.said or scope.needs
    )
    gathered.resources += resources.values()
    gathered.taken_at = gathered.taken_at or scope.taken_at


def _impossible(scope: Scope, what: str) -> QualityError:
    place = " ".join(part for part in (scope.account, scope.region) if part)
    return QualityError(
        f"the look at {scope.type} in {place} {what}",
        next_step="report it as a defect of the collector; nothing was written",
    )


def _write_resources(resources: Sequence[Resource], file: Path) -> None:
    import polars as pl

    pairs: Any = pl.List(pl.Struct({"key": pl.String, "value": pl.String}))
    schema: dict[str, Any] = {
        **dict.fromkeys(
            ("SubAccountId", "RegionId", "resource_type", "ResourceId", "ResourceName", "state"), pl.String
        ),
        **dict.fromkeys(("state_since", "created_at"), pl.Datetime("us")),
        **dict.fromkeys(("attributes", "Tags"), pairs),
    }
    rows = [
        (
            *(one.account, one.region, one.type, one.resource_id, one.name, one.state, one.state_since, one.created_at),
            *(_pairs(one.attributes), _pairs(one.tags)),
        )
        for one in resources
    ]
    pl.DataFrame(rows, schema=schema, orient="row").write_parquet(file)


def _pairs(texts: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in texts.items()]


def _write(
    con: duckdb.DuckDBPyConnection, settings: Settings, gathered: _Gathered, *, name: str, provider: str, run_id: str
) -> int:
    """Stage the hours, then replace all in one commit under the writer lock; give how many hours there are."""
    place = settings.lake
    if not gathered.looks:
        return 0
    ensure_lake(place)
    staged = stage_metrics(con, place, gathered.hours, provider=provider, source=name)
    looks = tuple(gathered.looks.values())
    found = Found(provider, name, looks, gathered.resources_file, staged)
    message = f"inventory of {name}: {len(looks)} looks, {len(gathered.resources)} resources"
    try:
        with writer_lock(place, purpose=f"inventory of {name}"):
            attach(con, place, read_only=False)
            try:
                at = gathered.taken_at or now().replace(tzinfo=None)
                replace_inventory(con, found, at=at, run_id=run_id, message=message)
            finally:
                detach(con)
    except BaseException:
        discard_files(place, staged)
        raise
    files = ", ".join(literal(str(file)) for file in gathered.hours)
    [[hours]] = con.execute(f"select count(*) from read_parquet([{files}])").fetchall() if files else [[0]]
    return int(hours)


def _report(name: str, provider: str, look: Look) -> ScopeReport:
    return ScopeReport(
        provider=provider,
        source=name,
        account=look.account,
        region=look.region,
        type=look.type,
        resources=None if look.needs else look.resources,
        status="not evaluated" if look.needs else "evaluated",
        needs=look.needs,
        said=look.said if look.needs else "",
    )


def _read_held(con: duckdb.DuckDBPyConnection, settings: Settings, source: str) -> dict[tuple[str, str], datetime]:
    if not is_there(settings.lake):
        return {}
    ensure_lake(settings.lake)
    attach(con, settings.lake, read_only=True)
    try:
        return held_until(con, source)
    finally:
        detach(con)
