"""On which days did a service leave its usual range, what did it cost, and what moved?

    find_anomalies   daily series -> episodes, the largest money first
    investigate      an episode + its charges -> where it comes from, what it is made of, whose it is (decompose, walk)

Question: how do plain z-scores and quartile fences stay quiet? Choice: three gates after them. An episode counts only
above a floor of money *and* of percent, and only if its peak lies outside everything of the two months before: weekly
jobs, month ends and weekends were there before, a real event was not. Declined for now: season models; they come with
the engine of a later issue, and must beat this on labelled data first.
"""

from finops_lib.analyses.anomalies.comparison import Comparison, compared_days
from finops_lib.analyses.anomalies.decompose import Decomposition, decompose
from finops_lib.analyses.anomalies.detectors import DETECTORS, Scores
from finops_lib.analyses.anomalies.find import find_anomalies, judged_series
from finops_lib.analyses.anomalies.identity import identified
from finops_lib.analyses.anomalies.investigation import Investigation, chosen, explain, investigate, related
from finops_lib.analyses.anomalies.node_values import NodeValues, node_of
from finops_lib.analyses.anomalies.series import bands, series_of
from finops_lib.analyses.anomalies.walk import Walk, walk

__all__ = [
    "DETECTORS",
    "Comparison",
    "Decomposition",
    "Investigation",
    "NodeValues",
    "Scores",
    "Walk",
    "bands",
    "chosen",
    "compared_days",
    "decompose",
    "explain",
    "find_anomalies",
    "identified",
    "investigate",
    "judged_series",
    "node_of",
    "related",
    "series_of",
    "walk",
]
