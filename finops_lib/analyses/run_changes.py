"""What moved the numbers between two runs? One cause is changed at a time, so the parts add up to the whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import get_args

from finops_lib.findings import EXACT, Cause, Change

# Name and unit of a number -> its value, exact.
Measures = Mapping[tuple[str, str], Decimal]

CAUSES: tuple[Cause, ...] = get_args(Cause)


def split_changes(before: Measures, steps: Sequence[tuple[Cause, Measures]], after: Measures) -> list[Change]:
    """Split the change of every number into what each cause added.

    Args:
        before: the numbers of the first run.
        steps: from the first run to the second: the cause that was changed, and the numbers with it and all before it
            changed. A cause may come more than once.
        after: the numbers of the second run, which the last step should have reached.
    Returns:
        one Change for each number that either run has, by name; what the last step did not reach is its residual.
    Source:
        a sequential (one factor at a time) decomposition: it depends on the order of the causes, and always adds up.
    """
    changes = []
    for name, unit in sorted({*before, *after}):
        causes: dict[Cause, Decimal] = dict.fromkeys(CAUSES, Decimal(0))
        reached = before.get((name, unit), Decimal(0))
        for cause, numbers in steps:
            value = numbers.get((name, unit), Decimal(0))
            causes[cause] = EXACT.add(causes[cause], EXACT.subtract(value, reached))
            reached = value
        # Nothing is 0, without the digits of what it was worked out from.
        parts = {cause: part or Decimal(0) for cause, part in causes.items()}
        changes.append(Change(name, unit, before.get((name, unit)), after.get((name, unit)), parts))
    return changes
