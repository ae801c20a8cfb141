-- What a ChargeType of Azure, in lower case and without blanks, is in FOCUS. What is not here is an Adjustment:
-- RoundingAdjustment and Adjustment; Azure's own FOCUS export does the same with what is neither.
from (
    values
    ('usage', 'Usage'),
    ('unusedreservation', 'Usage'),
    ('unusedsavingsplan', 'Usage'),
    ('purchase', 'Purchase'),
    ('refund', 'Purchase'),
    ('tax', 'Tax'),
    ('credit', 'Credit')
) as charge_types (Key, ChargeCategory)
select Key, ChargeCategory
