-- question: what did the resources that cost most use on each day?
-- grain:    x_Provider x account_id x ServiceName x ResourceId x day x BillingCurrency
-- unit:     effective_cost in BillingCurrency of usage that names a resource
-- reads:    daily_resource_cost, data_freshness
with sources as (
    select
        x_Provider,
        x_SourceId,
        first_day,
        least(cast($as_of as date), complete_through) as complete_through
    from data_freshness
    where complete_through is not null
),
usage as (
    select
        daily_resource_cost.* exclude (ResourceId),
        -- Azure's bills write one resource in several letter cases.
        case
            when daily_resource_cost.x_Provider = 'azure' then lower(daily_resource_cost.ResourceId)
            else daily_resource_cost.ResourceId
        end as ResourceId,
        sources.first_day,
        sources.complete_through
    from daily_resource_cost
    inner join sources
        on daily_resource_cost.x_Provider = sources.x_Provider
        and daily_resource_cost.x_SourceId = sources.x_SourceId
    where daily_resource_cost.ChargeCategory = 'Usage'
        and daily_resource_cost.day <= sources.complete_through
        and daily_resource_cost.day > sources.complete_through - cast($history_days as integer)
),
spenders as (
    select
        x_Provider,
        account_id,
        ServiceName,
        ResourceId,
        BillingCurrency
    from usage
    where day > complete_through - 60
    group by x_Provider, account_id, ServiceName, ResourceId, BillingCurrency
    order by sum(effective_cost) desc, x_Provider, account_id, ServiceName, ResourceId
    limit cast($top_resources as integer)
)
select
    usage.x_Provider,
    usage.account_id,
    coalesce(max(usage.RegionId), '') as RegionId,
    usage.ServiceName,
    coalesce(max(usage.x_Project), '') as x_Project,
    coalesce(max(usage.x_Team), '') as x_Team,
    coalesce(max(usage.x_Environment), '') as x_Environment,
    usage.ResourceId,
    usage.day,
    usage.BillingCurrency,
    min(usage.first_day) as source_first_day,
    min(usage.complete_through) as complete_through,
    sum(usage.effective_cost) as effective_cost
from usage
inner join spenders
    on usage.x_Provider = spenders.x_Provider
    and usage.account_id = spenders.account_id
    and usage.ServiceName = spenders.ServiceName
    and usage.ResourceId = spenders.ResourceId
    and usage.BillingCurrency = spenders.BillingCurrency
group by usage.x_Provider, usage.account_id, usage.ServiceName, usage.ResourceId, usage.day, usage.BillingCurrency
order by usage.x_Provider, usage.account_id, usage.ServiceName, usage.ResourceId, usage.day
