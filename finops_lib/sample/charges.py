"""Which usage charges does one provider send for one month? Lines x days become rows, whole columns at a time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import polars as pl

from finops_lib.periods import BillingPeriod
from finops_lib.sample.catalogue import FLEETS
from finops_lib.sample.curves import STEADY, Calendar, stream
from finops_lib.sample.lines import HOURS, MICRO, Bill, resource_on, slots_of

# What has arrived of the last days when the file is delivered, oldest first.
ARRIVED = {"aws": (0.82, 0.38), "azure": (0.9, 0.6, 0.2), "gcp": (0.75, 0.3)}
# Commitments are judged by thirteen weeks of hours; older charges of the hour-grain fleets are daily.
HOURLY_DAYS = 92
# BigQuery's NUMERIC ends at the ninth decimal: with prices in millionths, quantities may have three.
QUANTITY_STEP = {"aws": 1, "azure": 1, "gcp": 1000}
US_PER_HOUR = 3_600_000_000
_HOUR_SHAPE = 1 + 0.45 * np.sin((np.arange(HOURS) - 8) / HOURS * 2 * np.pi)
HOUR_SHAPE = _HOUR_SHAPE / _HOUR_SHAPE.sum()
MONEY_COLUMNS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")


@dataclass(frozen=True, slots=True)
class Grain:
    """How finely charges are written.

    Args:
        size: slots per fleet against the default.
        recent: days up to as_of with a charge per day; older charges cover a quarter month, or a month.
        hourly: whether the hour-grain fleets are written by the hour, in the last weeks.
    """

    size: float
    recent: int
    hourly: bool

    def hourly_from(self, calendar: Calendar) -> int:
        """Give the position of the first day that has hours."""
        return max(calendar.index(HOURLY_DAYS - 1), 0) if self.hourly else calendar.last + 1

    def blocks(self, month: BillingPeriod, calendar: Calendar) -> list[tuple[int, int]]:
        """Cut the covered days of a month into charge periods: positions [start, end) in the calendar."""
        start = (month.start - calendar.first).days
        end = min((month.end - calendar.first).days, calendar.last + 1)
        recent_from = max(start, calendar.index(self.recent - 1))
        if recent_from <= start:
            return [(day, day + 1) for day in range(start, end)]
        days = [start] if self.recent < 75 else [start, start + 7, start + 14, start + 21]
        cuts = sorted(
            {min(cut, recent_from, end) for cut in days} | {min(recent_from, end)} | set(range(recent_from, end + 1))
        )
        return list(pairwise(cuts))


def count_rows(bill: Bill, grain: Grain, calendar: Calendar, months: list[BillingPeriod]) -> int:
    """Say how many usage rows an estate of this grain would have, tail apart; `bill` may be of any size."""
    active = bill.money > 0
    fleets = FLEETS[bill.provider]
    is_hourly = np.array([fleet.hourly for fleet in fleets])
    periods = np.zeros(len(active), dtype=np.int64)
    for month in months:
        blocks = grain.blocks(month, calendar)
        first, last = blocks[0][0], blocks[-1][1]
        found = np.logical_or.reduceat(active[:, first:last], [start - first for start, _ in blocks], axis=1)
        in_hours = np.array([start >= grain.hourly_from(calendar) for start, _ in blocks])
        periods += (found * np.where(is_hourly[:, None] & in_hours[None, :], HOURS, 1)).sum(axis=1)
    return int(periods @ np.array([slots_of(fleet, grain.size) for fleet in fleets]))


def _fleet_of(bill: Bill) -> np.ndarray:
    position = {name: n for n, name in enumerate(dict.fromkeys(line.fleet.name for line in bill.lines))}
    return np.array([position[line.fleet.name] for line in bill.lines])


def _quantities(bill: Bill, grain: Grain, calendar: Calendar, month: BillingPeriod, seed: int) -> np.ndarray:
    """Give the quantity in millionths per line and charge period; 0 = no charge."""
    blocks = grain.blocks(month, calendar)
    first, last = blocks[0][0], blocks[-1][1]
    fleet_of = _fleet_of(bill)
    money = bill.money[fleet_of, first:last] * np.array([line.weight for line in bill.lines])[:, None]
    if bill.left is not None:
        money *= bill.left[:, first:last]
    rng = stream(seed, "charges", bill.provider, str(month))
    # Drawn for the whole month and the lines of the catalogue: what follows, or was acted on, changes nothing else.
    drawn = rng.normal(1, 0.04, (bill.drawn, month.days))
    begins = first - (month.start - calendar.first).days
    wobble = np.ones(money.shape)
    wobble[: bill.drawn] = np.clip(drawn[:, begins : begins + last - first], 0.8, 1.2)
    steady = np.array([line.fleet.shape in STEADY or bool(line.fleet.commitment) for line in bill.lines])
    money = money * np.where(steady[:, None], 1.0, wobble)
    lead = np.array([line.slot == 0 and number < bill.drawn for number, line in enumerate(bill.lines)])
    money[lead] += bill.extra[fleet_of[lead], first:last]
    arrived = ARRIVED[bill.provider]
    hourly = np.array([line.fleet.hourly and grain.hourly for line in bill.lines])
    for back, share in enumerate(reversed(arrived)):
        day = calendar.last - back
        if first <= day < last:
            # Hour-grain lines are cut by the hour below; of the others some have not arrived at all.
            late = rng.random(bill.drawn) > share
            missing = np.concatenate([late, np.zeros(len(bill.lines) - bill.drawn, dtype=bool)]) & ~hourly
            money[missing, day - first] = 0.0
    summed = np.add.reduceat(money, [start - first for start, _ in blocks], axis=1)
    price = np.array([price.effective for price in bill.prices]) / MICRO
    return _whole(np.maximum(summed, 0.0) / price[:, None] * MICRO, bill.provider)


def _whole(quantities: np.ndarray, provider: str) -> np.ndarray:
    step = QUANTITY_STEP[provider]
    result: np.ndarray = np.rint(quantities / step).astype(np.int64) * step
    return result


def month_charges(
    bill: Bill, *, grain: Grain, calendar: Calendar, month: BillingPeriod, seed: int
) -> tuple[pl.DataFrame, np.ndarray]:
    """Write the usage rows of one month.

    Returns:
        The rows in FOCUS columns, money as whole trillionths and quantities as millionths (Int64), and `line`, the
        number of the line of each row.
    """
    blocks = grain.blocks(month, calendar)
    quantities = _quantities(bill, grain, calendar, month, seed)
    starts, ends = (np.array([pair[side] for pair in blocks]) for side in (0, 1))
    hourly = np.array([line.fleet.hourly and grain.hourly for line in bill.lines])
    in_hours = hourly[:, None] & (starts >= grain.hourly_from(calendar))[None, :]
    line, block = np.nonzero((quantities > 0) & ~in_hours)
    quantity = quantities[line, block]
    start, end = starts[block] * HOURS, ends[block] * HOURS
    if in_hours.any():
        by_hour = _hours(bill, quantities, in_hours, calendar, starts)
        line, quantity = np.concatenate([line, by_hour[0]]), np.concatenate([quantity, by_hour[1]])
        start, end = np.concatenate([start, by_hour[2]]), np.concatenate([end, by_hour[2] + 1])
    resource = np.zeros(len(line), dtype=np.int64)
    order = np.argsort(line, kind="stable")
    line, quantity, start, end = line[order], quantity[order], start[order], end[order]
    edges = np.searchsorted(line, np.arange(len(bill.lines) + 1))
    for number, (low, high) in enumerate(pairwise(edges.tolist())):
        if high > low:
            resource[low:high] = resource_on(bill.lines[number], start[low:high] // HOURS)
    # From the charge itself, so that no charge changes the letter case of another.
    other_case = ((line * 7919 + start * 104_729 + seed * 31) % 1009) % 4 == 0
    return _frame(bill, calendar.first, line, quantity, start, end, resource, other_case), line


def _hours(
    bill: Bill, quantities: np.ndarray, in_hours: np.ndarray, calendar: Calendar, starts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Spread the days of the hour-grain lines over their hours; give line, quantity and hour of each row."""
    line, block = np.nonzero((quantities > 0) & in_hours)
    # What is covered runs through; a commitment that is used up at noon would be none.
    even = np.array([one.fleet.shape in STEADY or bool(one.fleet.commitment) for one in bill.lines])
    shape = np.where(even[line][:, None], 1 / HOURS, HOUR_SHAPE[None, :])
    by_hour = _whole(quantities[line, block][:, None] * shape, bill.provider)
    share = np.ones(calendar.last + 1)
    tail = ARRIVED[bill.provider]
    share[len(share) - len(tail) :] = tail
    open_until = np.ceil(share[starts[block]] * HOURS)
    by_hour[np.arange(HOURS)[None, :] >= open_until[:, None]] = 0
    row, hour = np.nonzero(by_hour)
    return line[row], by_hour[row, hour], starts[block[row]] * HOURS + hour


def _frame(
    bill: Bill,
    first: date,
    line: np.ndarray,
    quantity: np.ndarray,
    start: np.ndarray,
    end: np.ndarray,
    resource: np.ndarray,
    other_case: np.ndarray,
) -> pl.DataFrame:
    listed, contracted, billed, effective = (
        np.array([getattr(price, name) for price in bill.prices])[line]
        for name in ("list", "contracted", "billed", "effective")
    )
    committed = np.array([bool(one.fleet.commitment) for one in bill.lines])[line]
    spend = np.array([one.fleet.commitment == "sp" for one in bill.lines])[line]
    names = bill.resources[resource]
    zero = (first - date(1970, 1, 1)).days * HOURS
    numbers = pl.DataFrame(
        {
            "BilledCost": quantity * billed,
            "EffectiveCost": quantity * effective,
            "ListCost": quantity * listed,
            "ContractedCost": quantity * contracted,
            "quantity": quantity,
            "ListUnitPrice": listed,
            "ContractedUnitPrice": contracted,
            "CommitmentDiscountQuantity": np.where(spend, quantity * effective, quantity * MICRO),
            "ChargePeriodStart": (zero + start) * US_PER_HOUR,
            "ChargePeriodEnd": (zero + end) * US_PER_HOUR,
            "committed": committed,
            "other_case": other_case & (bill.provider == "azure"),
        }
    )
    return pl.concat([bill.texts[line], names, numbers], how="horizontal").with_columns(
        pl.col("ChargePeriodStart", "ChargePeriodEnd").cast(pl.Datetime("us")),
        pl.when("committed").then("CommitmentDiscountQuantity").alias("CommitmentDiscountQuantity"),
        pl.when("other_case").then("ResourceIdOther").otherwise("ResourceId").alias("ResourceId"),
        pl.when(pl.col("CapacityReservationStatus").is_not_null()).then("ResourceId").alias("CapacityReservationId"),
    )
