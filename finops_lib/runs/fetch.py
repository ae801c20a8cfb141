"""Fetch what one configured source holds and the lake does not have, and load it month by month.

Question: one delivery for all that a source holds, or one per billing month?
Choice: one per month, small months together. A month that cannot be loaded does not keep the others out.
Why: a source of three years and a terabyte is fetched with the disk and memory of its largest month, and what was
complete is in the lake when the last month turns out to be broken. Declined: all or nothing over a whole source, which
a person can still have with `finops ingest`.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from finops_lib.breaker import Breaker
from finops_lib.errors import ConfigError, DataError, FinOpsError, QualityError, SourceError
from finops_lib.lake.catalog import is_there
from finops_lib.lake.create import ensure_lake
from finops_lib.lake.markers import held_markers
from finops_lib.lake.open import attach, connect, equip, without_pandas
from finops_lib.lake.write import CurrentLoad, current_loads
from finops_lib.runs.allocate import with_rules
from finops_lib.runs.clock import now
from finops_lib.runs.compare import state_totals
from finops_lib.runs.ingest import Asked, RefusedReplacement, load
from finops_lib.runs.slice_report import SliceReport, unchanged
from finops_lib.runs.twice import withdraw_charges
from finops_lib.settings import FILES, Settings, SourceConfig
from finops_lib.sources import DIALECTS, collectors, mapping_version
from finops_lib.sources.collectors import COLLECTORS, OnProgress, Part, unseen
from finops_lib.sources.delivery import fingerprint
from finops_lib.sources.gather import Gathered, fetched
from finops_lib.sources.locations import is_remote
from finops_lib.sources.survey import Survey, surveyed

# Months are loaded together up to so many bytes of files: a load of its own for each small one would take longer.
_TOGETHER_BYTES = 100_000_000
_NOT_LOADED = (ConfigError, DataError, SourceError, QualityError)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run wants of a source.

    Args:
        months: billing months by their first days; () = all.
        replace: accept that a month loses more than half of its rows or money.
        note: told what was left alone on purpose.
    """

    months: tuple[date, ...] = ()
    replace: bool = False
    run_id: str = ""
    note: Callable[[str], None] = lambda _: None
    progress: OnProgress = unseen


@dataclass(frozen=True, slots=True)
class NotLoaded:
    """A delivery that was not loaded, and why."""

    place: str
    error: FinOpsError


def fetch(settings: Settings, source: SourceConfig, wanted: Wanted) -> Iterator[list[SliceReport] | NotLoaded]:
    """Load what is new of a source; give what happened delivery by delivery, failures among them."""
    place = str(source_path(settings, source)) if source.kind == FILES else source.kind
    try:
        held = _Held.read(settings, source)
        if source.compare_with:
            gone = withdraw_charges(settings, source, held.loads, replace=wanted.replace, run_id=wanted.run_id)
            if gone:
                yield gone
            held = replace(held, loads=())
        of_kind = _from_files if source.kind == FILES else _from_provider
        yield from of_kind(settings, source, wanted, held)
    except _NOT_LOADED as error:
        yield NotLoaded(place, error)


def source_path(settings: Settings, source: SourceConfig) -> Path | str:
    """Give a source's folder, or the URI of its bucket; a relative path is seen from the folder that holds params/."""
    return source.path if is_remote(source.path) else (settings.params.parent / source.path).resolve()


@dataclass(frozen=True, slots=True)
class _Held:
    """What the lake holds of a source, and by which markers. A mapping that changed makes every marker void."""

    loads: Sequence[CurrentLoad]
    markers: Mapping[date | None, str]
    version: str

    @classmethod
    @without_pandas()
    def read(cls, settings: Settings, source: SourceConfig) -> _Held:
        named = [source.dialect] if source.dialect else DIALECTS.names()
        version = fingerprint((), with_rules(mapping_version(named), settings.workbench.allocation))
        if not is_there(settings.lake):
            return cls((), {}, version)
        ensure_lake(settings.lake)
        con = connect(memory_limit=settings.memory_limit, threads=settings.threads)
        try:
            equip(con, settings.lake)
            attach(con, settings.lake, read_only=True)
            loads, noted = current_loads(con, source.name), held_markers(con, source.name)
        finally:
            con.close()
        tail = f" {version}"
        own = {month: marker.removesuffix(tail) for month, marker in noted.items() if marker.endswith(tail)}
        return cls(loads, own, version)

    def stamp(self, marker: str) -> str:
        return f"{marker} {self.version}"

    def unchanged(self, months: Sequence[date | None]) -> list[SliceReport]:
        """Report the slices of some months, None = of all, as what they are: fetched and loaded before."""
        return [unchanged(held) for held in self.loads if None in months or held.key.month in months]


def _from_files(
    settings: Settings, source: SourceConfig, wanted: Wanted, held: _Held
) -> Iterator[list[SliceReport] | NotLoaded]:
    with surveyed([source_path(settings, source)]) as survey:
        for line in survey.notes:
            wanted.note(line)
        parts = survey.by_month()
        if wanted.months:
            parts = _chosen(source, parts, wanted.months)
        same = [month for month, part in parts.items() if part.marker and held.markers.get(month) == part.marker]
        if same:
            yield held.unchanged(same)
        breaker = Breaker(source.name)
        for batch in _batches({month: part for month, part in parts.items() if month not in same}):
            yield from _load_batch(settings, source, wanted, held, batch, breaker)


def _chosen(
    source: SourceConfig, parts: Mapping[date | None, Survey], months: Sequence[date]
) -> dict[date | None, Survey]:
    if None in parts:
        raise ConfigError(
            f"{source.name}: its files do not tell their months apart, so none can be chosen",
            next_step=f"collect all of it: finops collect {source.name}",
        )
    return {month: part for month, part in parts.items() if month in months}


_Batch = dict[date | None, Survey]


def _batches(parts: Mapping[date | None, Survey]) -> list[_Batch]:
    batches: list[_Batch] = []
    for month, part in parts.items():
        if batches and sum(other.bytes for other in batches[-1].values()) + part.bytes <= _TOGETHER_BYTES:
            batches[-1][month] = part
        else:
            batches.append({month: part})
    return batches


def _load_batch(
    settings: Settings, source: SourceConfig, wanted: Wanted, held: _Held, batch: _Batch, breaker: Breaker
) -> Iterator[list[SliceReport] | NotLoaded]:
    first = next(iter(batch.values()))
    together = replace(
        first,
        found=tuple(found for part in batch.values() for found in part.found),
        plain=tuple(path for part in batch.values() for path in part.plain),
        notes=(),
    )
    markers = {month: held.stamp(part.marker) for month, part in batch.items() if part.marker}
    try:
        with without_pandas(), breaker.call(), fetched(together, wanted.progress) as given:
            reports = _loaded(settings, source, wanted, given, markers, source.dialect)
        yield reports
    except _NOT_LOADED as error:
        if len(batch) == 1:
            yield NotLoaded(_place(settings, source, next(iter(batch))), error)
            return
        for month, part in batch.items():
            yield from _load_batch(settings, source, wanted, held, {month: part}, breaker)


def _place(settings: Settings, source: SourceConfig, month: date | None) -> str:
    return f"{source_path(settings, source)}{f' ({month:%Y-%m})' if month else ''}"


def _from_provider(
    settings: Settings, source: SourceConfig, wanted: Wanted, held: _Held
) -> Iterator[list[SliceReport] | NotLoaded]:
    collector = COLLECTORS.get(source.kind)
    options = collector.options.model_validate(source.options)
    moved: set[date] = set()
    with tempfile.TemporaryDirectory(prefix="finops-") as name:
        asked = collectors.Asked(
            source=source.name,
            months=wanted.months,
            today=now().date(),
            held={month: marker for month, marker in held.markers.items() if month is not None},
            folder=Path(name).resolve(),
            progress=wanted.progress,
        )
        for part in collector.collect(options, asked):
            moved.add(part.month)
            yield _load_part(settings, source, wanted, held, part)
            for file in part.files:
                file.unlink(missing_ok=True)
            shutil.rmtree(asked.folder, ignore_errors=True)
            asked.folder.mkdir(exist_ok=True)
    rest = {load.key.month for load in held.loads} - moved
    if same := held.unchanged(sorted(rest & set(wanted.months) if wanted.months else rest)):
        yield same


def _load_part(
    settings: Settings, source: SourceConfig, wanted: Wanted, held: _Held, part: Part
) -> list[SliceReport] | NotLoaded:
    for line in part.notes:
        wanted.note(f"{source.name} {part.month:%Y-%m}: {line}")
    marker = held.stamp(part.marker) if part.marker else ""
    try:
        if source.compare_with:
            state_totals(
                settings,
                part.files,
                month=part.month,
                source=source.name,
                compare_with=source.compare_with,
                dialect=part.dialect,
                marker=marker,
            )
            return []
        given = Gathered(paths=list(part.files), origins=dict(part.origins))
        markers: dict[date | None, str] = {part.month: marker} if marker else {}
        return _loaded(settings, source, wanted, given, markers, part.dialect)
    except _NOT_LOADED as error:
        return NotLoaded(f"{source.kind} ({part.month:%Y-%m})", error)


def _loaded(
    settings: Settings,
    source: SourceConfig,
    wanted: Wanted,
    given: Gathered,
    markers: Mapping[date | None, str],
    dialect: str,
) -> list[SliceReport]:
    asked = Asked(source.name, dialect, replace=wanted.replace, run_id=wanted.run_id, markers=markers)
    return load(settings, given, asked)


def reports_of(error: FinOpsError) -> list[SliceReport]:
    """Give what a refused replacement says of each slice."""
    return list(error.reports) if isinstance(error, RefusedReplacement) else []
