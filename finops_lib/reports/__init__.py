"""How answers look on paper: numbers in words, elements of a page, tables, charts, and the one HTML file around them.

`format` is the only place that rounds. `markup` is the only place that lets foreign text into HTML: names and tags of a
bill are hostile until it has seen them. Everything a notebook shows is an element with `_repr_mimebundle_`, so that a
cell shows it as it stands.

Question: who draws the page, nbconvert or we? Choice: we, over the cells' outputs. Why: nbconvert's page asks four CDNs
for scripts and stores the chart library once per chart. Declined: its `basic` template inside our page; it reorders the
attributes that charts are found by, and lets any library's HTML through.
"""
