"""The workbench's own method: calendar charges on their days, usage by the level and the trend that its past trusts."""

from __future__ import annotations

from finops_lib.analyses.forecasts.course import course_of
from finops_lib.analyses.forecasts.methods import Continuation, History, method


@method("workbench")
def workbench(history: History, days: int) -> Continuation:
    """Take each history apart and continue its parts (see the package's docstring)."""
    course = course_of(history.costs, history.known, history.calendar, partial=history.partial, given=history.scheduled)
    return Continuation(course.ahead, course.method)
