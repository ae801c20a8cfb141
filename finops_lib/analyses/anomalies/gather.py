"""Which days look as if something happened? One test per way in which cost can leave its range, up and down.

    sudden      one day far from its expectation, and further than almost any day of four months
    run 2, 3    two or three days in a row that are all far out: less often chance than one
    sparse      a service that costs only now and then costs a multiple of all it ever did
    charge      a fee, tax or month-end run well above the same place of the last four months
    level 3..14 days of a week or two, weekdays taken out, against the weeks before: shifts
    climb       each of three weeks above the one before: ramps

A test gives the days it can speak of, and a few numbers about each; what they are worth is for `confidence` to say.
"""

from __future__ import annotations

from finops_lib.analyses.anomalies.evidence import OPEN_DAYS, Evidence, may_point
from finops_lib.analyses.anomalies.expectation import Expectation
from finops_lib.analyses.anomalies.of_days import of_days
from finops_lib.analyses.anomalies.of_weeks import of_weeks


def gather(expectation: Expectation, *, open_days: int = OPEN_DAYS) -> list[Evidence]:
    """Make every test in both directions.

    Args:
        open_days: how many of the newest days may still grow.
    """
    may = {sign: may_point(expectation, sign, open_days) for sign in (1, -1)}
    return [
        *(evidence for sign in may for evidence in of_days(expectation, sign, may[sign])),
        *of_weeks(expectation, may, open_days),
    ]
