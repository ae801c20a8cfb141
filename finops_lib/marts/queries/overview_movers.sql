-- question: which services moved the month to date against the same days of the month before, and in which account?
-- grain:    x_Provider x ServiceName
-- unit:     effective_cost in the run's currency, all charges; change = month to date - same days before
-- reads:    daily_cost
with dates as (
    select
        cast($as_of as date) as as_of,
        cast(date_trunc('month', cast($as_of as date)) as date) as month_start,
        cast(date_trunc('month', cast($as_of as date)) - interval 1 month as date) as former_month_start,
        cast(cast($as_of as date) - interval 1 month as date) as former_month_day
),
by_account as (
    select
        daily_cost.x_Provider,
        daily_cost.ServiceName,
        coalesce(max(daily_cost.account_name), daily_cost.account_id) as account_name,
        coalesce(sum(effective_cost) filter (where day >= month_start), 0) as effective_cost,
        coalesce(sum(effective_cost) filter (where day <= former_month_day), 0) as former_cost
    from daily_cost
    cross join dates
    where daily_cost.day <= dates.as_of
        and daily_cost.day >= dates.former_month_start
        and daily_cost.BillingCurrency = $currency
        and ($provider = '' or daily_cost.x_Provider = $provider)
    group by daily_cost.x_Provider, daily_cost.ServiceName, daily_cost.account_id
)
select
    x_Provider,
    ServiceName,
    sum(effective_cost) as effective_cost,
    sum(former_cost) as former_cost,
    sum(effective_cost) - sum(former_cost) as change,
    arg_max(account_name, abs(effective_cost - former_cost)) as main_account
from by_account
group by x_Provider, ServiceName
having sum(effective_cost) <> sum(former_cost)
order by abs(sum(effective_cost) - sum(former_cost)) desc, ServiceName
