"""Is every charge of one scope a charge of another? Answered yes only where the expressions alone prove it."""

from __future__ import annotations

from finops_lib.analyses.scopes.fields import column_of
from finops_lib.analyses.scopes.tree import Both, Claim, Everything, Scope, canonical, columns_of, matches


def is_within(inner: Scope, outer: Scope) -> bool:
    """Say whether `inner` can hold nothing that `outer` does not; False where that is not plain to see.

    It is plain where both say the same, or where `inner` fixes (`field = 'value'`) every field that `outer` asks about:
    all its charges then answer `outer` alike. Whatever else `inner` demands makes it only smaller.
    """
    if isinstance(outer, Everything) or canonical(inner) == canonical(outer):
        return True
    parts = inner.parts if isinstance(inner, Both) else (inner,)
    fixed = {
        column_of(claim.field): claim.values[0]
        for claim in parts
        if isinstance(claim, Claim) and claim.test == "=" and not claim.key
    }
    return columns_of(outer) <= fixed.keys() and matches(outer, fixed)
