"""What changes and must be remembered: runs, budgets and how they stood, alerts, who did what.

    open.py            the database: opened, brought up to date, one short transaction per verb
    runs.py            the run ledger
    budgets.py         budgets and their versions; budget_import.py: from a plan, all or nothing
    budget_status.py   how they stood, appended; evaluation.py: a status with the alerts it is worth;
                       budget_mark.py: whether anything was written of them
    alerts.py          alert events; outbox.py: messages that wait to be sent
    anomalies.py       episodes and what happened to them; anomaly_words.py: what people say of one;
                       planned_changes.py: what was announced
    recommendations.py what searches found; recommendation_life.py: what time makes of it; recommendation_words.py:
                       what people decide, and what bills say
    audit.py           the log that every change is written to, each line chained to the one before

Question: why not keep this in the lake?
Choice: a small relational database beside it (SQLite in WAL mode, PostgreSQL for teams), one function per verb.
Why: unique keys and row updates, which a lake does not have. Declined: one JSON file per run (no query, no keys).
"""
