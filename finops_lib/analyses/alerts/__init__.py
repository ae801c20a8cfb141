"""Who must be told what about a budget, a source or a rule, and who may read it?

decide.py     a budget's new status -> the events it is worth, and those that are over
thresholds.py what fires and what is over: actual cost, forecast, burn (domain.md 1.10)
readings.py   the statuses of one period as percentages of its amount
stale.py      sources that stopped delivering
anomalies.py  an anomaly found, grown twice as large, or over; so many a week for one owner
rules.py      custom rules: data, read over a frame of daily cost
routing.py    events -> messages: which channels, which people, which names they may read
quiet.py      quiet hours
digest.py     many messages to one reader -> one

Question: where is it remembered what was told already?
Choice: nowhere but in the statuses and events themselves; each event names the watermark it fired at.
Why: a counter beside them can say something else than they do. Run again, the same history adds nothing.
"""
