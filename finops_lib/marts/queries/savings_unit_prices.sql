-- question: what did an hour of each type of machine cost us in the last 35 days, in each region, at list and as agreed?
-- grain:    x_Provider x ServiceName x RegionId x machine_type x part x platform x tenancy x BillingCurrency
-- unit:     BillingCurrency per hour of a machine, core or GiB (see part); null = not known; agreed prices are of on-demand hours, list prices of all but spot
-- reads:    daily_machine_hours
with recent as (
    select *
    from daily_machine_hours
    where day <= cast($as_of as date)
        and day > cast($as_of as date) - 35
        and pricing <> 'spot'
        and BillingCurrency = $currency
        and ($provider = '' or x_Provider = $provider)
)
select
    x_Provider,
    ServiceName,
    coalesce(RegionId, '') as RegionId,
    machine_type,
    part,
    platform,
    tenancy,
    BillingCurrency,
    max(day) as data_through,
    sum(quantity) as hours,
    -- Costs over hours and not the price columns: not every export has those, and they may be of a block of hours.
    cast(sum(list_cost) as double) / nullif(cast(sum(list_quantity) as double), 0) as list_unit_price,
    cast(sum(contracted_cost) filter (where pricing = 'on-demand') as double)
        / nullif(cast(sum(contracted_quantity) filter (where pricing = 'on-demand') as double), 0) as contracted_unit_price
from recent
group by x_Provider, ServiceName, coalesce(RegionId, ''), machine_type, part, platform, tenancy, BillingCurrency
having sum(quantity) > 0
order by x_Provider, ServiceName, RegionId, machine_type, part, platform, tenancy
