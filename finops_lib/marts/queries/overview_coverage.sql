-- question: how much of this billing month's cost so far has an owner in each allocation dimension?
-- grain:    dimension
-- unit:     effective_cost without Tax and Credit in the run's currency, and the part of it that is allocated
-- reads:    daily_cost
with dimensions as (
    select 'organization' as dimension
    union all
    select 'project' as dimension
    union all
    select 'team' as dimension
    union all
    select 'environment' as dimension
    union all
    select 'cost_center' as dimension
),
owned as (
    select
        dimensions.dimension,
        daily_cost.effective_cost,
        case dimensions.dimension
            when 'organization' then daily_cost.x_Organization
            when 'project' then daily_cost.x_Project
            when 'team' then daily_cost.x_Team
            when 'environment' then daily_cost.x_Environment
            when 'cost_center' then daily_cost.x_CostCenter
        end as owner
    from daily_cost
    cross join dimensions
    -- tag_coverage knows whole months only; a page of an earlier day must not show what came later.
    where daily_cost.day <= cast($as_of as date)
        and daily_cost.x_BillingMonth = date_trunc('month', cast($as_of as date))
        and daily_cost.ChargeCategory not in ('Tax', 'Credit')
        and daily_cost.BillingCurrency = $currency
        and ($provider = '' or daily_cost.x_Provider = $provider)
)
select
    dimension,
    sum(effective_cost) as effective_cost,
    coalesce(sum(effective_cost) filter (where owner is not null), 0) as allocated_effective_cost
from owned
group by dimension
order by dimension
