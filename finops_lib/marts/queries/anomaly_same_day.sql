-- question: which resources of an account came or went with an episode?
-- grain:    ServiceName x RegionId x ResourceId x BillingCurrency
-- unit:     effective cost in BillingCurrency of the days from $since on through $until
-- reads:    daily_resource_cost
with resources as (
    select
        ServiceName,
        coalesce(RegionId, '') as RegionId,
        ResourceId,
        coalesce(max(ResourceName), ResourceId) as resource_name,
        coalesce(max(x_Team), '') as team,
        BillingCurrency,
        min(day) as first_day,
        max(day) as last_day,
        sum(effective_cost) as effective_cost
    from daily_resource_cost
    where x_Provider = $provider
        and BillingCurrency = $currency
        and day >= cast($since as date)
        and day <= cast($until as date)
        and ($account = '' or account_id = $account)
        and ResourceId is not null
    group by ServiceName, coalesce(RegionId, ''), ResourceId, BillingCurrency
)
select
    case when first_day = cast($first_day as date) then 'came' else 'went' end as event,
    ServiceName,
    RegionId,
    ResourceId,
    resource_name,
    team,
    BillingCurrency,
    effective_cost
from resources
where first_day = cast($first_day as date)
    -- What is charged once a week has not gone when it rests for a day.
    or (last_day = cast($first_day as date) - 1 and last_day < cast($until as date) - 6)
order by abs(effective_cost) desc, ResourceId, event
limit 40
