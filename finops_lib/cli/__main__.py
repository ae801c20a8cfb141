"""`python -m finops_lib.cli`: the same as `finops`, by the Python that is at work."""

from finops_lib.cli import main

main()
