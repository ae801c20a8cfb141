"""At which rates can the sample estate's currencies be held against each other? Illustrative ones, from a fixed curve.

A book rate for each month, fixed on its first day, and a spot rate for each day; both from EUR to USD, the estate's two
currencies. No market moved like this: the curve is a slow wave with a weekly ripple around 1.08.
"""

from __future__ import annotations

import csv
import math
from datetime import date
from decimal import Decimal
from pathlib import Path

from finops_lib.periods import BillingPeriod, days_in

FILE = "fx_rates.csv"
_MIDDLE, _WAVE, _RIPPLE = 1.08, 0.035, 0.004


def write_rates(folder: Path, *, first: BillingPeriod, as_of: date) -> Path:
    """Write `fx_rates.csv` for the days from `first` through `as_of`; the same days always have the same rates."""
    path = folder / FILE
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("from", "to", "day", "rate", "kind"))
        month = first
        while month.start <= as_of:
            writer.writerow(("EUR", "USD", month.start, _rate(month.start), "book"))
            month = month.next
        for day in days_in(first.start, as_of):
            writer.writerow(("EUR", "USD", day, _rate(day), "spot"))
        writer.writerow(("EUR", "USD", as_of, _rate(as_of), "spot"))
    return path


def _rate(day: date) -> Decimal:
    number = day.toordinal()
    slow, weekly = math.sin(number / 58), math.sin(number * 2 * math.pi / 7)
    return Decimal(f"{_MIDDLE + _WAVE * slow + _RIPPLE * weekly:.4f}")
