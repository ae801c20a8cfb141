"""Where charges rest, and whether a period is whole.

Question: how do many processes share one lake without a server, and what is a commit?
Choice: DuckLake over Parquet with a SQLite catalog; every writer stages its files first, then takes one lake-wide
lock and replaces whole slices in one transaction.
Why: without the lock two first loads of a slice both commit (facts/lake.md 4); with it nobody waits for long, since
only the last tenth of a second is inside. Declined: a DuckDB file (locks everyone out), Delta (no transaction over
two tables).
"""

# For DuckDB, where nothing else is said: a month of a million charges then stays below 1.5 GB, all told, and is loaded
# in the same time (make bench).
MEMORY_LIMIT = "1200MB"
