-- question: how much of each month's cost has an owner in each allocation dimension?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x dimension x BillingCurrency
-- unit:     effective_cost without Tax and Credit in BillingCurrency, and the part of it that is allocated
-- reads:    monthly_cost
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
        monthly_cost.x_Provider,
        monthly_cost.x_SourceId,
        monthly_cost.x_BillingMonth,
        dimensions.dimension,
        monthly_cost.BillingCurrency,
        monthly_cost.effective_cost,
        monthly_cost.charges,
        case dimensions.dimension
            when 'organization' then monthly_cost.x_Organization
            when 'project' then monthly_cost.x_Project
            when 'team' then monthly_cost.x_Team
            when 'environment' then monthly_cost.x_Environment
            when 'cost_center' then monthly_cost.x_CostCenter
        end as owner
    from monthly_cost
    cross join dimensions
    where monthly_cost.ChargeCategory not in ('Tax', 'Credit')
)
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    dimension,
    BillingCurrency,
    sum(effective_cost) as effective_cost,
    coalesce(sum(effective_cost) filter (where owner is not null), 0) as allocated_effective_cost,
    cast(sum(charges) as bigint) as charges,
    cast(coalesce(sum(charges) filter (where owner is not null), 0) as bigint) as allocated_charges
from owned
group by all
