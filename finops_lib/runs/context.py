"""Which day, currency and provider does a run speak about, and what must its reader be told first?

Empty parameters are resolved against the lake: `as_of` to the newest day that is complete for every live source,
`currency` to the one that most effective cost is in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from finops_lib.errors import ConfigError
from finops_lib.periods import parse_day
from finops_lib.runs import clock

# A source this far behind the newest one has stopped delivering: it is named in the strip and no longer holds
# back "the newest complete day", or one forgotten export would freeze every report.
STALE_AFTER_DAYS = 7

# How long after its end a day is still reported for the first time: the slowest provider takes three days to settle it.
_REPORTED_WITHIN = timedelta(days=3)

FALLBACK_CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one source has delivered in one currency; days are None when it has no (complete) day.

    Args:
        delivered_at: when its newest bill was written, UTC; None = not known.
        stale_from: from when on it is stale unless it delivers again.
    """

    provider: str
    source: str
    currency: str
    first_day: date | None
    newest_day: date | None
    complete_through: date | None
    effective_cost: Decimal
    delivered_at: datetime | None = None
    stale_from: datetime | None = None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Coverage:
        """Read one row of `run_context.sql`."""
        return cls(
            provider=row["x_Provider"],
            source=row["x_SourceId"],
            currency=row["BillingCurrency"],
            first_day=row["first_day"],
            newest_day=row["newest_day"],
            complete_through=row["complete_through"],
            effective_cost=row["effective_cost"] or Decimal(0),
            delivered_at=_utc(row["delivered_at"]),
            stale_from=_utc(row["stale_from"]),
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence that stands before any number; kind as in `reports.page.strip`."""

    kind: Literal["info", "stale", "incomplete", "warning"]
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """What a run speaks about, and what its reader must know first; `judged_at`: when its sources were looked at."""

    as_of: date
    currency: str
    provider: str
    is_empty: bool
    notices: tuple[Notice, ...]
    judged_at: datetime


def resolve_context(
    coverage: Sequence[Coverage],
    *,
    as_of: str,
    currency: str,
    provider: str,
    preferred_currency: str = "",
    now: datetime | None = None,
) -> Context:
    """Fill the empty parameters from what the lake covers.

    Args:
        coverage: every source and currency of the lake.
        as_of: last included day, ISO; empty = newest complete day.
        currency: three capital letters; empty = the preferred one, else the one most effective cost is in.
        provider: one of the lake's providers; empty = all.
        preferred_currency: the configured one; taken only where there is cost in it.
        now: when the run started; a source that should have delivered by then is stale. A page about an asked day is
            judged as of the time when that day was news.
    Raises:
        ConfigError: a provider or currency the lake does not have, or a day after its newest one.
    """
    asked_day = parse_day(as_of, name="as_of") if as_of else None
    judged_at = _judged_at(asked_day, now or clock.now())
    if not coverage:
        # An empty lake has no day of its own; yesterday is the last one that can be complete anywhere.
        day = asked_day or clock.now().date() - timedelta(days=1)
        money = currency or preferred_currency or FALLBACK_CURRENCY
        return Context(day, money, provider, is_empty=True, notices=(), judged_at=judged_at)

    if provider and provider not in {c.provider for c in coverage}:
        raise ConfigError.unknown("provider", provider, {c.provider for c in coverage})
    in_scope = [c for c in coverage if not provider or c.provider == provider]
    if currency and currency not in {c.currency for c in in_scope}:
        raise ConfigError.unknown("currency", currency, {c.currency for c in in_scope})
    if not currency:
        has_preferred = preferred_currency in {c.currency for c in in_scope}
        currency = preferred_currency if has_preferred else _main_currency(in_scope)
    day = _checked_day(asked_day, in_scope) if asked_day else complete_day(in_scope)
    notices = (*_stale_or_incomplete(in_scope, day, judged_at), *_left_out(in_scope, currency))
    return Context(day, currency, provider, is_empty=False, notices=notices, judged_at=judged_at)


def complete_day(coverage: Sequence[Coverage]) -> date:
    """Give the newest day that is complete for every source that still delivers; the newest of all if none is."""
    complete = [c.complete_through for c in coverage if c.complete_through and not _is_stale(c, coverage)]
    return min(complete, default=_newest(coverage))


def stale_sources(coverage: Sequence[Coverage], at: datetime) -> dict[str, datetime]:
    """Name the sources that should have delivered by `at` and have not, each with its newest delivery."""
    return {
        name: source.delivered_at
        for name, source in _per_source(coverage)
        if source.delivered_at and source.stale_from and source.stale_from < at
    }


def freshness_check(coverage: Sequence[Coverage], context: Context) -> dict[str, object]:
    """Say whether the page's money is fresh: one forgotten export is named on it, but most of it may not be old.

    Returns:
        name, ok and message of a check; a page on which stale sources hold half of the cost or more is not sent.
    """
    mine = [c for c in coverage if c.currency == context.currency and context.provider in ("", c.provider)]
    stale = stale_sources(mine, context.judged_at)
    whole = sum((abs(c.effective_cost) for c in mine), Decimal(0))
    old = sum((abs(c.effective_cost) for c in mine if c.source in stale), Decimal(0))
    ok = not stale or 2 * old < whole
    share = f"{100 * old / whole:.0f} %" if whole else "all"
    said = f"{', '.join(sorted(stale))} should have delivered and hold {share} of the cost"
    return {"name": "the bills are fresh", "ok": ok, "message": said if stale else "every source delivers in time"}


def _judged_at(asked_day: date | None, now: datetime) -> datetime:
    if asked_day is None:
        return now
    settled = datetime.combine(asked_day + timedelta(days=1), datetime.min.time(), tzinfo=UTC) + _REPORTED_WITHIN
    return min(now, settled)


def _main_currency(coverage: Sequence[Coverage]) -> str:
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for source in coverage:
        totals[source.currency] += source.effective_cost
    # The amounts are only compared, never added across currencies; the name breaks a tie the same way every time.
    return max(sorted(totals), key=lambda name: totals[name])


def _newest(coverage: Sequence[Coverage]) -> date:
    return max((c.newest_day for c in coverage if c.newest_day), default=date.min)


def _is_stale(source: Coverage, among: Sequence[Coverage]) -> bool:
    return source.newest_day is None or (_newest(among) - source.newest_day).days > STALE_AFTER_DAYS


def _checked_day(day: date, coverage: Sequence[Coverage]) -> date:
    newest = _newest(coverage)
    if day > newest:
        raise ConfigError(
            f"as_of {day} is after the newest day in the lake, {newest}",
            next_step=f"use {newest} or an earlier day, or leave as_of empty for the newest complete day",
            as_of=day,
            newest_day=newest,
        )
    return day


def _stale_or_incomplete(coverage: Sequence[Coverage], day: date, at: datetime) -> Iterator[Notice]:
    silent = stale_sources(coverage, at)
    for since in sorted(set(silent.values())):
        names = sorted(name for name, moment in silent.items() if moment == since)
        said = f"{_and(names)} {'has' if len(names) == 1 else 'have'} delivered nothing since {_moment(since)}"
        yield Notice("stale", f"{said}: what came later is missing here.")
    for name, source in _per_source(coverage):
        if name in silent and _is_stale(source, coverage):
            continue
        if source.first_day is not None and source.first_day > day:
            yield Notice("info", f"{name} has no charges before {_day(source.first_day)}.")
        elif source.newest_day is None:
            yield Notice("stale", f"{name} has no charge with a day.")
        elif _is_stale(source, coverage) and source.newest_day < day:
            last = _day(source.newest_day)
            yield Notice("stale", f"{name} has delivered nothing after {last}: its later cost is missing here.")
        elif source.complete_through is None:
            yield Notice("incomplete", f"{name} has no complete day yet: every day of it may still grow.")
        elif source.complete_through < day:
            last = _day(source.complete_through)
            yield Notice("incomplete", f"{name} is complete only through {last}: later days may still grow.")


def _per_source(coverage: Sequence[Coverage]) -> Iterator[tuple[str, Coverage]]:
    """Give each source once, with the name people know it by."""
    # Freshness is a fact of the source, repeated for each of its currencies.
    sources = {(c.provider, c.source): c for c in coverage}
    for (provider, name), source in sources.items():
        shared = sum(1 for _, other in sources if other == name) > 1
        yield f"{name} ({provider})" if shared else name, source


def _left_out(coverage: Sequence[Coverage], currency: str) -> Iterator[Notice]:
    others = sorted({c.currency for c in coverage} - {currency})
    if others:
        yield Notice(
            "info", f"Charges in {' and '.join(others)} are not in the sums of this page, which are in {currency}."
        )


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _utc(moment: datetime | None) -> datetime | None:
    # The lake's times are UTC and carry no zone.
    return None if moment is None else moment.replace(tzinfo=UTC)


def _moment(moment: datetime) -> str:
    return f"{_day(moment)}, {moment:%H:%M} UTC"


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
