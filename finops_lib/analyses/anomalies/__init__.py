"""On which days did a service leave its usual range, what did it cost, and what moved?

    find_anomalies   daily series -> episodes, the largest money first
    explain          episodes + the resources behind them -> the same with a cause in words

Question: how do plain z-scores and quartile fences stay quiet? Choice: three gates after them. An episode counts only
above a floor of money *and* of percent, and only if its peak lies outside everything of the two months before: weekly
jobs, month ends and weekends were there before, a real event was not. Declined for now: season models; they come with
the engine of a later issue, and must beat this on labelled data first.
"""

from finops_lib.analyses.anomalies.cause import explain, series_names
from finops_lib.analyses.anomalies.detectors import DETECTORS, Scores
from finops_lib.analyses.anomalies.find import find_anomalies, judged_series
from finops_lib.analyses.anomalies.series import bands, series_of

__all__ = ["DETECTORS", "Scores", "bands", "explain", "find_anomalies", "judged_series", "series_names", "series_of"]
