"""Will a budget hold? What counts, what is expected, on which day the money is gone, and what moves it.

    counted      which rows of a scope count for a budget, and on which day
    ledger       what they add up to, exactly, in the budget's currency
    history      their past as floats, for the forecaster (`outlook`)
    projection   possible ends of the period, and the day the money is gone
    shares       which part of the amount is planned by now
    standing     one word, one colour, one sentence
    status       the whole record; `watermark` says whether anything in it can have changed
    drivers, families, course, accuracy, past   what a reader asks next

Money is exact from the lake to the status; only forecasts and shares are floats. Days that are not complete yet can
make a status worse, never better, and silence of a source makes it grey (domain.md 1).
"""

from finops_lib.analyses.budgets.accuracy import backtest, kept_accuracy
from finops_lib.analyses.budgets.calendar import amount_of, first_day_asked, period_before, period_of, state_of
from finops_lib.analyses.budgets.counted import DAYS_SCHEMA
from finops_lib.analyses.budgets.course import courses, history
from finops_lib.analyses.budgets.drivers import windows_of
from finops_lib.analyses.budgets.families import Family, families_of, family_scopes
from finops_lib.analyses.budgets.history import Forecaster, Outlook, Past
from finops_lib.analyses.budgets.outlook import forecaster
from finops_lib.analyses.budgets.past import PastPeriod, past_periods
from finops_lib.analyses.budgets.rates import MissingRate, Rates
from finops_lib.analyses.budgets.review import Reviewed, evaluate_budgets, review_budgets, statuses_of

__all__ = [
    "DAYS_SCHEMA",
    "Family",
    "Forecaster",
    "MissingRate",
    "Outlook",
    "Past",
    "PastPeriod",
    "Rates",
    "Reviewed",
    "amount_of",
    "backtest",
    "courses",
    "evaluate_budgets",
    "families_of",
    "family_scopes",
    "first_day_asked",
    "forecaster",
    "history",
    "kept_accuracy",
    "past_periods",
    "period_before",
    "period_of",
    "review_budgets",
    "state_of",
    "statuses_of",
    "windows_of",
]
