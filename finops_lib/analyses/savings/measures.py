"""How is a saving measured? One way per kind of action; each gives daily money, and what it is unsure of.

    deleted      what it cost before, on each day that it is gone, less what took its place
    fewer        switched off at night, cleaned up: less quantity than before, at the rate of before
    lower_rate   made smaller, another kind or class: rate of before x quantity of now - what is paid now
    earned       a commitment: what its use would have cost without it - what it costs, used or not

Rates are those of the frozen days before. They are taken without commitments and then brought down by the share that
commitments took off before: a machine that a commitment covers today and another one tomorrow has saved nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from finops_lib.analyses.savings.uncertainty import standard_error
from finops_lib.analyses.savings.usage_days import (
    UseDay,
    Window,
    canonical_unit,
    divided,
    family,
    is_stored,
    mean,
    per_day,
)
from finops_lib.periods import days_in

_DAY = timedelta(days=1)
_ZERO, _ONE = Decimal(0), Decimal(1)
_Meters = Callable[[UseDay], bool]


@dataclass(frozen=True, slots=True)
class Measured:
    """A saving per day.

    Args:
        daily: mean of the days after.
        errors: standard errors of the means it is made of.
        saved: on each day from the change on.
        avoided: per day, what growth would have cost more; not part of `daily`.
    """

    method: str
    daily: Decimal
    errors: tuple[float, ...]
    saved: tuple[Decimal, ...]
    avoided: Decimal = _ZERO
    note: str = ""


def deleted(
    baseline: Sequence[UseDay],
    before: Window,
    rows: Sequence[UseDay],
    window: Window,
    claimed: Window,
    *,
    paid_instead: Decimal,
    replaced: Decimal,
    is_gone: bool,
) -> Measured:
    """Measure what a resource that is gone no longer costs; one that is still charged saves what it costs less.

    Args:
        paid_instead: per day, e.g. for a snapshot.
        replaced: daily cost of what took its place; what costs more than it did is more than a replacement.
    """
    cost_before = per_day(baseline, before, _effective, meters=_any)
    usual = mean(cost_before)
    took_its_place = min(replaced, max(_ZERO, usual))
    # What is paid instead is on the bill of something else, unless the resource itself is still charged.
    each = usual - took_its_place - (paid_instead if is_gone else _ZERO)
    saved = tuple(each - cost for cost in per_day(rows, claimed, _effective, meters=_any))
    if is_gone:
        return Measured(
            "deleted", each, (standard_error(cost_before),), saved, note=_instead(paid_instead, took_its_place)
        )
    cost_after = per_day(rows, window, _effective, meters=_any)
    errors = (standard_error(cost_before), standard_error(cost_after))
    return Measured("deleted", each - mean(cost_after), errors, saved, note="it is still charged")


def fewer(
    baseline: Sequence[UseDay], before: Window, rows: Sequence[UseDay], window: Window, claimed: Window
) -> Measured:
    """Measure hours or bytes that are no longer used, over whole weeks, at the rate of before."""
    main = main_unit(baseline, before)
    weeks_before, weeks_after = before.whole_weeks(), window.whole_weeks()
    rate = _rate(baseline, weeks_before, main) * _covered(baseline, weeks_before, main)
    used_before = _used(baseline, weeks_before, main)
    used_after = _used(rows, weeks_after, main)
    usual = mean(used_before)
    saved = tuple((usual - used) * rate for used in _used(rows, claimed, main))
    # Days of a week differ by plan: what is unsure is how whole weeks differ.
    errors = tuple(standard_error(_week_means(used)) * float(rate) for used in (used_before, used_after))
    return Measured("reduced", (usual - mean(used_after)) * rate, errors, saved)


def lower_rate(
    baseline: Sequence[UseDay],
    before: Window,
    rows: Sequence[UseDay],
    window: Window,
    claimed: Window,
    *,
    price_changes: Mapping[str, Decimal],
    counts_other_meters: bool,
    quantity_is_size: bool,
) -> Measured:
    """Measure what the same use costs less than at the rate of before; more use is not a loss.

    The main unit is hours, or bytes stored (`main_unit`). Units that appear with the change, e.g.
    provisioned throughput, are paid instead and count. Others, e.g. traffic, are other business, unless the change
    makes them grow (`counts_other_meters`: reads and moves of stored data).

    Args:
        quantity_is_size: a day's quantity says how large the thing is (core hours, provisioned GB) and not only how
            long it ran, so that less of it is what was wanted.
    """
    main = main_unit(baseline, before)
    rate, covered = _rate(baseline, before, main), _covered(baseline, before, main)
    known = {family(row.unit) for row in baseline}
    if quantity_is_size:
        rate *= _shrunk(baseline, before, rows, window, main)

    def is_paid_instead(row: UseDay) -> bool:
        return _of_family(main)(row) or family(row.unit) not in known

    def is_other(row: UseDay) -> bool:
        return not is_paid_instead(row)

    def at_old_prices(row: UseDay) -> Decimal:
        return divided(row.contracted, price_changes.get(row.meter, _ONE))

    other = mean(per_day(baseline, before, _contracted, meters=is_other)) if counts_other_meters else _ZERO

    def saved_in(days: Window) -> list[Decimal]:
        used = _used(rows, days, main)
        paid = per_day(rows, days, at_old_prices, meters=is_paid_instead)
        grown = per_day(rows, days, at_old_prices, meters=is_other) if counts_other_meters else [other] * len(used)
        parts = zip(used, paid, grown, strict=True)
        return [covered * (rate * quantity - cost) - (more - other) for quantity, cost, more in parts]

    daily = saved_in(window)
    used_before = mean(_used(baseline, before, main))
    used_after = mean(_used(rows, window, main))
    whole = mean(daily)
    # What more use would have cost at the old rate was never paid before, so it is avoided, not realised.
    kept = divided(used_before, used_after) if used_after > used_before and whole > 0 else _ONE
    rate_error = standard_error(_daily_rates(baseline, before, main)) * float(min(used_after, used_before))
    return Measured(
        "tiered" if counts_other_meters else "resized",
        whole * kept,
        (standard_error(daily) * float(kept), rate_error * float(covered)),
        tuple(amount * kept for amount in saved_in(claimed)),
        avoided=whole - whole * kept,
        note="" if used_after else "nothing of it was charged after the change: it is gone, or has another name",
    )


def earned(nets: Mapping[date, Decimal], window: Window, claimed: Window) -> Measured:
    """Measure a commitment by what it saved on each day, used or not."""
    daily = [nets.get(day, _ZERO) for day in days_in(window.first, window.last + _DAY)]
    saved = tuple(nets.get(day, _ZERO) for day in days_in(claimed.first, claimed.last + _DAY))
    note = "" if nets else "the bill has no charge of this commitment"
    return Measured("committed", mean(daily), (standard_error(daily),), saved, note=note)


def main_unit(baseline: Sequence[UseDay], before: Window) -> str:
    """Give the unit that an action on a resource is about: its hours, else what it stores, else where most money goes.

    What passes through a thing may cost more than the thing itself, and is not what is made smaller.
    """
    costs: dict[str, Decimal] = defaultdict(Decimal)
    for row in baseline:
        if row.day in before and row.quantity > 0:
            costs[canonical_unit(row.unit)] += row.contracted
    return max(sorted(costs), key=lambda unit: (_rank(unit), costs[unit]), default="")


def _rank(unit: str) -> int:
    return 3 if unit == "hours" else 2 if family(unit) == "time" else 1 if is_stored(unit) else 0


def _used(rows: Sequence[UseDay], window: Window, unit: str) -> list[Decimal]:
    """Give the quantity of each day: of time the longest meter, since a surcharge runs beside the hours it is for."""
    if family(unit) != "time":
        return per_day(rows, window, _quantity, meters=_of_unit(unit))
    meters = {row.meter for row in rows if canonical_unit(row.unit) == unit}
    each = [
        per_day([row for row in rows if row.meter == meter], window, _quantity, meters=_of_unit(unit))
        for meter in meters
    ]
    return [max(day) for day in zip(*each, strict=True)] if each else [_ZERO] * window.days


def _shrunk(baseline: Sequence[UseDay], before: Window, rows: Sequence[UseDay], window: Window, unit: str) -> Decimal:
    """Give how many times larger a full day was before; 1 where it has not become smaller."""
    largest_before = max(_used(baseline, before, unit), default=_ZERO)
    largest_after = max(_used(rows, window, unit), default=_ZERO)
    return divided(largest_before, largest_after) if 0 < largest_after < largest_before else _ONE


def _rate(baseline: Sequence[UseDay], before: Window, unit: str) -> Decimal:
    """Give what one unit cost with all that is charged by the same clock, e.g. memory hours beside core hours."""
    quantity = sum(_used(baseline, before, unit), _ZERO)
    cost = sum(per_day(baseline, before, _contracted, meters=_of_family(unit)), _ZERO)
    return divided(cost, quantity) if quantity else _ZERO


def _covered(baseline: Sequence[UseDay], before: Window, unit: str) -> Decimal:
    """Give effective over contracted cost: the share that commitments left to pay."""
    contracted = sum(per_day(baseline, before, _contracted, meters=_of_family(unit)), _ZERO)
    effective = sum(per_day(baseline, before, _effective, meters=_of_family(unit)), _ZERO)
    return divided(effective, contracted) if contracted else _ONE


def _daily_rates(baseline: Sequence[UseDay], before: Window, unit: str) -> list[Decimal]:
    quantities = _used(baseline, before, unit)
    costs = per_day(baseline, before, _contracted, meters=_of_family(unit))
    return [divided(cost, quantity) for cost, quantity in zip(costs, quantities, strict=True) if quantity > 0]


def _week_means(values: Sequence[Decimal]) -> list[Decimal]:
    if len(values) < 14:
        return list(values)
    return [mean(values[start : start + 7]) for start in range(0, len(values) - 6, 7)]


def _of_unit(unit: str) -> _Meters:
    return lambda row: canonical_unit(row.unit) == unit


def _of_family(unit: str) -> _Meters:
    return lambda row: family(row.unit) == family(unit)


def _instead(paid: Decimal, replaced: Decimal) -> str:
    if replaced > 0:
        return "less what took its place: others of its kind and owner began that week"
    return "less what is paid instead" if paid > 0 else ""


def _any(row: UseDay) -> bool:
    return True


def _quantity(row: UseDay) -> Decimal:
    return row.quantity


def _effective(row: UseDay) -> Decimal:
    return row.effective


def _contracted(row: UseDay) -> Decimal:
    return row.contracted
