"""Load what the configured sources hold, source by source: one that fails does not stop the others."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from finops_lib.errors import ConfigError, DataError, SourceError
from finops_lib.marts.build import BuildSummary, build
from finops_lib.runs.ingest import RefusedReplacement, ingest
from finops_lib.runs.slice_report import SliceReport
from finops_lib.settings import Settings, SourceConfig, load_settings
from finops_lib.sources.locations import is_remote


@dataclass(frozen=True, slots=True)
class Refusal:
    """A delivery that was not loaded, and why in one line."""

    source: str
    path: str
    reason: str


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
    settings: Settings, sources: Sequence[SourceConfig], *, replace: bool = False, run_id: str = ""
) -> Collected:
    """Load each source's folder, bucket or container as one delivery, then build the marts of what changed."""
    wanted = [(source.name, [source_path(settings, source)], source.dialect) for source in sources]
    return _collect(settings, wanted, replace=replace, run_id=run_id)


def source_path(settings: Settings, source: SourceConfig) -> Path | str:
    """Give a source's folder, or the URI of its bucket; a relative path is seen from the folder that holds params/."""
    return source.path if is_remote(source.path) else (settings.params.parent / source.path).resolve()


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
    run_id = os.environ.get("FINOPS_RUN_ID", "")
    configured = list(settings.workbench.sources)
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
        return _collect(settings, [(source, given, "")], replace=replace, run_id=run_id)
    if source:
        configured = [config for config in configured if config.name == source]
        if not configured:
            names = [config.name for config in settings.workbench.sources]
            raise ConfigError.unknown("source", source, names)
    return collect(settings, configured, replace=replace, run_id=run_id)


def _collect(
    settings: Settings, wanted: Sequence[tuple[str, Sequence[Path | str], str]], *, replace: bool, run_id: str
) -> Collected:
    reports: list[SliceReport] = []
    refusals: list[Refusal] = []
    notes: list[str] = []
    for source, paths, dialect in wanted:
        try:
            reports += ingest(
                settings, paths, source=source, dialect=dialect, replace=replace, run_id=run_id, note=notes.append
            )
        except (DataError, SourceError) as error:
            refusals.append(Refusal(source, "; ".join(str(path) for path in paths), str(error)))
            if isinstance(error, RefusedReplacement):
                reports += error.reports
    built = build(settings.lake, memory_limit=settings.memory_limit, threads=settings.threads) if reports else None
    return Collected(tuple(reports), tuple(refusals), built, tuple(notes))
