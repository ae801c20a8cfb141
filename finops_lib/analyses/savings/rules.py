"""What is a savings rule? A function over the estate, entered in RULES by name, with what it needs to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from finops_lib.analyses.savings.estate import Estate
from finops_lib.analyses.savings.needs import Need, bill
from finops_lib.findings import Effort, Recommendation, Step
from finops_lib.registry import Registry

Finder = Callable[[Estate], Iterator[Recommendation]]
CLOUDS = ("aws", "azure", "gcp")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and what is the same for all that it finds.

    Args:
        check: its number in the catalogue, e.g. `A11`.
        providers: where such resources exist.
        needs: without one of them it is not evaluated.
        better_with: raises the confidence where it is there.
        step, effort: of what it recommends (domain.md 6.2, 6.3).
        grace_days: younger resources are left alone.
    """

    name: str
    find: Finder
    check: str
    providers: tuple[str, ...]
    needs: tuple[Need, ...]
    better_with: tuple[Need, ...]
    step: Step
    effort: Effort
    grace_days: int = 0

    def recommendations(self, estate: Estate) -> Iterator[Recommendation]:
        """Give what the rule finds, under its number and in its place of the chain."""
        for found in self.find(estate):
            yield replace(found, check=self.check, step=self.step, effort=self.effort)


RULES: Registry[Rule] = Registry("savings rule", "finops_lib.analyses.savings.checks")


def rule(
    name: str,
    *,
    check: str,
    providers: tuple[str, ...] = CLOUDS,
    needs: tuple[Need, ...] = (bill(),),
    better_with: tuple[Need, ...] = (),
    step: Step = "terminate",
    effort: Effort = "Low",
    grace_days: int = 0,
) -> Callable[[Finder], Finder]:
    """Enter a rule under its name."""

    def enter(find: Finder) -> Finder:
        RULES.register(name)(Rule(name, find, check, providers, needs, better_with, step, effort, grace_days))
        return find

    return enter
