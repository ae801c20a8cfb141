"""Which installed packages does the image not need? Those that only tests and building ask for.

The lock has everything that a checkout needs, so that there is one truth about versions; the Dockerfile installs it and
takes away what this prints:

    python -m finops_lib.runs.schedule.image_packages
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import distribution, distributions

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "finops"
# All extras of the project but these.
NOT_AT_WORK = frozenset({"test", "build"})


def not_needed(requires: Mapping[str, Sequence[str]], *, project: str, extras: frozenset[str]) -> list[str]:
    """Give the packages that neither the project nor anything it needs asks for.

    Args:
        requires: package -> its requirements as its metadata has them, markers included.
        extras: of the project.
    """
    needed: set[tuple[str, str]] = set()
    # The empty extra stands for what is always required.
    open_ones = [(project, extra) for extra in ("", *sorted(extras))]
    while open_ones:
        one = open_ones.pop()
        if one in needed or one[0] not in requires:
            continue
        needed.add(one)
        package, extra = one
        for requirement in map(Requirement, requires[package]):
            if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
                name = canonicalize_name(requirement.name)
                open_ones += [(name, wanted) for wanted in ("", *requirement.extras)]
    return sorted(set(requires) - {package for package, _ in needed})


def installed() -> dict[str, list[str]]:
    """Give the packages of this environment with their requirements."""
    return {canonicalize_name(found.metadata["Name"]): found.requires or [] for found in distributions()}


if __name__ == "__main__":
    of_the_project = frozenset(distribution(PROJECT).metadata.get_all("Provides-Extra") or [])
    print("\n".join(not_needed(installed(), project=PROJECT, extras=of_the_project - NOT_AT_WORK)))
