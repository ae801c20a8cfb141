"""The few tables everyone asks for, one `sql/<mart>.sql` each.

    catalog.py   what each mart says of itself in its four header lines
    build.py     makes the marts of slices whose load changed
    claims.py    asks whether a mart keeps its promises: `checks/<mart>__<claim>.sql` gives the offenders
    figures.py   the questions of the reports: `queries/<page>_<figure>.sql`, values bound by name

Question: who may compute cost from charges?
Choice: only these files; notebooks and reports ask marts, and a mart covers all time and all slices.
Why: a number that two pages show must come from one statement. Rebuilding only changed slices keeps a daily load at
a fraction of a second. Declined: views (5 million charges behind every figure), a template language (the text would
no longer run in any DuckDB shell).
"""
