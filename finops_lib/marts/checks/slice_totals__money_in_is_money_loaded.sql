-- claim: each load's billed money loaded plus its stated rounding drift is the billed money that came in, row for row
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    billed_loaded + rounding_drift - billed_in as residual
from slice_totals
where billed_loaded + rounding_drift is distinct from billed_in
    or rows_loaded is distinct from rows_in
