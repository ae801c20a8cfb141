"""How good are the anomaly detectors? Events found, false alerts, money, delay; in one go and replayed day by day.

    score.py     flags against labels: an event is found if a flag falls into its days; every other flag is false
    methods.py   what is compared: ours, and what others do
    noisy.py     a second estate, as noisy as real series are, with large events
    replay.py    one run a day on what the bills showed on that day
    fit.py       the weights of `finops_lib/analyses/anomalies/confidence.py`, from the tuning seeds

`python -m tests.bench anomalies` prints the tables; `python -m tests.bench.anomalies.fit` prints the weights.
"""
