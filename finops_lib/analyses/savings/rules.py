"""What is a savings rule? A function over one figure query's frame, entered in RULES by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from finops_lib.findings import Recommendation
from finops_lib.registry import Registry

Finder = Callable[[pl.DataFrame], Iterator[Recommendation]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and the figure query whose rows it reads."""

    name: str
    reads: str
    find: Finder


RULES: Registry[Rule] = Registry("savings rule", "finops_lib.analyses.savings")


def rule(name: str, *, reads: str) -> Callable[[Finder], Finder]:
    """Enter a rule under its name."""

    def enter(find: Finder) -> Finder:
        RULES.register(name)(Rule(name, reads, find))
        return find

    return enter
