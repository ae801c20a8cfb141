"""The detector of our own as a method that can be named."""

from __future__ import annotations

from finops_lib.analyses.anomalies.methods import Panel, method
from finops_lib.analyses.anomalies.workbench import Judged, judge


@method("workbench")
def workbench(panel: Panel) -> Judged:
    """Judge each day by the days before it, services and accounts; confidence is a probability."""
    judged = judge(
        panel.costs,
        panel.first_day,
        accounts=panel.accounts,
        announced=panel.announced_rows(),
        open_days=panel.open_days,
        newest=panel.newest,
    )
    return judged.of_days(panel.costs.shape[1])
