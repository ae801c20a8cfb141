"""Is a bucket cheaper in another storage class, once all that the move costs is paid?

    Stored        how much there is, in how many objects, how often it is read
    TIERS         provider -> its classes, with list prices of a stated day
    priced        the classes at the customer's own rate
    costs_in      what `Stored` costs in a class: a month, and once
    best_tier     the class with the largest net saving, or why there is none

Question: why not "a bucket over 50 a month belongs into an archive"?
Choice: the formula of domain.md 5, and no number where its inputs are not known.
Why: small objects cost more in an archive than they save, what is read costs its retrieval, and nothing comes back
without paying for it. Declined: a flat share of the storage cost.
"""

from finops_lib.analyses.savings.tiering.costs import Costs, Stored, costs_in
from finops_lib.analyses.savings.tiering.decide import Choice, access_limit, best_tier
from finops_lib.analyses.savings.tiering.tiers import TIERS, Tier, priced

__all__ = ["TIERS", "Choice", "Costs", "Stored", "Tier", "access_limit", "best_tier", "costs_in", "priced"]
