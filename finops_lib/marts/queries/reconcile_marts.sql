-- question: what do the marts that reports read hold of each slice?
-- grain:    mart x x_Provider x x_SourceId x x_BillingMonth x BillingCurrency
-- unit:     charges, billed and effective cost in BillingCurrency
-- reads:    daily_cost, monthly_cost
select
    'daily_cost' as mart,
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    sum(charges) as charges,
    sum(billed_cost) as billed_cost,
    sum(effective_cost) as effective_cost
from daily_cost
group by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency
union all
select
    'monthly_cost' as mart,
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    sum(charges) as charges,
    sum(billed_cost) as billed_cost,
    sum(effective_cost) as effective_cost
from monthly_cost
group by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency
order by mart, x_Provider, x_SourceId, x_BillingMonth, BillingCurrency
