-- question: is the money in the lake the money that was delivered?
-- grain:    x_Provider x x_SourceId x BillingCurrency
-- unit:     billed and effective cost in BillingCurrency of the current loads; residual = lake + rounding drift - delivered
-- reads:    slice_totals
select
    x_Provider,
    x_SourceId,
    BillingCurrency,
    count(*) as slices,
    sum(charges) as charges,
    sum(rows_in) as rows_in,
    sum(billed_in) as billed_in,
    sum(billed_cost) as billed_cost,
    sum(rounding_drift) as rounding_drift,
    sum(values_rounded) as values_rounded,
    sum(billed_cost + rounding_drift - billed_in) as residual,
    sum(effective_cost) as effective_cost
from slice_totals
group by x_Provider, x_SourceId, BillingCurrency
order by x_Provider, x_SourceId, BillingCurrency
