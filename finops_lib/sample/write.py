"""How is the sample estate put into files? Month by month and provider by provider, so that size costs no memory."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from finops_lib.errors import ConfigError
from finops_lib.periods import BillingPeriod
from finops_lib.sample.catalogue import PROVIDERS
from finops_lib.sample.charges import ARRIVED, Grain, count_rows, month_charges
from finops_lib.sample.commitments import COMMITMENTS
from finops_lib.sample.curves import Calendar
from finops_lib.sample.extras import Month, month_extras
from finops_lib.sample.layout import EXTENSIONS, lay_out, write_file
from finops_lib.sample.lines import Bill, build_bill
from finops_lib.sample.records import Estate
from finops_lib.sample.truth import Tally, add_file, tell_truth

MONTHS = 13
DELIVERED_AT = time(6, 0, tzinfo=UTC)
# Extras and the daily rows of commitments: counted roughly, they are few.
_EXTRAS_PER_DAY, _EXTRAS = 5.5, 330
_FEWEST_RECENT_DAYS = 14
_MOST_SIZE = 4096.0


def write_estate(
    folder: Path, *, as_of: date, seed: int = 7, rows: int = 250_000, progress: Callable[[str], None] | None = None
) -> Estate:
    """Write 13 months of billing files of three providers, and the truth about them beside.

    Args:
        folder: gets `<provider>/<YYYY-MM>.<extension>` and `truth.json`; the same arguments give the same bytes.
        as_of: the last day with charges; the files are dated to the morning after.
        rows: how many charges there should be, within a tenth. Under about 130,000 the older months have charges of
            weeks or months instead of days; the last weeks stay daily.
        progress: told one line per month.
    Raises:
        ConfigError: fewer rows than an estate with all its labels needs.
    """
    months = _months(as_of)
    calendar = Calendar(months[0].start, as_of)
    grain, bills = _fit(rows, calendar=calendar, months=months, seed=seed)
    tally = Tally()
    files: list[Path] = []
    for number, period in enumerate(months):
        for provider in PROVIDERS:
            month = Month(provider, period, number, calendar, grain, seed)
            charges = _charges(bills[provider], month)
            path = folder / provider / f"{period}.{EXTENSIONS[provider]}"
            invoiced = period.end <= as_of
            write_file(lay_out(charges, provider=provider, month=period, invoiced=invoiced), path)
            add_file(tally, charges, provider=provider, month=period, path=str(path.relative_to(folder)))
            files.append(path)
        if progress is not None:
            progress(f"{period}: {sum(file['rows'] for file in tally.files):,} charges so far")
    told = tell_truth(
        tally,
        bills,
        calendar=calendar,
        seed=seed,
        grain={"size": round(grain.size, 6), "recent_days": grain.recent, "hourly": grain.hourly},
    )
    truth = folder / "truth.json"
    truth.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    delivered = datetime.combine(as_of + timedelta(days=1), DELIVERED_AT).timestamp()
    for path in (*files, truth):
        os.utime(path, (delivered, delivered))
    return Estate(folder, tuple(files), truth, as_of, sum(file["rows"] for file in tally.files))


def _months(as_of: date) -> list[BillingPeriod]:
    months = [BillingPeriod.of(as_of)]
    while len(months) < MONTHS:
        months.insert(0, months[0].previous)
    return months


def _charges(bill: Bill, month: Month) -> pl.DataFrame:
    """Put the usage and the extras of one month together; `line` is -1 for extras, `tagged` says whether tags are there."""
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
    tags = usage["Tags"]
    tagged = tags.list.len() > 0 if bill.provider == "aws" else tags.is_not_null()
    usage = usage.with_columns(line=pl.Series(line, dtype=pl.Int64), tagged=tagged)
    return pl.concat([usage, extras], how="diagonal_relaxed").with_columns(
        pl.col("tagged").fill_null(False),
        *(
            pl.lit(None, dtype=pl.String).alias(name)
            for name in ("ChargeClass",)
            if name not in extras.columns
        ),
    )


def _fit(rows: int, *, calendar: Calendar, months: list[BillingPeriod], seed: int) -> tuple[Grain, dict[str, Bill]]:
    """Find the size or, for small estates, the grain that gives about as many rows as asked for."""
    days = calendar.index(0) + 1
    arriving = sum(1 - share for tail in ARRIVED.values() for share in tail) / len(ARRIVED) / days

    def built(grain: Grain) -> tuple[float, dict[str, Bill]]:
        bills = {name: build_bill(name, calendar=calendar, seed=seed, size=grain.size) for name in PROVIDERS}
        usage = sum(count_rows(bill, grain, calendar, months) for bill in bills.values()) * (1 - arriving)
        return usage + _EXTRAS + _EXTRAS_PER_DAY * min(grain.recent, days), bills

    smallest = Grain(0.0, days, False)
    count, bills = built(smallest)
    if count <= rows:
        return _grow(rows, count, days, built)
    few, most = _FEWEST_RECENT_DAYS, days
    while most - few > 1:
        middle = (few + most) // 2
        usage = sum(count_rows(bill, Grain(0.0, middle, False), calendar, months) for bill in bills.values())
        few, most = (middle, most) if usage + _EXTRAS + _EXTRAS_PER_DAY * middle <= rows else (few, middle)
    grain = Grain(0.0, few, False)
    count, bills = built(grain)
    if count > rows * 1.1:
        raise ConfigError(
            f"{rows:,} charges are too few for an estate with all its labels", next_step=f"ask for at least {int(count) + 1:,}", rows=rows
        )
    return grain, bills


def _grow(
    rows: int, least: float, days: int, built: Callable[[Grain], tuple[float, dict[str, Bill]]]
) -> tuple[Grain, dict[str, Bill]]:
    low, high = 0.0, 1.0
    best: tuple[float, Grain, dict[str, Bill]] | None = None
    hourly = rows > 2 * least
    size = rows / 250_000
    for _ in range(12):
        grain = Grain(size, days, hourly)
        count, bills = built(grain)
        if best is None or abs(count - rows) < best[0]:
            best = (abs(count - rows), grain, bills)
        if abs(count - rows) <= 0.01 * rows or high > _MOST_SIZE:
            break
        if count < rows:
            low, high = size, max(high, size * 2)
        else:
            high = size
        size = min(max(size * rows / count, low), high) if count else high
    assert best is not None
    return best[1], best[2]
