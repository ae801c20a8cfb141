"""What must each configured source be allowed, and is it? Every permission is tried by the smallest question."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from finops_lib.errors import FinOpsError
from finops_lib.runs.fetch import source_path
from finops_lib.runs.inventory import placed
from finops_lib.settings import FILES, Settings, SourceConfig
from finops_lib.sources.collectors import COLLECTORS, Tried
from finops_lib.sources.inventory import INVENTORIES, inventory_of
from finops_lib.sources.locations import is_remote, permissions_of, try_store


@dataclass(frozen=True, slots=True)
class SourcePermission:
    """One permission of one source; `said` is the provider's answer in one line."""

    source: str
    name: str
    needed_for: str
    ok: bool
    said: str


def try_all(settings: Settings) -> list[SourcePermission]:
    """Try every permission of every configured source; none of it changes or costs anything worth naming."""
    return [found for source in settings.workbench.sources for found in _of(settings, source)]


def _of(settings: Settings, source: SourceConfig) -> Iterator[SourcePermission]:
    if source.kind != FILES:
        collector = COLLECTORS.get(source.kind)
        yield from _tried(source, collector.try_permissions(collector.options.model_validate(source.options)))
    elif source.path and is_remote(place := str(source_path(settings, source))):
        yield from _of_store(source, place)
    if source.inventory is not None:
        looks = INVENTORIES.get(inventory_of(source.provider, source.inventory))
        yield from _tried(
            source, looks.try_permissions(looks.options.model_validate(placed(settings, source.inventory)))
        )


def _tried(source: SourceConfig, tried: list[Tried]) -> Iterator[SourcePermission]:
    for one in tried:
        yield SourcePermission(source.name, one.permission.name, one.permission.needed_for, one.ok, one.said)


def _of_store(source: SourceConfig, place: str) -> Iterator[SourcePermission]:
    said, ok = f"{place} answers", True
    try:
        try_store(place)
    except FinOpsError as error:
        said, ok = error.what, False
    for name in permissions_of(place):
        yield SourcePermission(source.name, name, "its billing files", ok, said)
