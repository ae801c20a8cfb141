"""All charts by one name. Each takes a small frame and says its finding; without rows it is a sentence instead.

    daily       money by day, by category, with expected band or forecast; incomplete days pale
    multiples   one small chart per category
    burn_down   a budget used up, its even pace and its forecast
    used_up     budgets as shares of their amounts
    cost_curve  what a month costs at each level of a commitment, with the level of least cost
    ranked      bars in order of size with change marks
    waterfall   what moved a total
    share_bars  how much of each whole is covered
    heat        amounts over two categories

Common to all: `title` states the finding, `subtitle` the measure, currency, period and cost kind, `source` the mart,
`alt` the finding in words (the title if empty), `empty` the sentence for a frame without rows.
"""

from finops_lib.reports.chart import Chart
from finops_lib.reports.charts_by_size import heat, ranked, share_bars, waterfall
from finops_lib.reports.charts_of_budgets import used_up
from finops_lib.reports.charts_of_commitments import cost_curve
from finops_lib.reports.charts_over_time import burn_down, daily, multiples

__all__ = [
    "Chart",
    "burn_down",
    "cost_curve",
    "daily",
    "heat",
    "multiples",
    "ranked",
    "share_bars",
    "used_up",
    "waterfall",
]
