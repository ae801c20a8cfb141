"""Judge a plan: from the days of its scopes to a status for each budget, one question to the forecaster for all."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal, localcontext

import numpy as np
import polars as pl

from finops_lib.analyses.budgets.calendar import amount_of, first_day_asked, period_of, phases_of
from finops_lib.analyses.budgets.counted import counted_days
from finops_lib.analyses.budgets.drivers import drivers_of
from finops_lib.analyses.budgets.history import EVEN, Forecaster, History, history_of
from finops_lib.analyses.budgets.ledger import NOTHING, Ledger, ledgers, reaches_of
from finops_lib.analyses.budgets.outlook import forecaster as house_forecaster
from finops_lib.analyses.budgets.projection import PATHS, Projection, project
from finops_lib.analyses.budgets.rates import Rates
from finops_lib.analyses.budgets.shares import expected_share
from finops_lib.analyses.budgets.standing import FEWEST_DAYS
from finops_lib.analyses.budgets.status import Facts, status_of
from finops_lib.analyses.budgets.watermark import watermarks
from finops_lib.findings import BudgetStatus, Colour
from finops_lib.periods import Period
from finops_lib.plans import Budget, FutureEvent

WORST_FIRST: tuple[Colour, ...] = ("red", "orange", "yellow", "grey", "green")
# 28 digits, Python's default, are too few beside the lake's 38.
DIGITS = 50


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A budget with all that was found out about it; without a projection where none was possible, or none needed."""

    budget: Budget
    ledger: Ledger
    projection: Projection | None
    status: BudgetStatus


def review_budgets(
    budgets: Sequence[Budget],
    days: pl.DataFrame,
    *,
    as_of: date,
    forecaster: Forecaster | None = None,
    rates: pl.DataFrame | None = None,
    movers: pl.DataFrame | None = None,
    events: Sequence[FutureEvent] = (),
    provider: str = "",
    said: Mapping[str, BudgetStatus] | None = None,
) -> list[Reviewed]:
    """Say for each budget how it stands at the end of `as_of`, the worst first.

    Args:
        budgets: versions in force; those that begin later or have ended are left out.
        days: the figure `scoped/days` of their scopes, of all that is known through `as_of`.
        forecaster: asked once for all budgets that are known through the same day; None = the house's, with `events`.
        rates: from_currency, to_currency, day, kind (book, spot, invoice), rate; each holds until a newer one.
        movers: the figure `scoped/movers` of `windows_of`; None = no drivers.
        events: decided changes, `series` of each the name of a budget; a status is another one when they change.
        provider: only budgets with cost at this provider; their amounts still count every provider.
        said: the newest status of some budgets, by name. It still holds where neither data nor budget have changed
            since and no source fell silent; nothing is forecast there.
    """
    with localcontext(prec=DIGITS):
        ask = forecaster or house_forecaster(events=events)
        reviewed = _review(budgets, days, as_of, ask, Rates.of(rates), movers, events, provider, said or {})
    return sorted(reviewed, key=lambda r: (WORST_FIRST.index(r.status.colour), -_share_used(r.status), r.budget.name))


def evaluate_budgets(
    budgets: Sequence[Budget],
    days: pl.DataFrame,
    *,
    as_of: date,
    forecaster: Forecaster | None = None,
    rates: pl.DataFrame | None = None,
    movers: pl.DataFrame | None = None,
    events: Sequence[FutureEvent] = (),
    provider: str = "",
) -> list[BudgetStatus]:
    """Give the statuses of `review_budgets`."""
    reviewed = review_budgets(
        budgets,
        days,
        as_of=as_of,
        forecaster=forecaster,
        rates=rates,
        movers=movers,
        events=events,
        provider=provider,
    )
    return statuses_of(reviewed)


def statuses_of(reviewed: Sequence[Reviewed]) -> list[BudgetStatus]:
    """Give the status of each, in the same order."""
    return [found.status for found in reviewed]


def _review(
    budgets: Sequence[Budget],
    days: pl.DataFrame,
    as_of: date,
    forecaster: Forecaster,
    rates: Rates,
    movers: pl.DataFrame | None,
    events: Sequence[FutureEvent],
    provider: str,
    said: Mapping[str, BudgetStatus],
) -> list[Reviewed]:
    here = set(days.filter(pl.col("x_Provider") == provider).get_column("scope")) if provider else set()
    chosen = [budget for budget in budgets if _is_in_force(budget, as_of) and (not provider or budget.scope in here)]
    periods = [period_of(budget, as_of) or _no_period(as_of) for budget in chosen]
    counted = counted_days(chosen, days)
    reaches = reaches_of(chosen, days, as_of=as_of)
    opened = ledgers(chosen, periods, counted, reaches=reaches, as_of=as_of, rates=rates)
    history = history_of(chosen, opened, counted, as_of=as_of, rates=rates)
    seen = set(days.get_column("scope").unique())
    since = first_day_asked(chosen, as_of=as_of)
    marks = watermarks(chosen, opened, counted, as_of=as_of, since=since, events=events)
    holds = {
        place: status
        for place, (budget, ledger) in enumerate(zip(chosen, opened, strict=True))
        if (status := said.get(budget.name)) and _still_holds(status, budget, ledger, marks[place])
    }
    projections = _projections(chosen, opened, history, forecaster, as_of, leave_out=holds)
    moved = drivers_of(chosen, opened, movers, rates)
    reviewed = []
    for place, (budget, ledger) in enumerate(zip(chosen, opened, strict=True)):
        if place in holds:
            reviewed.append(Reviewed(budget, ledger, None, holds[place]))
            continue
        projection = projections.get(place)
        facts = Facts(
            budget,
            ledger,
            projection,
            burn_multiple=_burn_multiple(budget, ledger, history, place),
            days_known=history.days_known(place, ledger.through),
            is_seen=budget.scope in seen,
        )
        status = replace(status_of(facts), watermark=marks[place], drivers=moved[place])
        reviewed.append(Reviewed(budget, ledger, projection, status))
    return reviewed


def _still_holds(status: BudgetStatus, budget: Budget, ledger: Ledger, watermark: str) -> bool:
    """Whether nothing has changed since a status was found; silence is no data, so it is asked for by itself."""
    is_silent = ledger.reach.is_stale or status.standing == "stale"
    same = (status.period_start, status.version, status.watermark)
    return not is_silent and same == (ledger.period.start, budget.version, watermark)


def _is_in_force(budget: Budget, as_of: date) -> bool:
    begun = budget.valid_from is None or budget.valid_from <= as_of
    return begun and (budget.valid_to is None or as_of < budget.valid_to)


def _no_period(as_of: date) -> Period:
    return Period(as_of, as_of + timedelta(days=1), "")


def _projections(
    budgets: Sequence[Budget],
    opened: Sequence[Ledger],
    history: History,
    forecaster: Forecaster,
    as_of: date,
    *,
    leave_out: Collection[int],
) -> dict[int, Projection]:
    """Ask for all budgets that are known through the same day at once, as far ahead as the longest period lasts."""
    together: dict[date, list[int]] = defaultdict(list)
    for place, ledger in enumerate(opened):
        if place not in leave_out and _can_be_projected(ledger, history, place):
            together[ledger.through].append(place)
    found: dict[int, Projection] = {}
    for through, places in sorted(together.items()):
        ahead = max(opened[place].days_left for place in places)
        past = history.past(places, [budgets[place].name for place in places], through)
        outlook = forecaster(past, days=ahead) if ahead else None
        for index, place in enumerate(places):
            seed = zlib.crc32(budgets[place].name.encode())
            paths = outlook.paths(index, PATHS, seed) if outlook else np.zeros((1, 0))
            amount = amount_of(budgets[place], opened[place].period)
            if np.isfinite(paths).all():
                projected = project(opened[place], amount, paths, as_of=as_of)
                found[place] = replace(projected, method=outlook.method[index] if outlook else "")
    return found


def _can_be_projected(ledger: Ledger, history: History, place: int) -> bool:
    if ledger.missing_rate or not ledger.period.label or ledger.days_complete <= 0:
        return False
    return history.days_known(place, ledger.through) >= FEWEST_DAYS


def _burn_multiple(budget: Budget, ledger: Ledger, history: History, place: int) -> float | None:
    amount = amount_of(budget, ledger.period) if ledger.period.label else NOTHING
    if amount <= 0 or ledger.days_complete <= 0 or ledger.missing_rate or ledger.actual < 0:
        return None
    through, end = ledger.through, ledger.period.end
    weights: Sequence[float] = EVEN
    calendar: Mapping[date, float] = {}
    if budget.profile == "weekday":
        weights = history.weekday_weights(place, through)
        # Only of complete days: what is known of later ones must not move the plan either way.
        known = {day: float(cost) for day, cost in ledger.calendar.items() if day <= through}
        calendar = {**history.fees_expected(place, through, end), **known}
    planned = expected_share(phases_of(budget, ledger.period), through=through, weights=weights, calendar=calendar)
    return float(ledger.actual / amount) / planned if planned > 0 else None


def _share_used(status: BudgetStatus) -> Decimal:
    spent = status.forecast_p50 if status.forecast_p50 is not None else status.actual
    return spent / status.amount if status.amount else NOTHING
