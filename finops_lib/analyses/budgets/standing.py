"""How does a budget stand, in one word, one colour and one sentence? (domain.md 1.9)

Question: is a budget that is exceeded grey when its data is stale? Choice: no. Why: what is known is the least that
will be charged, so more data cannot unsay it; every other colour would rest on silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from finops_lib.analyses.budgets.ledger import Ledger
from finops_lib.analyses.budgets.projection import Projection
from finops_lib.findings import Colour, Standing
from finops_lib.plans import Budget

FEWEST_DAYS = 3
# 10 % ahead of plan is worth a look before the forecast breaks.
AHEAD_OF_PLAN = 1.10
# Less than this part of the amount, in nine of ten futures, is money that could be used elsewhere.
UNDER = Decimal("0.8")
STATIC: tuple[tuple[Decimal, Colour], ...] = (
    (Decimal("1.2"), "red"),
    (Decimal(1), "orange"),
    (Decimal("0.8"), "yellow"),
)
BY_PACE: dict[Standing, Colour] = {
    "exceeded": "red",
    "off_track": "orange",
    "at_risk": "yellow",
    "on_track": "green",
    "under": "green",
    "undefined": "grey",
    "stale": "grey",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    standing: Standing
    colour: Colour
    reason: str


def undefined(reason: str) -> Verdict:
    """Say why nothing can be said."""
    return Verdict("undefined", "grey", reason)


def judge(
    budget: Budget,
    ledger: Ledger,
    amount: Decimal,
    projection: Projection | None,
    *,
    crossed: date | None,
    multiple: float | None,
    days_known: int,
) -> Verdict:
    """Judge a budget whose costs could be added up.

    Args:
        projection: None where the past is too short.
        crossed: the day on which the amount was used up.
        multiple: share used over share planned.
        days_known: complete days of the scope's past.
    """
    say = _Words(budget.currency)
    since = f"no complete day has arrived since {_last(ledger.reach.through)}" if ledger.reach.is_stale else ""
    if ledger.at_least >= amount and ledger.at_least > 0:
        reason = say.exceeded(ledger, amount, crossed)
        return _coloured(budget, ledger, amount, "exceeded", f"{reason}; {since}" if since else reason)
    if since:
        return Verdict("stale", "grey", since)
    if amount == 0:
        return _coloured(budget, ledger, amount, "on_track", "nothing is allowed, and nothing was spent")
    if ledger.days_complete == 0:
        return undefined(f"{ledger.period.label} has no complete day yet")
    if ledger.actual < 0:
        return undefined(
            f"credits and refunds exceed cost by {say.money(-ledger.actual)}: there is no share to speak of"
        )
    if projection is None:
        return undefined(
            f"complete days so far: {days_known}; a forecast needs {FEWEST_DAYS}"
            if days_known < FEWEST_DAYS
            else "too little is known for a forecast"
        )
    standing, reason = _expected(amount, projection, multiple, say)
    verdict = _coloured(budget, ledger, amount, standing, reason)
    is_ahead = standing == "on_track" and multiple is not None and multiple > AHEAD_OF_PLAN
    # By static thresholds a colour speaks of what is spent, and of nothing else.
    return Verdict(standing, "yellow", reason) if is_ahead and budget.colour_by == "pace" else verdict


def _expected(amount: Decimal, projection: Projection, multiple: float | None, say: _Words) -> tuple[Standing, str]:
    _, middle, high = projection.totals
    if middle > amount:
        when = projection.used_up[1]
        used_up = f", used up on {when.day} {when:%b}" if when else ""
        return "off_track", f"{say.money(middle - amount)} over by the end{used_up}"
    below = f"{say.money(amount - middle)} below by the end"
    if high > amount:
        return "at_risk", f"{below} is likely, {say.money(high - amount)} over is possible"
    if high < UNDER * amount:
        return "under", f"{say.percent(middle / amount)} of the budget will be used: {below}"
    if multiple is not None and multiple > AHEAD_OF_PLAN:
        return "on_track", f"{say.percent(Decimal(multiple) - 1)} ahead of plan, but {below}"
    return "on_track", below


def _coloured(budget: Budget, ledger: Ledger, amount: Decimal, standing: Standing, reason: str) -> Verdict:
    if budget.colour_by == "pace" or not amount:
        return Verdict(standing, BY_PACE[standing], reason)
    share = ledger.at_least / amount
    colour: Colour = next((colour for least, colour in STATIC if share >= least), "green")
    return Verdict(standing, colour, reason)


@dataclass(frozen=True, slots=True)
class _Words:
    currency: str

    def money(self, amount: Decimal) -> str:
        return f"{amount:,.0f} {self.currency}" if abs(amount) >= 1 else f"{amount:.2f} {self.currency}"

    def percent(self, share: Decimal) -> str:
        return f"{share * 100:.0f} %"

    def exceeded(self, ledger: Ledger, amount: Decimal, crossed: date | None) -> str:
        if not amount:
            return f"nothing is allowed, and {self.money(ledger.at_least)} was spent"
        since = f" since {crossed.day} {crossed:%b}" if crossed else ""
        over = f"{self.money(ledger.at_least - amount)} over" if ledger.at_least > amount else "used up"
        return f"{over}{since}, {self.percent(ledger.at_least / amount)} spent"


def _last(day: date | None) -> str:
    return "the first charge" if day is None else f"{day.day} {day:%b %Y}"
