"""Load what the configured sources hold, source by source: one that fails does not stop the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pydantic import TypeAdapter

from finops_lib.errors import ConfigError, DataError, QualityError, SourceError
from finops_lib.marts.build import BuildSummary, build
from finops_lib.runs.fetch import NotLoaded, Wanted, fetch, reports_of
from finops_lib.runs.folder import COLLECTED, RunFolder
from finops_lib.runs.handover import RERUN_OF
from finops_lib.runs.ingest import ingest
from finops_lib.runs.inventory import ScopeReport, collect_inventory
from finops_lib.runs.slice_report import SliceReport
from finops_lib.settings import Settings, SourceConfig, load_settings
from finops_lib.sources.collectors import OnProgress, unseen
from finops_lib.sources.locations import is_remote


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivery that was not loaded, and why in one line; `exit_code` is that of its error."""

    source: str
    path: str
    reason: str
    exit_code: int = DataError.exit_code


@dataclass(frozen=True, slots=True)
class Collected:
    """What arrived: a report per slice and currency, the deliveries refused, and the marts built after it.

    `notes` are what was left alone on purpose, e.g. a month that is still being written.
    """

    reports: tuple[SliceReport, ...]
    refusals: tuple[Refusal, ...]
    built: BuildSummary | None
    notes: tuple[str, ...] = ()

    def require_all(self) -> None:
        """Raise if a delivery was refused: a run that could not load everything has not succeeded.

        Raises:
            DataError: names the first refused delivery and counts the others.
        """
        if self.refusals:
            more = f" (and {len(self.refusals) - 1} more)" if len(self.refusals) > 1 else ""
            first = self.refusals[0]
            raise DataError(f"delivery of {first.source} refused{more}: {first.reason}", refusals=self.refusals)


def collect(
    settings: Settings,
    sources: Sequence[SourceConfig],
    *,
    months: Sequence[date] = (),
    replace: bool = False,
    run_id: str = "",
    progress: Callable[[str], OnProgress] = lambda source: unseen,
) -> Collected:
    """Load what is new of each source, month by month, then build the marts of what changed.

    Args:
        months: billing months by their first days; () = all that a source holds.
        replace: accept that a month loses more than half of its rows or money.
        progress: gives, for a source's name, what is told about its progress.
    """
    reports: list[SliceReport] = []
    refusals: list[Refusal] = []
    notes: list[str] = []
    for source in sources:
        wanted = Wanted(tuple(months), replace, run_id, notes.append, progress(source.name))
        for outcome in fetch(settings, source, wanted):
            if isinstance(outcome, NotLoaded):
                refusals.append(_refusal(source.name, outcome))
                reports += reports_of(outcome.error)
            else:
                reports += outcome
    return Collected(tuple(reports), tuple(refusals), _built(settings, reports), tuple(notes))


def collect_inventories(
    settings: Settings, names: Sequence[str], *, progress: Callable[[str], OnProgress] = lambda source: unseen
) -> tuple[list[ScopeReport], list[Refusal]]:
    """Look at what the providers of the configured sources have; a source that fails stops no other.

    Args:
        names: of sources with an `inventory`; () = all that have one.
    Returns:
        Every look, and the sources that did not answer to the end.
    Raises:
        ConfigError: a name is not configured, or is of a source without an inventory.
    """
    chosen = chosen_sources(settings, names)
    bare = [source.name for source in chosen if source.inventory is None] if names else []
    if bare:
        raise ConfigError(
            f"{bare[0]} has no inventory", next_step="give it `inventory: {}` in params/workbench.yaml", source=bare[0]
        )
    reports: list[ScopeReport] = []
    failures: list[Refusal] = []
    for source in chosen:
        if source.inventory is None:
            continue
        try:
            done = collect_inventory(
                settings, source.name, source.provider, source.inventory, progress=progress(source.name)
            )
            reports += done.scopes
            done.require_whole()
        except (ConfigError, DataError, SourceError, QualityError) as error:
            failures.append(_refusal(source.name, NotLoaded("inventory", error)))
    return reports, failures


def chosen_sources(settings: Settings, names: Sequence[str]) -> list[SourceConfig]:
    """Give the configured sources of some names, or all of them.

    Raises:
        ConfigError: one of the names is not configured.
    """
    configured = {config.name: config for config in settings.workbench.sources}
    for name in names:
        if name not in configured:
            raise ConfigError.unknown("source", name, configured)
    return [configured[name] for name in names] if names else list(configured.values())


def _refusal(source: str, outcome: NotLoaded) -> Refusal:
    return Refusal(source, outcome.place, str(outcome.error), outcome.error.exit_code)


def _built(settings: Settings, reports: Sequence[SliceReport]) -> BuildSummary | None:
    return build(settings.lake, memory_limit=settings.memory_limit, threads=settings.threads) if reports else None


def ingest_for_notebook(*, paths: str = "", source: str = "", replace: bool = False) -> Collected:
    """Do the loading that a notebook's parameters name.

    Args:
        paths: files, folders, s3:// or az:// URIs, separated by `;`, seen from where the run was started; empty = the
            configured sources, or none if none is configured.
        source: the source that `paths` belong to, or the one configured source to load; empty = all configured.
        replace: accept that a month loses more than half of its rows or money.
    Raises:
        ConfigError: paths without a source, or a source that is not configured.
    """
    settings = load_settings()
    if first := os.environ.get(RERUN_OF):
        return _read_collected(settings.params / COLLECTED, first)
    collected = _collect_what_is_named(settings, paths=paths, source=source, replace=replace)
    RunFolder.from_environment().write_input(COLLECTED, TypeAdapter(Collected).dump_json(collected, indent=1).decode())
    return collected


def _read_collected(path: Path, first: str) -> Collected:
    """Give what the first run loaded, to a run that makes it again and loads nothing."""
    if not path.is_file():
        raise ConfigError(f"run {first} kept no record of what it loaded", next_step="load again: finops run ingestion")
    return TypeAdapter(Collected).validate_json(path.read_bytes())


def _collect_what_is_named(settings: Settings, *, paths: str, source: str, replace: bool) -> Collected:
    run_id = os.environ.get("FINOPS_RUN_ID", "")
    if paths:
        if not source:
            raise ConfigError(
                "paths without a source", next_step="name the source these files belong to, e.g. -p source=aws"
            )
        start = Path(os.environ.get("FINOPS_RUN_FROM", ""))
        places = [place for path in paths.split(";") if (place := path.strip())]
        given = [place if is_remote(place) else start / place for place in places]
        if not given:
            raise ConfigError(f"paths {paths!r} names no path", next_step="separate files and folders by ;")
        return _load_named(settings, source, given, replace=replace, run_id=run_id)
    return collect(settings, chosen_sources(settings, [source] if source else []), replace=replace, run_id=run_id)


def _load_named(
    settings: Settings, source: str, paths: Sequence[Path | str], *, replace: bool, run_id: str
) -> Collected:
    """Load the places that a person named, as one delivery."""
    notes: list[str] = []
    reports: list[SliceReport] = []
    refusals: list[Refusal] = []
    try:
        reports += ingest(settings, paths, source=source, replace=replace, run_id=run_id, note=notes.append)
    except (DataError, SourceError) as error:
        refusals.append(_refusal(source, NotLoaded("; ".join(str(path) for path in paths), error)))
        reports += reports_of(error)
    return Collected(tuple(reports), tuple(refusals), _built(settings, reports), tuple(notes))
