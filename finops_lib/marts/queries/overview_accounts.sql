-- question: what did each account cost in the last 30 days, in the 30 days before, and how much of it has no team?
-- grain:    x_Provider x account_id
-- unit:     effective_cost in the run's currency, all charges
-- reads:    daily_cost
select
    x_Provider,
    account_id,
    coalesce(max(account_name), account_id) as account_name,
    coalesce(sum(effective_cost) filter (where day > cast($as_of as date) - 30), 0) as effective_cost,
    coalesce(sum(effective_cost) filter (where day <= cast($as_of as date) - 30), 0) as former_cost,
    coalesce(
        sum(effective_cost) filter (
            where day > cast($as_of as date) - 30 and x_Team is null and ChargeCategory not in ('Tax', 'Credit')
        ),
        0
    ) as teamless_cost
from daily_cost
where day <= cast($as_of as date)
    and day > cast($as_of as date) - 60
    and BillingCurrency = $currency
    and ($provider = '' or x_Provider = $provider)
group by x_Provider, account_id
order by effective_cost desc, account_id
