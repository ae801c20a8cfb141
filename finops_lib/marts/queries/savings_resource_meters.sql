-- question: what was charged on each meter of each watched resource in the last 30 complete days, and since when?
-- grain:    x_Provider x account_id x ResourceId x meter_kind x BillingCurrency
-- unit:     effective_cost and list_cost in BillingCurrency over the window of window_days; quantity in the meter's unit
-- reads:    daily_resource_meter_cost, data_freshness
with sources as (
    select
        x_Provider,
        x_SourceId,
        first_day as source_first_day,
        least(cast($as_of as date), complete_through) as data_through
    from data_freshness
    where complete_through is not null
),
charges as (
    select
        meters.*,
        sources.source_first_day,
        sources.data_through,
        meters.day > sources.data_through - 30 as is_recent
    from daily_resource_meter_cost as meters
    inner join sources
        on meters.x_Provider = sources.x_Provider
        and meters.x_SourceId = sources.x_SourceId
    where meters.day <= sources.data_through
        and meters.BillingCurrency = $currency
        and ($provider = '' or meters.x_Provider = $provider)
)
select
    x_Provider,
    account_id,
    coalesce(ResourceId, '') as ResourceId,
    coalesce(max(ResourceName), '') as ResourceName,
    coalesce(max(RegionId), '') as RegionId,
    meter_kind,
    max_by(meter, day) as meter,
    coalesce(max_by(x_Team, day) filter (where x_Team is not null), '') as team,
    coalesce(max_by(x_Environment, day) filter (where x_Environment is not null), '') as environment,
    BillingCurrency,
    min(source_first_day) as source_first_day,
    max(data_through) as data_through,
    least(30, date_diff('day', min(source_first_day), max(data_through)) + 1) as window_days,
    min(day) as first_day,
    max(day) as last_day,
    count(distinct day) filter (where is_recent) as days_charged,
    coalesce(sum(quantity) filter (where is_recent), 0) as quantity,
    coalesce(sum(effective_cost) filter (where is_recent), 0) as effective_cost,
    coalesce(sum(list_cost) filter (where is_recent), 0) as list_cost,
    coalesce(sum(committed_quantity) filter (where is_recent), 0) as committed_quantity,
    coalesce(sum(committed_effective_cost) filter (where is_recent), 0) as committed_effective_cost
from charges
group by x_Provider, account_id, coalesce(ResourceId, ''), meter_kind, BillingCurrency
order by x_Provider, account_id, ResourceId, meter_kind
