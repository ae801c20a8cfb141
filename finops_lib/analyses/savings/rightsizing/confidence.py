"""How sure is advice about a size? 1, times a factor for each thing that is not known (domain.md 6.3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from finops_lib.analyses.savings.resources import Utilisation
from finops_lib.analyses.savings.rightsizing.fit import Fit
from finops_lib.analyses.savings.rightsizing.prices import Grade, Price
from finops_lib.analyses.savings.rightsizing.shapes import Shape

OF_GRADE: Mapping[Grade, float] = {"A": 1.0, "B": 0.9, "C": 0.7, "D": 0.5}
MEMORY_UNKNOWN = 0.4
# Network or disk: few machines are bound by them, and those who are show it in the metrics that most clouds have.
UNTESTED = 0.9
NO_MONTH_END = 0.9
OTHER_HYPERVISOR, OTHER_ARCHITECTURE = 0.8, 0.7
OLD_SHAPE_DAYS, TOO_OLD_SHAPE_DAYS = 90, 365
OLD_SHAPE = 0.1
# Any as many days hold the end of a month.
_A_MONTH_OF_DAYS = 31


def is_issued(target: Shape, price: Price, as_of: date) -> bool:
    """Say whether the catalogue is young enough to be believed; an own price shows that the type exists."""
    return price.grade == "A" or target.age(as_of) <= TOO_OLD_SHAPE_DAYS


def confidence(cpu: Utilisation, found: Fit, current: Shape, target: Shape, price: Price, as_of: date) -> float:
    """Give a number from 0 to 1."""
    sure = OF_GRADE[price.grade] * min(1.0, cpu.coverage)
    if "memory" in found.untested:
        sure *= MEMORY_UNKNOWN
    if set(found.untested) - {"memory"}:
        sure *= UNTESTED
    if (cpu.last_hour.date() - cpu.first_hour.date()).days + 1 < _A_MONTH_OF_DAYS:
        sure *= NO_MONTH_END
    if target.hypervisor != current.hypervisor:
        sure *= OTHER_HYPERVISOR
    if target.architecture != current.architecture:
        sure *= OTHER_ARCHITECTURE
    if target.age(as_of) > OLD_SHAPE_DAYS:
        sure -= OLD_SHAPE
    return max(0.0, sure)
