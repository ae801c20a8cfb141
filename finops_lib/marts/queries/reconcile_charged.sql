-- question: how much of each slice is on which invoice?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x BillingCurrency x InvoiceId
-- unit:     billed cost in BillingCurrency, summed over the charges; InvoiceId is null where none is named yet
-- reads:    cost
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    InvoiceId,
    sum(BilledCost) as billed_cost
from cost
group by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency, InvoiceId
order by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency, InvoiceId
