"""What does the bill alone show of waste, and what is it worth once nothing is counted twice?

    find_savings   the frames that rules read -> recommendations, each on its own
    portfolio      recommendations -> one saving per resource, with low, base and high

A rule is one file with `@rule(name, reads=<figure query>)`. `NOT_EVALUATED` says which checks stay open, and why.
"""

from finops_lib.analyses.savings.coverage import NOT_EVALUATED
from finops_lib.analyses.savings.find import MIN_MONTHLY, find_savings
from finops_lib.analyses.savings.net import Portfolio, portfolio
from finops_lib.analyses.savings.rules import RULES

__all__ = ["MIN_MONTHLY", "NOT_EVALUATED", "RULES", "Portfolio", "find_savings", "portfolio"]
