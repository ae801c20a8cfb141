-- question: what did each month cost?
-- grain:    month
-- unit:     effective_cost in the run's currency, all charges; the last month only to the run's day
-- reads:    daily_cost
select
    cast(date_trunc('month', day) as date) as month,
    sum(effective_cost) as effective_cost
from daily_cost
where day <= cast($as_of as date)
    and day >= date_trunc('month', cast($as_of as date)) - interval 12 month
    and BillingCurrency = $currency
    and ($provider = '' or x_Provider = $provider)
group by month
order by month
