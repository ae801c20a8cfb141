"""How much headroom does a machine keep? Three profiles, chosen by environment (domain.md 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from finops_lib.analyses.savings.resources import PRODUCTION

Dimension = Literal["cpu", "memory", "network", "disk throughput", "disk operations", "connections"]
Quantile = Literal["p95", "p99", "p99_5", "maximum"]
QUANTILE_NAMES: Mapping[Quantile, str] = {"p95": "P95", "p99": "P99", "p99_5": "P99.5", "maximum": "P100"}
_DEVELOPMENT = ("dev", "development", "test", "testing", "qa", "sandbox", "nonprod", "non-prod", "lab")


@dataclass(frozen=True, slots=True)
class Limit:
    """This quantile of the use may take this share of what the target gives all the time."""

    quantile: Quantile
    share: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Limits by dimension; `flow` is that of network, disk and connections.

    Args:
        may_burst: a machine may become a burstable one. Users who wait must not depend on credits, nor on what
            surplus credits cost.
    """

    name: str
    cpu: tuple[Limit, ...]
    memory: Limit
    flow: Limit
    may_burst: bool = True


CONSERVATIVE = Profile(
    "conservative",
    cpu=(Limit("p99_5", 0.70), Limit("p95", 0.40)),
    memory=Limit("maximum", 0.60),
    flow=Limit("p99", 0.70),
    may_burst=False,
)
BALANCED = Profile("balanced", cpu=(Limit("p99_5", 0.80),), memory=Limit("maximum", 0.80), flow=Limit("p99", 0.80))
AGGRESSIVE = Profile("aggressive", cpu=(Limit("p95", 0.80),), memory=Limit("p99_5", 0.85), flow=Limit("p95", 1.00))


def profile_of(environment: str) -> Profile:
    """Choose by environment: production keeps most, development and test least, what is not known the middle."""
    name = environment.lower()
    if name in PRODUCTION:
        return CONSERVATIVE
    return AGGRESSIVE if name in _DEVELOPMENT else BALANCED
