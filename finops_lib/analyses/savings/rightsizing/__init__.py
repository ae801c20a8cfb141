"""Which machines are larger than their use needs, what should they become, and what is that worth? (domain.md 2)

    machines      what is known of each              eligibility        which of them may be advised at all
    demand        what a machine needs               profiles           how much headroom it keeps
    moves         what it could become               fit, burst         whether it fits there
    constraints   what no utilisation shows          prices, worth      what the bill says that it saves
    pools         what commitments leave of that
    advise        one target for each machine, as a recommendation of one of the rules in checks/rightsize_*.py

Question: what is said of a machine whose memory nobody measures?
Choice: it never gets less memory than it has, nor less of anything: a newer or cheaper type of the same size is all.
Its owner may allow a guess by the tag `finops:memory-unknown=allow`: at most one size, confidence at most 0.4, in no
headline.
Why: the agent that measures memory is missing on most machines, and too little of it stops a service.
Declined: guessing from the CPU, which is how tools come by large numbers that nobody can collect.

Container requests are not judged: no source reads them, and cash is saved only when nodes go away.
"""

from finops_lib.analyses.savings.rightsizing.advise import PRICES, SHAPES, rightsize
from finops_lib.analyses.savings.rightsizing.machines import HOURLY_CPU, HOURS, Kind
from finops_lib.analyses.savings.rightsizing.pools import POOL_HOURS, TERMS

# The figure queries that it reads beside those of the estate.
READS = (HOURS, PRICES, HOURLY_CPU, POOL_HOURS, TERMS)

__all__ = ["HOURLY_CPU", "HOURS", "PRICES", "READS", "SHAPES", "Kind", "rightsize"]
