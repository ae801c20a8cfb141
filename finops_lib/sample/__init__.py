"""The sample estate: a year of billing files of three providers that nobody has to pay, and the truth about them.

    write_estate(folder, as_of=..., seed=7, rows=250_000)   AWS, Azure and Google Cloud in FOCUS 1.2, and truth.json;
                                                            earlier=... adds what was first delivered of some months;
                                                            invoices/<provider>: what they invoiced for closed months;
                                                            inventory/<provider>: resources and their utilisation;
                                                            fx_rates.csv: what its currencies are worth;
                                                            labelled_as_of, implemented: looked at again later
    sample_workbench_yaml(data)                             the allocation rules and sources that fit it
    sample_budget_plan_yaml(estate)                         budgets of which some break

Question: bootstrap real rows, or generate? Generated, from a catalogue of fleets (catalogue_*.py), because only then is
everything known: who owns each charge, which days are anomalies, what is waste. Money is planned per fleet and day
(curves.py), split over resources (lines.py), turned into quantity x price (charges.py), joined by what is no usage
(extras.py), changed by what was acted on (remedies.py), written month by month (write.py, layout.py) and laid down as
each provider does, with manifests, old runs and a restated month (handover.py, restate.py, tree_*.py). Declined:
recorded bills, which hold nobody's truth.

Question: which waste? One or more resources of each check of the savings (planted*.py), each with its cost and what
acting on it saves, and beside them what a careless rule takes for waste, with the reason why it is none.
"""

from finops_lib.sample.inventory import BEFORE as INVENTORY_BEFORE
from finops_lib.sample.params import sample_budget_plan_yaml, sample_workbench_yaml
from finops_lib.sample.rates import FILE as RATES_FILE
from finops_lib.sample.records import Estate
from finops_lib.sample.write import write_estate

__all__ = [
    "INVENTORY_BEFORE",
    "RATES_FILE",
    "Estate",
    "sample_budget_plan_yaml",
    "sample_workbench_yaml",
    "write_estate",
]
