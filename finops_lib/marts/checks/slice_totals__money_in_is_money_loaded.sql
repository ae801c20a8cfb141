-- claim: has all billed money that came in, but for the stated rounding
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    billed_loaded + rounding_drift - billed_in as residual
from slice_totals
where billed_loaded + rounding_drift is distinct from billed_in
    or rows_loaded is distinct from rows_in
