"""What can be paid less for, and what is it worth once nothing is counted twice?

    estate_of      the frames of the figure queries (READS) -> one Estate: bill, inventory, utilisation
    find_savings   frames -> recommendations, each on its own
    evaluations    how far each check got, and what is missing where it did not
    portfolio      recommendations -> what each adds to the others, with low, base and high

A check is one file in `checks/` with `@rule(name, check=<number in the catalogue>, needs=...)` over the Estate. It
reads records, not frames: a check is then a few lines, and what it lacks is known before it runs.
"""

from finops_lib.analyses.savings.coverage import NOT_EVALUATED
from finops_lib.analyses.savings.estate import READS, Estate
from finops_lib.analyses.savings.find import MIN_MONTHLY, estate_of, evaluations, find_in, find_savings
from finops_lib.analyses.savings.net import Portfolio, portfolio
from finops_lib.analyses.savings.rules import RULES

__all__ = [
    "MIN_MONTHLY",
    "NOT_EVALUATED",
    "READS",
    "RULES",
    "Estate",
    "Portfolio",
    "estate_of",
    "evaluations",
    "find_in",
    "find_savings",
    "portfolio",
]
