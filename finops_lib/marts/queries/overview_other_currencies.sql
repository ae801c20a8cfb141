-- question: what was charged in other currencies in the last 30 days?
-- grain:    BillingCurrency
-- unit:     effective_cost in BillingCurrency, all charges
-- reads:    daily_cost
select
    BillingCurrency,
    sum(effective_cost) as effective_cost
from daily_cost
where BillingCurrency <> $currency
    and day <= cast($as_of as date)
    and day > cast($as_of as date) - 30
    and ($provider = '' or x_Provider = $provider)
group by BillingCurrency
order by BillingCurrency
