"""A year of the sample estate, hour by hour: does a check of budgets tell each alert once, and none for nothing?

    known.py       what the providers had delivered by an hour: newest days incomplete, months restated, one silent
    estate.py      the sample estate's bills, ingested once; what its budgets' scopes cost in the end
    year.py        8,760 checks: the product's own `check_known`, a state in SQLite, an outbox, receivers
    verdict.py     what should have been told, worked out from the final cost alone, against what was
    table.py       both in one table; measure.py prints it

Question: what is an alert that an incomplete day caused?
Choice: of actual cost, one whose threshold the whole cost of the period never reached; of a forecast or pace, one that
the same data bears neither without its incomplete days, nor with their final cost, nor with them taken for whole.
Why: half a day must not tell what only a whole one can, but a forecast that missed is no fault of days it left out; and
with more whole days the forecaster may choose another method, which moves a forecast of 100.3 % either way.
"""
