"""What can be paid less for, and what is it worth once nothing is counted twice?

    estate_of      the frames of the figure queries (READS) -> one Estate: bill, inventory, utilisation
    find_savings   frames -> recommendations of the checks, each on its own
    find_all       the same, and what to commit to
    still_open     without what somebody has decided against, put off or done
    evaluations    how far each check got, and what is missing where it did not
    do_first       what brings most for the work, first
    realised       what was claimed this year, and what later bills show
    portfolio      recommendations -> what each adds to the others, with low, base and high

A check is one file in `checks/` with `@rule(name, check=<number in the catalogue>, needs=...)` over the Estate. It
reads records, not frames: a check is then a few lines, and what it lacks is known before it runs.
"""

from finops_lib.analyses.savings.estate import READS, Estate
from finops_lib.analyses.savings.find import MIN_MONTHLY, estate_of, evaluations, find_in, find_savings
from finops_lib.analyses.savings.needs import Evaluation
from finops_lib.analyses.savings.net import Portfolio, portfolio
from finops_lib.analyses.savings.realised import realised
from finops_lib.analyses.savings.rules import RULES
from finops_lib.analyses.savings.scoring import do_first
from finops_lib.analyses.savings.together import find_all, still_open

__all__ = [
    "MIN_MONTHLY",
    "READS",
    "RULES",
    "Estate",
    "Evaluation",
    "Portfolio",
    "do_first",
    "estate_of",
    "evaluations",
    "find_all",
    "find_in",
    "find_savings",
    "portfolio",
    "realised",
    "still_open",
]
