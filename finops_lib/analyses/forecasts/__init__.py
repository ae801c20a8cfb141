"""What will each series cost: by the end of its month, in 30, 60 and 90 days, and how sure is that?

    panel_of            rows of daily cost -> a panel
    forecast            daily costs -> an outlook: expected days, calibrated quantiles of sums, simulated paths
    incomplete_days_of  how many of the newest days may still grow, where nobody says so
    month_end           where the month of one total ends
    totals_by_horizon   an outlook -> the totals people ask for, with 80 % and 95 % intervals
    accuracy            forecasts that were kept, held against what came
    METHODS         workbench, and the baselines it is measured against: linear, run-rate, seasonal-naive, prophet

How the workbench's own method goes: incomplete days are left out; what comes back every month at one place
(scheduled.py) is put there again; the rest is cut into weeks (weeks.py), of which a dozen and more candidates say where
the level goes (level.py); a series mixes them by how well they foretold its own past (mix.py); its misses on past
origins, held out, give the intervals (intervals.py).

Question: one model for all series, or a search per series? Choice: a few plain candidates and a mix, all series and all
origins at once. Why: whole weeks have no weekday bias and make fifty numbers of four hundred, so every past week can be
an honest trial; a thousand series take half a second. Declined: fitting a state-space model per series (a thousand
times slower, no better on `python -m tests.bench forecasts`), and a learned global model (a forecast that changes when
another series joins the file cannot be explained to the owner of a budget).
"""

from finops_lib.analyses.forecasts.accuracy import accuracy
from finops_lib.analyses.forecasts.forecast import Experience, experience_of, forecast
from finops_lib.analyses.forecasts.horizons import HORIZONS, MONTH_END, days_needed, totals_by_horizon
from finops_lib.analyses.forecasts.incomplete import incomplete_days_of
from finops_lib.analyses.forecasts.methods import METHODS
from finops_lib.analyses.forecasts.month import MonthEnd, month_end
from finops_lib.analyses.forecasts.outlook import INSUFFICIENT, Outlook
from finops_lib.analyses.forecasts.panel import Panel
from finops_lib.analyses.forecasts.rows import panel_of

__all__ = [
    "HORIZONS",
    "INSUFFICIENT",
    "METHODS",
    "MONTH_END",
    "Experience",
    "MonthEnd",
    "Outlook",
    "Panel",
    "accuracy",
    "days_needed",
    "experience_of",
    "forecast",
    "incomplete_days_of",
    "month_end",
    "panel_of",
    "totals_by_horizon",
]
