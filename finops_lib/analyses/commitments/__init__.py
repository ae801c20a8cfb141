"""What was promised to the providers, what is it worth, and what should be promised next? (domain.md 3)

For a report, from the frames of the figure queries commitments_months, _days, _terms and _hours:
    measured (_by_month, _by_provider, _by_commitment)   coverage, utilisation, waste, effective savings rate
    terms, cliff, expiry_alerts                          what ends when, and what it costs then
    propose                                              what to buy, and what is withheld and why
    screen                                               the classic 80 % of 90 days; no proposal
    recommendations                                      proposals for the savings portfolio

Shared with rightsizing and verification:
    waterfall.py    hour by hour: which commitment pays for which usage, and what the hour costs

How a proposal comes about:
    demand.py       rows of the bill -> usage by the hour; existing.py: commitments that run, and the prices they had
    products.py     offers matched with pools; scenarios.py: what is left for them if usage falls
    optimum.py      the exact level of least cost; limits.py: caps of a policy; ladder.py: bought in steps
    money_terms.py  interest, break-even, payback
    evaluate.py     one product against one setting.py; together.py: reservations beside a plan
    propose.py      alternatives for the same usage, side by side

Question: from which data is a purchase proposed? Choice: from hours only, at prices that the customer has or was
offered. Why: a commitment is paid for in every hour, and daily means hide the hours in which it is not used; they give
an upper bound. Declined: a flat "assumed" discount; the share of time that an instance runs (screen.py), which knows no
price.
"""

from finops_lib.analyses.commitments.expiry import cliff, expiry_alerts, terms
from finops_lib.analyses.commitments.measures import (
    Measures,
    measured,
    measured_by_commitment,
    measured_by_month,
    measured_by_provider,
)
from finops_lib.analyses.commitments.proposals import Advice, Proposal, Withheld
from finops_lib.analyses.commitments.propose import propose
from finops_lib.analyses.commitments.recommend import recommendations
from finops_lib.analyses.commitments.screen import screen
from finops_lib.analyses.commitments.waterfall import Commitment, Usage, Waterfall, simulate

__all__ = [
    "Advice",
    "Commitment",
    "Measures",
    "Proposal",
    "Usage",
    "Waterfall",
    "Withheld",
    "cliff",
    "expiry_alerts",
    "measured",
    "measured_by_commitment",
    "measured_by_month",
    "measured_by_provider",
    "propose",
    "recommendations",
    "screen",
    "simulate",
    "terms",
]
