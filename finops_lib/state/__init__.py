"""What changes and must be remembered: runs today; budgets, alerts, anomalies, recommendations and audit next.

Question: why not keep this in the lake?
Choice: a small relational database beside it (SQLite in WAL mode, PostgreSQL for teams), one function per verb.
Why: unique keys and row updates, which a lake does not have. Declined: one JSON file per run (no query, no keys).
"""
