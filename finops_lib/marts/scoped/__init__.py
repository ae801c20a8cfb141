"""What do scopes cost? Their claims become expressions of DuckDB, and one query answers for all of them.

Question: how are a thousand scopes asked for without a thousand scans?
Choice: the values that scopes ask about are gathered once per combination that occurs (a `member`); each scope chooses
its members in that small table, and one query joins them to the charges. A scope that asks about something the mart
`daily_cost` has not kept (a tag, a resource) filters `cost`, from which the mart's own select makes its days.
Why: the estate is read once whatever the number of budgets, and what a charge is counted as is written in one place.
Declined: a union of a thousand filtered selects; a clause pasted together from a user's text.
"""

from finops_lib.marts.scoped.ask import ScopedCosts, scoped_costs, scoped_sql
from finops_lib.marts.scoped.claims import filter_of
from finops_lib.marts.scoped.narrow import narrowed
from finops_lib.marts.scoped.only import WHOLE, keep_only

__all__ = ["WHOLE", "ScopedCosts", "filter_of", "keep_only", "narrowed", "scoped_costs", "scoped_sql"]
