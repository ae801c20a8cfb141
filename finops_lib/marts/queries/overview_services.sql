-- question: what did each service cost in the last 30 days, and in the 30 days before?
-- grain:    x_Provider x ServiceName
-- unit:     effective_cost in the run's currency, all charges
-- reads:    daily_cost
select
    x_Provider,
    ServiceName,
    coalesce(sum(effective_cost) filter (where day > cast($as_of as date) - 30), 0) as effective_cost,
    coalesce(sum(effective_cost) filter (where day <= cast($as_of as date) - 30), 0) as former_cost
from daily_cost
where day <= cast($as_of as date)
    and day > cast($as_of as date) - 60
    and BillingCurrency = $currency
    and ($provider = '' or x_Provider = $provider)
group by x_Provider, ServiceName
order by effective_cost desc, ServiceName
