"""What should have been told, by the final cost alone, against what was: no engine is asked what is due."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, pairwise

import polars as pl
from sqlalchemy import select

from finops_lib.analyses.budgets import amount_of, period_of
from finops_lib.findings import BudgetStatus
from finops_lib.messages import AlertEvent
from finops_lib.plans import Budget
from finops_lib.runs.budgets import evaluate_costs
from finops_lib.state.alerts import list_events
from finops_lib.state.models import BudgetStatusRow
from finops_lib.state.open import State
from tests.bench.budget_replay.estate import Replayed
from tests.bench.budget_replay.year import known_at

# A period of a budget, by its first day, and a threshold of it.
Crossed = tuple[date, int]
_BETTER = ("red", "orange", "yellow", "green")
_BURN_FIRES = 1.5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a year did to one budget.

    Args:
        due: thresholds that complete cost has reached, by period.
        told: how often each was told, or entered as part of something worse.
        missed: due and not told; `repeated`: told more than once.
        forecasts, burns: alerts by period.
        ended: alerts that were resolved.
        unfounded: alerts that incomplete days caused, in words.
        greener: changes to a better colour; `too_green`: those that an incomplete day caused, in words.
    """

    budget: str
    statuses: int
    due: frozenset[Crossed]
    told: Counter[Crossed]
    forecasts: Counter[date]
    burns: Counter[date]
    ended: int
    unfounded: tuple[str, ...]
    greener: int
    too_green: tuple[str, ...]

    @property
    def missed(self) -> list[Crossed]:
        return sorted(self.due - self.told.keys())

    @property
    def repeated(self) -> list[Crossed]:
        return sorted(crossed for crossed, times in self.told.items() if times > 1)


def judge(replayed: Replayed, state: State, *, end: datetime) -> list[Verdict]:
    """Judge every budget by the state that a replay until `end` left."""
    events = list_events(state)
    statuses = _statuses(state)
    twins = _Twins(replayed)
    whole = replayed.bills.complete_through(replayed.bills.deliveries(end))
    verdicts = []
    for budget in replayed.budgets:
        mine = [event for event in events if event.subject == budget.name]
        periods = sorted({start for name, start in statuses if name == budget.name})
        told = Counter((event.period_start, int(event.threshold)) for event in mine if event.kind == "actual")
        greener = [change for start in periods for change in _greener(statuses[budget.name, start])]
        possible = _reached(replayed, budget, periods)
        early = [f"{crossed} was never reached" for crossed in sorted(told.keys() - possible)]
        verdicts.append(
            Verdict(
                budget=budget.name,
                statuses=sum(len(statuses[budget.name, start]) for start in periods),
                due=frozenset(_reached(replayed, budget, periods, whole=whole)),
                told=told,
                forecasts=Counter(event.period_start for event in mine if event.kind == "forecast"),
                burns=Counter(event.period_start for event in mine if event.kind == "burn"),
                ended=sum(event.resolved_at is not None for event in mine),
                unfounded=(*early, *(text for event in mine if (text := twins.unfounded(event)))),
                greener=len(greener),
                too_green=tuple(text for row in greener if (text := twins.too_green(row))),
            )
        )
    return verdicts


def silences(state: State) -> list[AlertEvent]:
    """Give what was told of sources that stopped delivering."""
    return list_events(state, kind="stale")


def _reached(
    replayed: Replayed, budget: Budget, periods: Iterable[date], *, whole: Mapping[str, date] | None = None
) -> set[Crossed]:
    """Give the thresholds that cost reached on any day, as it is in the end or as it was first said to be.

    Args:
        whole: only the whole days of each provider; None = all.
    """
    assert budget.cost == "effective", "the sample's budgets are on effective cost"
    found = set()
    for days in (replayed.bills.final, replayed.bills.first_said()):
        mine = days.filter(
            (pl.col("scope") == budget.scope)
            & pl.col("charge_class").is_in(list(budget.counts))
            & ~pl.col("is_prior_correction")
        )
        if whole is not None:
            through = pl.col("x_Provider").replace_strict(whole, return_dtype=pl.Date)
            mine = mine.filter(pl.col("day") <= through)
        by_day = mine.group_by("day", "BillingCurrency").agg(pl.col("effective_cost").sum()).sort("day").rows()
        for start in periods:
            found |= {(start, threshold) for threshold in _crossed(budget, start, by_day, replayed.rates)}
    return found


def _crossed(budget: Budget, start: date, by_day: Sequence[tuple[date, str, Decimal]], rates: pl.DataFrame) -> set[int]:
    period = period_of(budget, start)
    assert period is not None
    totals: dict[date, Decimal] = defaultdict(Decimal)
    for day, currency, cost in by_day:
        if day in period:
            totals[day] += cost if currency == budget.currency else cost * _book_rate(rates, currency, budget, start)
    highest = max(accumulate(totals.values()), default=Decimal(0))
    share = 100 * highest / amount_of(budget, period)
    return {threshold for threshold in budget.thresholds if share >= threshold}


def _book_rate(rates: pl.DataFrame, currency: str, budget: Budget, start: date) -> Decimal:
    """Give the rate that a budget holds for its whole period."""
    assert budget.fx == "book", "the sample's budgets are held against their book rate"
    pair = (pl.col("from_currency") == currency) & (pl.col("to_currency") == budget.currency)
    known = rates.filter(pair & (pl.col("kind") == "book") & (pl.col("day") <= start)).sort("day")
    rate: Decimal = known["rate"][-1]
    return rate


def _statuses(state: State) -> dict[tuple[str, date], list[BudgetStatusRow]]:
    """Give all statuses by budget and period, oldest first."""
    found = defaultdict(list)
    order = (BudgetStatusRow.budget, BudgetStatusRow.period_start, BudgetStatusRow.number)
    with state.read() as session:
        for row in session.scalars(select(BudgetStatusRow).order_by(*order)):
            found[row.budget, date.fromisoformat(row.period_start)].append(row)
        session.expunge_all()
    return found


def _greener(statuses: Sequence[BudgetStatusRow]) -> list[BudgetStatusRow]:
    """Give the statuses whose colour is better than that of the one before; grey says nothing."""
    spoken = [row for row in statuses if row.colour in _BETTER]
    return [after for before, after in pairwise(spoken) if _rank(after.colour) > _rank(before.colour)]


def _rank(colour: str) -> int:
    return _BETTER.index(colour)


class _Twins:
    """The same moments once more: without the days that were not whole, with their final cost, as whole days."""

    def __init__(self, replayed: Replayed) -> None:
        self._replayed = replayed
        self._found: dict[tuple[str, datetime, date], dict[str, BudgetStatus]] = {}

    def unfounded(self, event: AlertEvent) -> str:
        """Say why a forecast or burn alert was none; "" = it was one, or it is of another kind."""
        if event.kind not in ("forecast", "burn"):
            return ""
        for days in ("withheld", "filled", "made_whole"):
            end = date.fromisoformat(event.facts["period_end"])
            status = self._at(days, event.created_at, end)[event.subject]
            expected = status.forecast_p50 is not None and 100 * status.forecast_p50 / status.amount
            level = 100 if event.kind == "burn" else int(event.threshold)
            is_fast = event.kind != "burn" or (status.burn_multiple or 0) >= _BURN_FIRES
            if expected and expected >= level and is_fast:
                return ""
        return f"{event.kind} {event.threshold} of {event.created_at:%Y-%m-%d %H:%M}, {event.value:.1f} %"

    def too_green(self, row: BudgetStatusRow) -> str:
        """Say where a colour would have been worse without the days that were not whole; "" = it would not."""
        end = date.fromisoformat(row.period_end)
        without = self._at("withheld", row.evaluated_at, end)[row.budget].colour
        if without in _BETTER and _rank(without) < _rank(row.colour):
            return f"{row.evaluated_at:%Y-%m-%d %H:%M}: {row.colour}, {without} without the incomplete days"
        return ""

    def _at(self, days: str, at: datetime, period_end: date) -> dict[str, BudgetStatus]:
        bills = self._replayed.bills
        delivered = bills.deliveries(at)
        newest = max(min(when.date(), bills.last_day) for when in delivered.values())
        as_of = min(newest, period_end - timedelta(days=1))
        key = days, at, as_of
        if key not in self._found:
            frame = getattr(bills, days)(delivered)
            known = known_at(self._replayed, frame, delivered, at)
            costs = known.costs(self._replayed.budgets, as_of)
            evaluation = evaluate_costs(self._replayed.budgets, costs, as_of=as_of, snapshot=None)
            self._found[key] = {status.budget: status for status in evaluation.statuses}
        return self._found[key]
