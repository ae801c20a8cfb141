"""The statuses of one budget period as percentages of its amount, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from finops_lib.findings import BudgetStatus


@dataclass(frozen=True, slots=True)
class Reading:
    """One status, as far as alerts look at it.

    Args:
        actual: all cost that is known, in percent of the amount; None where the amount is not above zero.
        forecast: the middle of the forecast, likewise; None also where there is no forecast to rely on.
        burn: burn multiple; None where it is not known.
    """

    watermark: str
    version: int
    actual: float | None
    forecast: float | None
    burn: float | None


def readings(statuses: Iterable[BudgetStatus]) -> list[Reading]:
    """Read the statuses; one that repeats the watermark and version before it says nothing new and is left out."""
    read: list[Reading] = []
    for status in statuses:
        if read and (read[-1].watermark, read[-1].version) == (status.watermark, status.version):
            continue
        read.append(_reading(status))
    return read


def since(read: Sequence[Reading], watermark: str) -> Sequence[Reading]:
    """Give the readings after the last one of `watermark`; all of them if it is not among them."""
    places = [place for place, reading in enumerate(read) if reading.watermark == watermark]
    return read[places[-1] + 1 :] if places else read


def _reading(status: BudgetStatus) -> Reading:
    # Stale data keeps an old forecast alive; nobody is told, or told that it is over, because of it.
    is_reliable = status.standing not in ("stale", "undefined")
    return Reading(
        watermark=status.watermark,
        version=status.version,
        actual=percent_of(status.actual_known, status.amount),
        forecast=percent_of(status.forecast_p50, status.amount) if is_reliable else None,
        burn=status.burn_multiple if is_reliable else None,
    )


def percent_of(cost: Decimal | None, amount: Decimal) -> float | None:
    """Give `cost` in percent of `amount`; None where either is not known or the amount is not above zero."""
    if cost is None or amount <= 0:
        return None
    # The lake's money has up to 38 digits. The quotient is only compared with thresholds.
    with localcontext(prec=50):
        return float(100 * cost / amount)
