"""Plug-ins by name: a decorator registers a function, its folder is scanned on first use.

Question: how does a new detector, rule or dialect become known?
Choice: one file in the right folder; nothing else is edited.
Why: a list to edit is a list to forget. Declined: entry points, until a real outside plug-in exists.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from finops_lib.errors import ConfigError

T = TypeVar("T")


@dataclass
class Registry(Generic[T]):
    """Names of one kind of plug-in, found in one package.

    Args:
        kind: what the names stand for, as it appears in messages.
        package: the package whose modules register themselves when imported.
    """

    kind: str
    package: str
    _plugins: dict[str, T] = field(default_factory=dict)
    _scanned: bool = False

    def register(self, name: str) -> Callable[[T], T]:
        """Enter what is decorated under `name`; a name can be taken once."""

        def enter(plugin: T) -> T:
            if name in self._plugins:
                raise ConfigError(
                    f"{self.kind} {name!r} is registered twice", next_step="give one of them another name"
                )
            self._plugins[name] = plugin
            return plugin

        return enter

    def get(self, name: str) -> T:
        """Give the plug-in of that name; ConfigError lists the names there are."""
        self._scan()
        if name not in self._plugins:
            raise ConfigError.unknown(self.kind, name, self._plugins)
        return self._plugins[name]

    def names(self) -> list[str]:
        self._scan()
        return sorted(self._plugins)

    def _scan(self) -> None:
        if self._scanned:
            return
        package = importlib.import_module(self.package)
        for module in pkgutil.iter_modules(package.__path__, prefix=f"{self.package}."):
            importlib.import_module(module.name)
        self._scanned = True
