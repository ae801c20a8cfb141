"""What in the estate left its usual range, what did it cost, and what moved?

For a report:
    episodes_of_page what is written down, or else what is found, for a page
    find_anomalies   daily series of services -> episodes, the largest money first
    investigate      an episode + its charges -> where it comes from, what it is made of, whose it is (decompose, walk)
    explain          episodes + their investigations -> the same with a cause in words
    bands            episodes -> the range that each one left, for charts

For the list that people work on:
    estate.py        every level of the estate judged, each thing told once, at the smallest node that explains it
    nodes.py         the levels; smallest.py: which node is told
    identity.py      an episode keeps its id while it grows or is restated
    feedback.py      what people's words change, as a rule

How a day is judged:
    workbench.py     the detector of our own; expectation.py, evidence.py, confidence.py and others are its parts
    methods/         it and the known rules of thumb, by the names that `--method` takes
    flagged.py       several methods on the same days are one row; episodes.py: days that are one thing

Question: when is a day told? Choice: from the confidence at which three in five are real (TOLD_FROM); people's verdicts
raise it where they were wrong. Declined: a threshold in sigmas, which means another thing for every series.
"""

from finops_lib.analyses.anomalies.bands import bands
from finops_lib.analyses.anomalies.comparison import Comparison, compared_days
from finops_lib.analyses.anomalies.decompose import Decomposition, decompose
from finops_lib.analyses.anomalies.detectors import DETECTORS, Scores
from finops_lib.analyses.anomalies.find import find_anomalies, judged_series
from finops_lib.analyses.anomalies.identity import identified
from finops_lib.analyses.anomalies.investigation import Investigation, explain, investigate, related
from finops_lib.analyses.anomalies.node_values import NodeValues, node_of
from finops_lib.analyses.anomalies.recorded import chosen, episodes_of_page
from finops_lib.analyses.anomalies.series import series_of
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
    "episodes_of_page",
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
