-- question: what did a month cost through a day, as the overview states it?
-- grain:    one row
-- unit:     effective_cost in the report's currency, all charges of the days from the month's first to the report's day
-- reads:    daily_cost
select coalesce(sum(effective_cost), 0) as effective_cost
from daily_cost
where day >= cast(date_trunc('month', cast($as_of as date)) as date)
    and day <= cast($as_of as date)
    and BillingCurrency = $currency
    and ($provider = '' or x_Provider = $provider)
