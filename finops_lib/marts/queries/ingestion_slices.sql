-- question: what does each month of each source hold, and what did its last load change?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x BillingCurrency
-- unit:     billed and effective cost in BillingCurrency; null before the first load
-- reads:    slice_totals
select
    x_BillingMonth,
    x_Provider,
    x_SourceId,
    BillingCurrency,
    charges,
    billed_cost,
    effective_cost,
    billed_cost + rounding_drift - billed_in as residual,
    billed_cost - billed_before as billed_change,
    delivered_at
from slice_totals
order by x_BillingMonth desc, x_Provider, x_SourceId, BillingCurrency
