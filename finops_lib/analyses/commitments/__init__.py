"""What was promised to the providers, what is it worth, and what should be promised next? (domain.md 3)

waterfall.py   hour by hour: which commitment pays for which usage; shared with rightsizing and verification
"""
