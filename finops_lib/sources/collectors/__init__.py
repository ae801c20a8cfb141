"""Which bills does a provider hold that the lake does not have yet? One file per kind of source.

A collector fetches what is new, one billing month at a time, as files in one of the dialects; loading them is the same
as for files that a person names. What is in a bucket or folder needs no collector: `gather.py` follows its manifests.

Question: how does a second run know that nothing changed?
Choice: a marker per billing month, what the provider itself calls the month's version (export times, an ETag), kept
in the lake with the load it belongs to.
Why: it is committed with the charges or not at all. Declined: a file of our own, which can say more than is loaded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel, ConfigDict

from finops_lib.registry import Registry

# (what is being fetched, steps done, steps in all or None where nobody knows)
OnProgress = Callable[[str, int, int | None], None]


def unseen(what: str, done: int, total: int | None) -> None:
    """Show no progress."""


class Options(BaseModel):
    """What a source of one kind is told in params/workbench.yaml, under `options`; an unknown key is an error.

    A secret is never written there, only where it is: `env:NAME` or `file:PATH`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Permission:
    """Something a provider must allow, named as the provider names it, and what it is needed for."""

    name: str
    needed_for: str


@dataclass(frozen=True, slots=True)
class Tried:
    """Whether a permission was there when it was tried; `said` is the provider's answer in one line."""

    permission: Permission
    ok: bool
    said: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What one run wants of one source.

    Args:
        source: its name in params/workbench.yaml.
        months: the billing months that are wanted, by their first days; () = all that may have changed.
        today: the UTC day.
        held: billing month -> the marker of what the lake holds of it.
        folder: where files can be put; private, empty and gone afterwards.
        progress: told what is being fetched.
    """

    source: str
    months: tuple[date, ...]
    today: date
    held: Mapping[date, str]
    folder: Path
    progress: OnProgress = unseen


@dataclass(frozen=True, slots=True)
class Part:
    """One billing month as it was fetched: a delivery of its own.

    Args:
        files: billing files of one or more dialects, all in `Asked.folder`; () = the month has no charges.
        marker: the provider's version of the month; "" where it has none, and the month is then fetched every time.
        origins: file -> where it came from, as people see it.
        dialect: a name from DIALECTS, "" = each file's header decides.
        notes: what a person should know, e.g. that the provider cut an answer short and it was asked in pieces.
    """

    month: date
    files: tuple[Path, ...]
    marker: str
    origins: Mapping[Path, str] = field(default_factory=dict)
    dialect: str = ""
    notes: tuple[str, ...] = ()


class Collector(Protocol):
    """A kind of source. Stateless; clients are made when it is asked and closed when it is done."""

    options: type[Options]
    permissions: tuple[Permission, ...]

    def collect(self, options: Any, asked: Asked) -> Iterator[Part]:
        """Fetch month by month, oldest first; a month whose marker is held already is left out.

        Lazy, so that a month is loaded before the next is fetched: disk stays bounded, and what was complete is in the
        lake when a later month fails.

        Raises:
            ConfigError: credentials or a permission are missing; names which.
            SourceError: the provider did not answer, or what it sent is not whole.
        """
        ...

    def try_permissions(self, options: Any) -> list[Tried]:
        """Ask the provider for the smallest thing that each permission allows."""
        ...


COLLECTORS: Registry[Collector] = Registry("kind of source", "finops_lib.sources.collectors")
