-- question: what does somebody else say that each month of a source costs?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x BillingCurrency x stated_by
-- unit:     billed cost in BillingCurrency, as stated; is_final = false where it is called an estimate
-- reads:    stated_totals
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    stated_by,
    sum(billed) as billed,
    min(is_final) as is_final
from stated_totals
group by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency, stated_by
order by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency, stated_by
