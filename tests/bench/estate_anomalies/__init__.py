"""The sample estate lived through day by day: what would its people have been told, when, and was it true?

bills.py     every morning's bills: what was charged by then, the newest days as incomplete as providers leave them
quarter.py   each morning through the product's own path: loaded, judged, written down, told; answered the day after
verdict.py   alerts against the labels of the estate
measure.py   python -m tests.bench estate-anomalies
"""
