"""A year of the sample estate, hour by hour, through the check of budgets: is each alert told once, and none for nothing?

    known.py       what the providers had delivered by an hour: newest days incomplete, months restated, one silent
    estate.py      the sample estate's bills, ingested once; what its budgets' scopes cost in the end
    year.py        8,760 checks: the product's own `check_known`, a state in SQLite, an outbox, receivers
    verdict.py     what should have been told, worked out from the final cost alone, against what was
    table.py       both in one table

Question: what is an alert that an incomplete day caused? Choice: of actual cost, one whose threshold the complete cost of
the period never reached; of a forecast or pace, one that the same data does not bear when its incomplete days are taken
away, nor when they are made complete. Why: what only a whole day can say must not be told of half a one, but a forecast
that missed is no fault of the days it did not look at.
"""
