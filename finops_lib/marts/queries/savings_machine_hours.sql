-- question: what did each machine and database run as in the last 30 complete days, and what did its hours cost?
-- grain:    x_Provider x account_id x ResourceId x machine_type x part x platform x tenancy x BillingCurrency
-- unit:     hours by how they were paid; costs in BillingCurrency of the window
-- reads:    daily_machine_hours, data_freshness
with sources as (
    select
        x_Provider,
        x_SourceId,
        first_day as source_first_day,
        least(cast($as_of as date), complete_through) as data_through
    from data_freshness
    where complete_through is not null
)
select
    hours.x_Provider,
    hours.account_id,
    hours.ResourceId,
    coalesce(max(hours.RegionId), '') as RegionId,
    max(hours.ServiceName) as ServiceName,
    hours.machine_type,
    hours.part,
    hours.platform,
    hours.tenancy,
    hours.BillingCurrency,
    max(sources.data_through) as data_through,
    min(hours.day) as first_day,
    max(hours.day) as last_day,
    least(30, date_diff('day', min(sources.source_first_day), max(sources.data_through)) + 1) as window_days,
    coalesce(sum(hours.quantity) filter (where hours.pricing = 'on-demand'), 0) as on_demand_hours,
    coalesce(sum(hours.quantity) filter (where hours.pricing = 'committed'), 0) as committed_hours,
    coalesce(sum(hours.quantity) filter (where hours.pricing = 'spot'), 0) as spot_hours,
    sum(hours.effective_cost) as effective_cost,
    coalesce(sum(hours.effective_cost) filter (where hours.pricing = 'on-demand'), 0) as on_demand_effective_cost,
    coalesce(sum(hours.list_cost), 0) as list_cost,
    coalesce(sum(hours.list_quantity), 0) as list_hours
from daily_machine_hours as hours
inner join sources
    on hours.x_Provider = sources.x_Provider
    and hours.x_SourceId = sources.x_SourceId
where hours.day <= sources.data_through
    and hours.day > sources.data_through - 30
    and hours.BillingCurrency = $currency
    and ($provider = '' or hours.x_Provider = $provider)
group by
    hours.x_Provider,
    hours.account_id,
    hours.ResourceId,
    hours.machine_type,
    hours.part,
    hours.platform,
    hours.tenancy,
    hours.BillingCurrency
order by hours.x_Provider, hours.account_id, hours.ResourceId, hours.machine_type, hours.part
