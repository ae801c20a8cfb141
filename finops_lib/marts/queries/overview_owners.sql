-- question: what did each owner in one allocation dimension cost in the last 30 days, and in the 30 days before?
-- grain:    owner
-- unit:     effective_cost in the run's currency, all charges; owner is null where nobody is named
-- reads:    daily_cost
with owned as (
    select
        case $dimension
            when 'provider' then x_Provider
            when 'organization' then x_Organization
            when 'project' then x_Project
            when 'team' then x_Team
            when 'environment' then x_Environment
            when 'cost_center' then x_CostCenter
        end as owner,
        day,
        effective_cost
    from daily_cost
    where day <= cast($as_of as date)
        and day > cast($as_of as date) - 60
        and BillingCurrency = $currency
        and ($provider = '' or x_Provider = $provider)
)
select
    owner,
    coalesce(sum(effective_cost) filter (where day > cast($as_of as date) - 30), 0) as effective_cost,
    coalesce(sum(effective_cost) filter (where day <= cast($as_of as date) - 30), 0) as former_cost
from owned
group by owner
order by effective_cost desc, owner
