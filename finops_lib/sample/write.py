"""How is the sample estate put into files? Month by month and provider by provider, so that size costs no memory.

What lies where is in tree_*.py, what was delivered when in handover.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from finops_lib.errors import ConfigError
from finops_lib.periods import BillingPeriod
from finops_lib.sample.catalogue import FLEETS, PROVIDERS
from finops_lib.sample.charges import ARRIVED, Grain, count_rows, month_charges
from finops_lib.sample.commitments import COMMITMENTS
from finops_lib.sample.curves import Calendar
from finops_lib.sample.extras import Month, month_extras
from finops_lib.sample.handover import Schedule, hand_over
from finops_lib.sample.inventory import write_inventory
from finops_lib.sample.invoices import write_invoices
from finops_lib.sample.lines import Bill, build_bill, slots_of
from finops_lib.sample.rates import write_rates
from finops_lib.sample.records import Estate
from finops_lib.sample.remedies import Acted, act
from finops_lib.sample.restate import CHANGES, as_first_delivered
from finops_lib.sample.truth import Tally, add_month, add_restatement, tell_truth

MONTHS = 13
# Extras and the daily rows of commitments: counted roughly, they are few.
_EXTRAS_PER_DAY, _EXTRAS = 5.5, 330
_FEWEST_RECENT_DAYS = 14
# With how many times the charges that a charge per day takes, some are hourly.
_HOURLY_FROM = 1.7


def write_estate(
    folder: Path,
    *,
    as_of: date,
    seed: int = 7,
    rows: int = 250_000,
    earlier: Path | None = None,
    labelled_as_of: date | None = None,
    implemented: Mapping[str, date] | None = None,
    progress: Callable[[str], None] | None = None,
) -> Estate:
    """Write 13 months of billing files of three providers in the providers' own layouts, and the truth about them.

    An estate that is looked at again later has more months: `labelled_as_of` is then the day of the first look, up to
    which both are the same, and `implemented` what was acted on in between.

    Args:
        folder: gets a tree per provider (`aws`, `azure`, `gcp`), `invoices`, `inventory`, `fx_rates.csv` and
            `truth.json`; the same arguments give the same bytes.
        as_of: the last day with charges; the newest files are dated to the morning after.
        earlier: gets the months that were restated or delivered again this morning, as they stood until then.
        labelled_as_of: the day from which labels are counted back; None = as_of.
        implemented: ResourceId of planted waste -> the first day without it; the truth tells what that saved.
        rows: how many charges there should be through labelled_as_of, within a tenth. Below about 118,000 the older
            months have charges of weeks or months instead of days; the last weeks stay daily. From 1.7 times that on,
            some charges of the last thirteen weeks are hourly.
        progress: told one line per month.
    Raises:
        ConfigError: fewer rows than an estate with all its labels needs, or days in the wrong order.
    """
    anchor = labelled_as_of or as_of
    if anchor > as_of:
        raise ConfigError(
            f"labels of {anchor} cannot be in bills through {as_of}", next_step="give a later as_of", as_of=as_of
        )
    months = _months(anchor)
    calendar = Calendar(months[0].start, as_of, anchor)
    grain, bills = _fit(rows, calendar=calendar.until_anchor(), months=months, seed=seed)
    if anchor < as_of:
        while months[-1].end <= as_of:
            months.append(months[-1].next)
        bills = {name: build_bill(name, calendar=calendar, seed=seed, size=grain.size) for name in PROVIDERS}
    acted: list[Acted] = []
    for name in PROVIDERS if implemented else ():
        bills[name], done = act(bills[name], implemented or {}, calendar)
        acted += done
    tally = Tally()
    files: list[Path] = []
    earlier_files: list[Path] = []
    schedule = Schedule.of(months, as_of)
    for number, period in enumerate(months):
        for provider in PROVIDERS:
            month = Month(provider, period, number, calendar, grain, seed)
            charges = _charges(bills[provider], month)
            first = None
            if provider in CHANGES and period == schedule.restated:
                first, changes = as_first_delivered(charges, provider=provider, month=period)
                add_restatement(tally, charges, first, changes, provider=provider, month=period)
            now, then = hand_over(
                folder, charges, first, provider=provider, month=period, schedule=schedule, earlier=earlier
            )
            paths = [path.relative_to(folder).as_posix() for path in now]
            add_month(tally, charges, provider=provider, month=period, paths=paths, as_of=as_of)
            files += now
            earlier_files += then
            write_invoices(folder, charges, provider=provider, month=period, as_of=as_of)
        if progress is not None:
            progress(f"{period}: {sum(file['rows'] for file in tally.files):,} charges so far")
    write_inventory(folder, bills, calendar=calendar, seed=seed)
    write_rates(folder, first=months[0], as_of=as_of)
    told = tell_truth(
        tally,
        bills,
        calendar=calendar,
        seed=seed,
        grain={"size": round(grain.size, 6), "recent_days": grain.recent, "hourly": grain.hourly},
        redelivered=[{"provider": provider, "month": str(schedule.redelivered)} for provider in CHANGES],
        acted=acted,
    )
    truth = folder / "truth.json"
    truth.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return Estate(folder, tuple(files), tuple(earlier_files), truth, as_of, sum(file["rows"] for file in tally.files))


def _months(as_of: date) -> list[BillingPeriod]:
    months = [BillingPeriod.of(as_of)]
    while len(months) < MONTHS:
        months.insert(0, months[0].previous)
    return months


def _charges(bill: Bill, month: Month) -> pl.DataFrame:
    """Put usage and extras of one month together; `line` is -1 for extras, `tagged` says whether there are tags."""
    usage, line = month_charges(bill, grain=month.grain, calendar=month.calendar, month=month.period, seed=month.seed)
    # From the numbers that were written, not from the plan: used and unused must add up to the last digit.
    blocks = month.grain.blocks(month.period, month.calendar)
    starts = np.array([(month.calendar.first + timedelta(days=start) - date(1970, 1, 1)).days for start, _ in blocks])
    day = usage["ChargePeriodStart"].cast(pl.Int64).to_numpy() // 86_400_000_000
    money = usage["EffectiveCost"].to_numpy()
    used: dict[str, np.ndarray] = {}
    for commitment in COMMITMENTS:
        covered = np.isin(line, [n for n, one in enumerate(bill.lines) if one.fleet.commitment == commitment.key])
        used[commitment.key] = np.zeros(len(blocks), dtype=np.int64)
        np.add.at(used[commitment.key], np.searchsorted(starts, day[covered]), money[covered])
    rows = month_extras(month, used)
    extras = pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.col("ChargePeriodStart", "ChargePeriodEnd").cast(pl.Datetime("us")), line=pl.lit(-1, dtype=pl.Int64)
    )
    tagged = np.array([bool(one.pairs) for one in bill.lines])[line]
    usage = usage.with_columns(line=pl.Series(line, dtype=pl.Int64), tagged=pl.Series(tagged))
    return pl.concat([usage, extras], how="diagonal_relaxed").with_columns(
        pl.col("tagged").fill_null(False),
        # The first month has no corrections yet, and so no such column.
        *([] if "ChargeClass" in extras.columns else [pl.lit(None, dtype=pl.String).alias("ChargeClass")]),
    )


def _fit(rows: int, *, calendar: Calendar, months: list[BillingPeriod], seed: int) -> tuple[Grain, dict[str, Bill]]:
    """Find the size or, for small estates, the grain that gives about as many rows as asked for."""
    days = calendar.last + 1
    arriving = sum(1 - share for tail in ARRIVED.values() for share in tail) / len(ARRIVED) / days
    smallest = {name: build_bill(name, calendar=calendar, seed=seed, size=0.0) for name in PROVIDERS}

    def count(grain: Grain) -> float:
        usage = sum(count_rows(bill, grain, calendar, months) for bill in smallest.values())
        return usage * (1 - arriving) + _EXTRAS + _EXTRAS_PER_DAY * min(grain.recent, days)

    recent = days
    if count(Grain(0.0, days, False)) > rows:
        few = _FEWEST_RECENT_DAYS
        while recent - few > 1:
            middle = (few + recent) // 2
            few, recent = (middle, recent) if count(Grain(0.0, middle, False)) <= rows else (few, middle)
        recent = few
    least = count(Grain(0.0, recent, False))
    if least > rows * 1.1:
        raise ConfigError(
            f"{rows:,} charges are too few for an estate with all its labels",
            next_step=f"ask for at least {int(least) + 1:,}",
            rows=rows,
        )
    hourly = recent == days and rows > _HOURLY_FROM * least
    low, high = 0.0, max(rows / least, 1.0) * 4
    for _ in range(20):
        middle_size = (low + high) / 2
        low, high = (middle_size, high) if count(Grain(middle_size, recent, hourly)) <= rows else (low, middle_size)
    grain = Grain(low, recent, hourly)
    if not any(slots_of(fleet, low) > slots_of(fleet, 0.0) for fleets in FLEETS.values() for fleet in fleets):
        return grain, smallest
    return grain, {name: build_bill(name, calendar=calendar, seed=seed, size=low) for name in PROVIDERS}
