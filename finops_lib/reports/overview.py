"""The overview in words: where the money goes, what changed, and what it will come to.

read_totals     the row of `overview_totals`, with everything that follows from it
overview_answer, overview_figures, other_currencies, overview_actions, overview_result
overview_charts.py draws the rest of the page
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Protocol

import polars as pl

from finops_lib.findings import Anomaly, BudgetStatus
from finops_lib.periods import DAYS_PER_MONTH, BillingPeriod
from finops_lib.reports import format as say
from finops_lib.reports import page
from finops_lib.reports.page import Element, Figure
from finops_lib.reports.savings import Total

QUESTION = "Where does the money go, and what changed?"
NOTHING = "Nothing was charged yet: the lake holds no charges for this page."
NO_HISTORY = "nothing before it to compare with"
# A change smaller than this share of the month before is not news.
QUIET_SHARE = Decimal("0.01")
# Fewer complete days give no forecast (domain.md 1.7).
FEWEST_DAYS = 3


class MonthEnd(Protocol):
    """Where a month ends, as `analyses.forecasts.month_end` says."""

    @property
    def expected(self) -> Decimal: ...
    @property
    def low(self) -> Decimal: ...
    @property
    def high(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Totals:
    """What the last day, month and year cost, all in effective cost of one currency; None = the lake does not say."""

    as_of: date
    currency: str
    provider: str
    first_day: date
    complete_through: date | None
    day: Decimal
    week_before: Decimal | None
    month: Decimal
    former_month_day: date
    former_month: Decimal | None
    former_month_whole: Decimal | None
    expected_month: Decimal | None
    year: Decimal
    year_first_day: date
    former_year: Decimal | None
    before_year: Decimal | None
    before_year_first_day: date | None
    last_30: Decimal
    former_30: Decimal | None
    last_30_other: Decimal
    expected_low: Decimal | None = None
    expected_high: Decimal | None = None

    @property
    def period(self) -> BillingPeriod:
        return BillingPeriod.of(self.as_of)

    @property
    def former_days(self) -> str:
        """The days that the month to date is compared with, in words."""
        return say.days(self.period.previous.start, self.former_month_day)

    @property
    def last_30_days(self) -> str:
        return say.days(max(self.first_day, self.as_of - timedelta(days=29)), self.as_of)

    @property
    def incomplete_from(self) -> date | None:
        """The first day that may still grow, if the page shows any."""
        if self.complete_through is None or self.complete_through >= self.as_of:
            return None
        return self.complete_through + timedelta(days=1)

    @property
    def month_change(self) -> Decimal | None:
        return None if self.former_month is None else self.month - self.former_month


def read_totals(
    frame: pl.DataFrame, *, currency: str, provider: str = "", expected: MonthEnd | None = None
) -> Totals | None:
    """Read the one row of `overview_totals`; None where nothing was charged.

    Args:
        expected: where the month ends; None = not known.
    """
    if frame.is_empty():
        return None
    [row] = frame.to_dicts()
    month, zero = row["month_cost"] or Decimal(0), Decimal(0)
    return Totals(
        as_of=row["as_of"],
        currency=currency,
        provider=provider,
        first_day=row["first_day"],
        complete_through=row["complete_through"],
        day=row["day_cost"] or zero,
        week_before=row["week_before_cost"],
        month=month,
        former_month_day=row["former_month_day"],
        former_month=row["former_month_cost"],
        former_month_whole=row["former_month_whole_cost"],
        expected_month=expected.expected if expected else None,
        expected_low=expected.low if expected else None,
        expected_high=expected.high if expected else None,
        year=row["year_cost"] or zero,
        year_first_day=row["year_first_day"],
        former_year=row["former_year_cost"],
        before_year=row["before_year_cost"],
        before_year_first_day=row["before_year_first_day"],
        last_30=row["last_30_cost"],
        former_30=row["former_30_cost"],
        last_30_other=row["last_30_other_cost"],
    )


def overview_answer(totals: Totals | None, movers: pl.DataFrame, statuses: Sequence[BudgetStatus]) -> Element:
    """Answer the page's question in two or three sentences.

    Args:
        movers: the rows of `overview_movers`, largest change first.
    """
    if totals is None:
        return page.answer(QUESTION, NOTHING)
    breaking = [s for s in statuses if s.colour in ("red", "orange")]
    kept = any(s.colour == "green" for s in statuses)
    status = breaking[0].colour if breaking else "green" if kept else ""
    share = f"{say.number(len(breaking))} of {say.plural(len(statuses), 'budget')} break"
    word = share if breaking else "no budget breaks" if kept else ""
    mover = _mover_sentence(totals, movers)
    words = [_month_sentence(totals), mover, _expected_sentence(totals)]
    return page.answer(
        QUESTION,
        " ".join(sentence for sentence in words if sentence),
        status,
        word,
        headline=month_headline(totals, statuses),
        changed=" ".join(sentence for sentence in (_month_sentence(totals), mover) if sentence),
    )


def month_headline(totals: Totals, statuses: Sequence[BudgetStatus]) -> str:
    """Say the month in a dozen words: 412k USD month to date, 596k expected (570k-628k) against 600k."""
    said = f"{say.money(totals.month, totals.currency)} month to date"
    budget = company_budget(totals, statuses)
    against = f" against {say.money(budget.amount)}" if budget else ""
    if totals.expected_month is None:
        return f"{said}{against}"
    low, high = totals.expected_low, totals.expected_high
    known = low is not None and high is not None and low != high
    span = f" ({say.money(low)}{say.DASH}{say.money(high)})" if known else ""
    return f"{said}, {say.money(totals.expected_month)} expected{span}{against}"


def company_budget(totals: Totals, statuses: Sequence[BudgetStatus]) -> BudgetStatus | None:
    """Give the one budget that speaks of everything on the page; None = there is none, or not just one."""
    found = [s for s in statuses if s.currency == totals.currency and s.scope_type == "organization"]
    return found[0] if len(found) == 1 and not totals.provider else None


def overview_figures(
    totals: Totals | None, daily: pl.DataFrame, months: pl.DataFrame, savings: Total, statuses: Sequence[BudgetStatus]
) -> Element:
    """Show the last complete day, the month, what it will come to, the year, and what could be saved.

    Args:
        daily: the rows of `overview_daily`, for the course of the last day.
        months: the rows of `overview_months`, for the course of the months.
    """
    if totals is None:
        return page.sentence("Headline figures appear here with the first loaded bill.")
    currency = totals.currency
    by_day = daily.group_by("day").agg(pl.col("effective_cost").sum()).sort("day")
    by_month = months["effective_cost"].to_list()
    company = company_budget(totals, statuses)
    budget = f"budget {say.money(company.amount, currency)}; " if company else ""
    return page.figures(
        [
            Figure(
                f"On {say.day(totals.as_of, 'weekday')}",
                say.money(totals.day, currency),
                _compared(totals.week_before, totals.day, currency, f"the {totals.as_of:%A} before"),
                trend=by_day["effective_cost"].to_list(),
            ),
            Figure(
                f"{say.month(totals.as_of)} to date",
                say.money(totals.month, currency),
                _compared(totals.former_month, totals.month, currency, totals.former_days),
            ),
            Figure(
                f"Expected for {say.month(totals.as_of)}",
                say.money(totals.expected_month, currency),
                budget + _expected_note(totals),
                trend=[*by_month[:-1], totals.expected_month],
            ),
            Figure(
                f"{totals.as_of.year} to date",
                say.money(totals.year, currency),
                _year_note(totals),
                trend=by_month[:-1],
            ),
            Figure("Potential savings a month", say.money(savings.base, savings.currency or currency), _range(savings)),
        ]
    )


def other_currencies(frame: pl.DataFrame, totals: Totals | None) -> Element:
    """Say what else was charged: another currency is never added.

    Args:
        frame: the rows of `overview_other_currencies`.
    """
    if totals is None:
        return page.sentence("No charge in any currency.")
    amounts = [say.money(row["effective_cost"], row["BillingCurrency"]) for row in frame.iter_rows(named=True)]
    if not amounts:
        return page.sentence(f"All charges of these 30 days are in {totals.currency}.")
    words = f"Besides, {say.names(amounts, limit=5)} were charged ({totals.last_30_days})"
    return page.sentence(f"{words}; nothing is converted, so no figure of this page includes it.")


def overview_result(
    totals: Totals | None,
    *,
    movers: pl.DataFrame,
    statuses: Sequence[BudgetStatus],
    anomalies: Sequence[Anomaly],
    savings: Total,
) -> dict[str, object]:
    """Give the headline numbers for `result.json`: exact, without words."""
    if totals is None:
        return {"is_empty": True}
    return {
        "is_empty": False,
        "as_of": totals.as_of,
        "currency": totals.currency,
        "provider": totals.provider,
        "day_cost": totals.day,
        "week_before_cost": totals.week_before,
        "month_cost": totals.month,
        "former_month_cost": totals.former_month,
        "expected_month_cost": totals.expected_month,
        "year_cost": totals.year,
        "last_30_cost": totals.last_30,
        "former_30_cost": totals.former_30,
        "movers": movers.head(3),
        "budgets": {s.budget: s.colour for s in statuses},
        "recent_anomalies": len(anomalies),
        "savings_low": savings.low,
        "savings_base": savings.base,
        "savings_high": savings.high,
    }


def _month_sentence(totals: Totals) -> str:
    spent = f"{say.money(totals.month, totals.currency)} in {say.month(totals.as_of)} through {say.day(totals.as_of)}"
    if totals.month_change is None:
        return f"{spent}; the lake does not hold the month before."
    share = _share(totals.month_change, totals.former_month)
    if abs(share) < QUIET_SHARE:
        return f"{spent}, about as much as on {totals.former_days}."
    difference = say.money(abs(totals.month_change), totals.currency)
    return f"{spent}, {difference} ({say.ratio(abs(share))}) {_more(share)} than on {totals.former_days}."


def _mover_sentence(totals: Totals, movers: pl.DataFrame) -> str:
    if totals.month_change is None or movers.is_empty():
        return ""
    row = movers.row(0, named=True)
    moved = f"{row['ServiceName']} moved most: {say.signed_money(row['change'], totals.currency)}"
    return f"{moved}, mainly in {row['main_account']}."


def _expected_sentence(totals: Totals) -> str:
    if totals.as_of == totals.period.end - timedelta(days=1):
        return ""
    if totals.expected_month is None:
        return f"Fewer than {FEWEST_DAYS} complete days say nothing about the rest of the month."
    expected = say.money(totals.expected_month, totals.currency)
    words = f"The month is expected to end at {expected}{_likely_range(totals)}"
    if totals.former_month_whole is None:
        return f"{words}."
    former = say.money(totals.former_month_whole, totals.currency)
    return f"{words}, after {former} in {say.month(totals.period.previous.start)}."


def _likely_range(totals: Totals) -> str:
    if totals.expected_low is None or totals.expected_high is None or totals.expected_low == totals.expected_high:
        return ""
    return f" ({say.money(totals.expected_low)}\N{EN DASH}{say.money(totals.expected_high)} in 80 % of the futures)"


def _compared(before: Decimal | None, after: Decimal, currency: str, when: str) -> str:
    if before is None:
        return NO_HISTORY
    return f"{say.change(before, after, currency)} against {when}"


def _expected_note(totals: Totals) -> str:
    if totals.expected_month is None:
        return f"fewer than {FEWEST_DAYS} complete days"
    when = say.month(totals.period.previous.start)
    return _compared(totals.former_month_whole, totals.expected_month, totals.currency, when)


def _year_note(totals: Totals) -> str:
    """Compare with the same days of the year before, or else the monthly mean with that of the time before."""
    if totals.former_year is not None:
        return _compared(totals.former_year, totals.year, totals.currency, f"the same days of {totals.as_of.year - 1}")
    since = (
        ""
        if totals.year_first_day.day == totals.year_first_day.month == 1
        else f"since {say.day(totals.year_first_day)}; "
    )
    if totals.before_year is None or totals.before_year_first_day is None:
        return f"{since}{NO_HISTORY}"
    now = _monthly(totals.year, totals.year_first_day, totals.as_of)
    last_day = date(totals.as_of.year - 1, 12, 31)
    then = _monthly(totals.before_year, totals.before_year_first_day, last_day)
    when = f"{say.day(totals.before_year_first_day)} to {say.day(last_day, 'full')}"
    return f"{say.money(now)} a month; {say.change(then, now, totals.currency)} against {when}"


def _monthly(amount: Decimal, first: date, last: date) -> Decimal:
    days = (last - first).days + 1
    return amount * DAYS_PER_MONTH.numerator / (DAYS_PER_MONTH.denominator * days)


def _range(savings: Total) -> str:
    if not savings.counted:
        return "the bill alone shows no waste"
    low, high = say.money(savings.low), say.money(savings.high)
    return f"{say.plural(len(savings.counted), 'finding')}; between {low} and {high}"


def _share(part: Decimal, whole: Decimal | None) -> Decimal:
    return part / abs(whole) if whole else Decimal(1 if part > 0 else -1 if part < 0 else 0)


def _more(share: Decimal) -> str:
    return "more" if share > 0 else "less"
