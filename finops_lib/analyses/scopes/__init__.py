"""Which charges does a budget, a rule or a recipient speak of? A scope: a condition in a small fixed grammar.

    scope      = "all" | either
    either     = both { "or" both }
    both       = claim { "and" claim }
    claim      = "not" claim | "(" either ")" | field test
    field      = a name of FIELDS | a FOCUS column of text | "tag" "[" text "]"
    test       = "=" text | "!=" text | ["not"] "in" "(" text { "," text } ")" | ["not"] "like" text
               | "is" ["not"] "null"
    text       = in single or double quotes; the quote itself is written twice

`like` knows one wildcard, `*`. A claim is true or false, never unknown: a charge without a team is not of the team web,
so `team != 'web'` and `not team = 'web'` hold for it. A scope and its opposite then share out the estate.

Question: how does a user say which charges are meant? Choice: a grammar of our own, read into a tree that DuckDB's
expressions are built from. Why: no text of a user ever becomes SQL. Declined: a where clause; SQL's three values, in
which the charges without an owner belong neither to a scope nor to its opposite.
"""

from finops_lib.analyses.scopes.fields import FIELDS, PRESETS
from finops_lib.analyses.scopes.parse import parse_scope
from finops_lib.analyses.scopes.tree import (
    EVERYTHING,
    Both,
    Claim,
    Either,
    Not,
    Scope,
    canonical,
    columns_of,
    matches,
    preset,
)
from finops_lib.analyses.scopes.within import is_within

__all__ = [
    "EVERYTHING",
    "FIELDS",
    "PRESETS",
    "Both",
    "Claim",
    "Either",
    "Not",
    "Scope",
    "canonical",
    "columns_of",
    "is_within",
    "matches",
    "parse_scope",
    "preset",
]
