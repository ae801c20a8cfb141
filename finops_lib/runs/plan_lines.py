"""What may stand in params/budget_plan.yaml, and which budgets does it make? Strict: an unknown key is an error."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from finops_lib import plans
from finops_lib.analyses.scopes import Scope, canonical, parse_scope, preset
from finops_lib.errors import ConfigError
from finops_lib.periods import four_four_five
from finops_lib.strict import Currency, Strict

Amount = Annotated[str, StringConstraints(pattern=r"^\d+(\.\d{1,12})?$")]
Change = Annotated[str, StringConstraints(pattern=r"^-?\d+(\.\d{1,12})?$")]
Percent = Annotated[int, Field(ge=1, le=1000)]
_MONTHS = {"monthly": 1, "quarterly": 3, "yearly": 12}
_PRESETS: dict[str, tuple[plans.CostView, tuple[plans.Counted, ...]]] = {
    "cash": ("billed", plans.CASH),
    "accrual": ("effective", plans.ACCRUAL),
}


class CalendarLine(Strict):
    """How a budget's periods are cut.

    Args:
        weeks_from: instead of boundaries: the first day of a retail year of 4, 4 and 5 weeks.
    """

    first_month: Annotated[int, Field(ge=1, le=12)] = 1
    label_by: Literal["start", "end"] = "start"
    boundaries: tuple[date, ...] = ()
    weeks_from: date | None = None

    @model_validator(mode="after")
    def _boundaries_are_in_order(self) -> Self:
        if self.boundaries and self.weeks_from:
            raise ValueError("give boundaries or weeks_from, not both")
        if len(self.boundaries) == 1 or any(day >= following for day, following in pairwise(self.boundaries)):
            raise ValueError("boundaries are at least two days, each after the one before")
        return self

    def planned(self) -> plans.Calendar:
        cuts = four_four_five(self.weeks_from) if self.weeks_from else self.boundaries
        return plans.Calendar(self.first_month, self.label_by, cuts)


class BudgetLine(Strict):
    """One line of the plan. Amounts are text, so that no digit is lost on the way.

    Args:
        scope: an expression (analyses.scopes); or scope_type and scope_value name one organization, project, ...
        amount: of one period; or phased_amounts, one per month of it or per period of a custom calendar.
        cost: billed or effective; or preset: cash or accrual, which says what counts as well.
        counts: the classes that are added up; empty = those of cash for billed cost, of accrual for effective.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    scope: str = ""
    scope_type: Literal["organization", "project", "team", "service", "environment", "account", ""] = ""
    scope_value: str = ""
    amount: Amount | None = None
    phased_amounts: tuple[Amount, ...] = ()
    currency: Currency
    period: plans.PeriodKind = "monthly"
    calendar: CalendarLine = CalendarLine()
    cost: plans.CostView | None = None
    preset: Literal["cash", "accrual"] | None = None
    counts: tuple[plans.Counted, ...] = ()
    accepts_upfront: bool = False
    profile: Literal["weekday", "even"] = "weekday"
    thresholds: tuple[Percent, ...] = (50, 80, 100, 120)
    forecast_thresholds: tuple[Percent, ...] = (100,)
    colour_by: Literal["pace", "static"] = "pace"
    fx: Literal["book", "spot"] = "book"
    owner: str = ""
    parent: str = ""
    route: str = ""
    valid_from: date | None = None
    valid_to: date | None = None

    @model_validator(mode="after")
    def _says_each_thing_once(self) -> Self:
        if bool(self.scope) == bool(self.scope_type):
            raise ValueError("give a scope, or scope_type and scope_value")
        if self.scope_type and not self.scope_value:
            raise ValueError(f"scope_value: which {self.scope_type}?")
        if self.preset and self.cost:
            raise ValueError("give cost or preset, not both")
        if self.valid_from and self.valid_to and self.valid_to <= self.valid_from:
            raise ValueError("valid_to is the first day on which it no longer holds, after valid_from")
        self._scope()
        self._check_amounts()
        return self

    def planned(self) -> plans.Budget:
        """Give the budget that this line makes."""
        cost, counts = _PRESETS[self.preset or ("cash" if self.cost == "billed" else "accrual")]
        scope = canonical(self._scope())
        return plans.Budget(
            name=self.name,
            scope=scope,
            scope_type=self.scope_type or "expression",
            scope_value=self.scope_value or scope,
            amount=self._amount(),
            phased_amounts=tuple(map(Decimal, self.phased_amounts)),
            currency=self.currency,
            owner=self.owner,
            period=self.period,
            calendar=self.calendar.planned(),
            cost=cost,
            counts=self.counts or counts,
            accepts_upfront=self.accepts_upfront,
            profile=self.profile,
            thresholds=tuple(sorted(set(self.thresholds))),
            forecast_thresholds=tuple(sorted(set(self.forecast_thresholds))),
            colour_by=self.colour_by,
            fx=self.fx,
            parent=self.parent,
            route=self.route,
            valid_from=self.valid_from,
            valid_to=self.valid_to,
        )

    def _scope(self) -> Scope:
        try:
            return preset(self.scope_type, self.scope_value) if self.scope_type else parse_scope(self.scope)
        except ConfigError as error:
            raise ValueError(str(error)) from error

    def _amount(self) -> Decimal:
        return Decimal(self.amount) if self.amount else sum(map(Decimal, self.phased_amounts), Decimal(0))

    def _check_amounts(self) -> None:
        if self.amount is None and not self.phased_amounts:
            raise ValueError("give an amount, or phased_amounts")
        cuts = self.calendar.planned().boundaries
        if (self.period == "custom") != bool(cuts):
            raise ValueError("a calendar with boundaries or weeks_from belongs to a custom period, and only to that")
        if not self.phased_amounts:
            return
        parts = _MONTHS.get(self.period, len(cuts) - 1)
        if len(self.phased_amounts) != parts:
            raise ValueError(f"phased_amounts: a {self.period} budget of this calendar has {parts} parts")
        if self.amount and Decimal(self.amount) != sum(map(Decimal, self.phased_amounts)):
            raise ValueError("phased_amounts do not add up to the amount; leave the amount out")


def _names_are_their_own(lines: tuple[BudgetLine, ...]) -> tuple[BudgetLine, ...]:
    names = [line.name for line in lines]
    parents = {line.name: line.parent for line in lines}
    for line in lines:
        if names.count(line.name) > 1:
            raise ValueError(f"two budgets are called {line.name!r}")
        if line.parent and line.parent not in parents:
            raise ValueError(f"{line.name} is part of {line.parent!r}, which is no budget of this plan")
        _check_no_circle(line.name, parents)
    return lines


def _check_no_circle(name: str, parents: dict[str, str]) -> None:
    above, passed = parents[name], {name}
    while above:
        if above in passed:
            raise ValueError(f"{name} is part of itself, by way of {above}")
        passed.add(above)
        above = parents.get(above, "")


class EventLine(Strict):
    """A decided change that no history knows: a commitment that expires, an approved saving, a launch.

    Args:
        budgets: names of the budgets whose cost it changes.
        amount: what is added to what is expected otherwise, in the budgets' currency; a saving is negative.
        active: false switches it off without forgetting it.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    budgets: Annotated[tuple[str, ...], Field(min_length=1)]
    starts_on: date
    ends_on: date | None = None
    amount: Change
    per: plans.Per
    owner: str
    active: bool = True

    @model_validator(mode="after")
    def _can_be_planned(self) -> Self:
        try:
            self.planned()
        except ConfigError as error:
            raise ValueError(str(error)) from error
        return self

    def planned(self) -> list[plans.FutureEvent]:
        """Give one event for each budget."""
        return [
            plans.FutureEvent(
                name=self.name,
                starts_on=self.starts_on,
                amount=Decimal(self.amount),
                per=self.per,
                owner=self.owner,
                ends_on=self.ends_on,
                series=budget,
                active=self.active,
            )
            for budget in self.budgets
        ]


class PlanFile(Strict):
    """The file params/budget_plan.yaml."""

    budgets: Annotated[tuple[BudgetLine, ...], AfterValidator(_names_are_their_own)] = ()
    events: tuple[EventLine, ...] = ()

    @model_validator(mode="after")
    def _events_change_budgets_of_the_plan(self) -> Self:
        known = {line.name: line.currency for line in self.budgets}
        for event in self.events:
            if missing := [name for name in event.budgets if name not in known]:
                raise ValueError(f"event {event.name!r} changes {missing[0]!r}, which is no budget of this plan")
            if len({known[name] for name in event.budgets}) > 1:
                raise ValueError(f"event {event.name!r} has one amount for budgets in several currencies; split it")
        return self

    def planned(self) -> Sequence[plans.Budget]:
        return [line.planned() for line in self.budgets]

    def future_events(self) -> Sequence[plans.FutureEvent]:
        return [event for line in self.events for event in line.planned()]
