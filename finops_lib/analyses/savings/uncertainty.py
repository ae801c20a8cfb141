"""How sure is a mean of daily money? A range that holds the truth 19 times out of 20.

Days resemble their neighbours, so thirty of them are worth fewer independent ones: their number is taken times
(1 - r) / (1 + r), r the correlation of neighbouring days. What a thing would have cost had nobody changed it is never
known better than `DRIFT`, however steady it was.
Source: standard error of the mean with the effective sample size of a first-order autoregressive series.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

# Student's t for 95 % at 14 to 30 days.
STUDENT = 2.1
# What a month moves by itself.
DRIFT = 0.02


def standard_error(values: Sequence[Decimal]) -> float:
    """Give the standard error of the mean of neighbouring days; 0 of fewer than two."""
    numbers = [float(value) for value in values]
    count = len(numbers)
    if count < 2:
        return 0.0
    middle = sum(numbers) / count
    off = [number - middle for number in numbers]
    squares = sum(one * one for one in off)
    if squares == 0:
        return 0.0
    # A negative correlation would make few days look like many.
    near = max(0.0, min(0.9, sum(a * b for a, b in pairwise(off)) / squares))
    independent = max(2.0, count * (1 - near) / (1 + near))
    return math.sqrt(squares / (count - 1) / independent)


def around(middle: Decimal, errors: Sequence[float]) -> tuple[Decimal, Decimal]:
    """Give the range of a mean whose standard errors are independent of each other."""
    half = STUDENT * math.sqrt(sum(error * error for error in errors)) + DRIFT * abs(float(middle))
    width = Decimal(repr(half)).quantize(Decimal("0.000001"))
    return middle - width, middle + width
