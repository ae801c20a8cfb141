"""A labelled estate of daily cost: what forecasts and anomaly detectors are measured on.

    make_estate      one number -> daily cost of some hundred services, what happened to them, and what was known when
    courses.py       how a service costs when nothing happens: weeks, months, jobs, bursts, fees, credits, drift
    happenings.py    what happens to it: spikes, shifts, ramps, drops, announced steps; each with its label
    bills.py         what of it a bill showed on an earlier day: incomplete days, restatements

It shares nothing with `finops_lib.sample` and nothing with `finops_lib.analyses`, so neither can be tuned to itself.
Seeds are kept apart: TUNING_SEEDS are for whoever changes a method, REPORTING_SEEDS only for the published figures.
"""

from tests.bench.estate.bills import Bills
from tests.bench.estate.make import REPORTING_SEEDS, TUNING_SEEDS, Estate, Label, make_estate

__all__ = ["REPORTING_SEEDS", "TUNING_SEEDS", "Bills", "Estate", "Label", "make_estate"]
