-- question: how fresh is each source, and up to which day is it complete?
-- grain:    x_Provider x x_SourceId
-- unit:     UTC charge days; charges counts rows of the lake
-- reads:    daily_cost, loads
with days_by_kind as (
    select
        x_Provider,
        x_SourceId,
        day,
        ChargeCategory = 'Usage' as is_usage,
        sum(charges) as charges
    from daily_cost
    group by x_Provider, x_SourceId, day, ChargeCategory = 'Usage'
),
sources as (
    select
        x_Provider,
        x_SourceId,
        max(case when is_usage then 1 else 0 end) = 1 as has_usage,
        cast(sum(charges) as bigint) as charges
    from days_by_kind
    group by x_Provider, x_SourceId
),
-- A purchase or tax may be dated ahead of the bill: only usage says how far a bill has come, if there is any.
usage_days as (
    select
        days_by_kind.x_Provider,
        days_by_kind.x_SourceId,
        days_by_kind.day,
        sum(days_by_kind.charges) as charges
    from days_by_kind
    inner join sources
        on days_by_kind.x_Provider = sources.x_Provider
        and days_by_kind.x_SourceId = sources.x_SourceId
    where days_by_kind.is_usage or not sources.has_usage
    group by days_by_kind.x_Provider, days_by_kind.x_SourceId, days_by_kind.day
),
extent as (
    select
        x_Provider,
        x_SourceId,
        min(day) as first_day,
        max(day) as newest_day,
        -- How many days after a day's end a bill takes to settle, until a source's own deliveries have taught us.
        case x_Provider when 'azure' then 3 else 2 end as lag_days
    from usage_days
    group by x_Provider, x_SourceId
),
deliveries as (
    select
        x_Provider,
        x_SourceId,
        cast(max(delivered_at) as date) as delivered_on,
        max(delivered_at) as delivered_at,
        max(loaded_at) as loaded_at,
        count(distinct load_number) as loads
    from loads
    group by x_Provider, x_SourceId
),
last_days as (
    select
        usage_days.x_Provider,
        usage_days.x_SourceId,
        usage_days.day,
        usage_days.charges
    from usage_days
    inner join extent
        on usage_days.x_Provider = extent.x_Provider
        and usage_days.x_SourceId = extent.x_SourceId
    where date_diff('day', usage_days.day, extent.newest_day) < extent.lag_days
),
before_them as (
    select
        last_days.x_Provider,
        last_days.x_SourceId,
        last_days.day,
        usage_days.charges,
        row_number() over (
            partition by last_days.x_Provider, last_days.x_SourceId, last_days.day
            order by usage_days.charges
        ) as place,
        count(*) over (partition by last_days.x_Provider, last_days.x_SourceId, last_days.day) as places
    from last_days
    inner join usage_days
        on usage_days.x_Provider = last_days.x_Provider
        and usage_days.x_SourceId = last_days.x_SourceId
        and date_diff('day', usage_days.day, last_days.day) between 1 and 14
),
-- The middle of the 14 days before, without a median function: engines differ in where they allow one.
usual as (
    select
        x_Provider,
        x_SourceId,
        day,
        avg(charges) as charges
    from before_them
    where 2 * place between places and places + 2
    group by x_Provider, x_SourceId, day
),
thin_days as (
    select
        last_days.x_Provider,
        last_days.x_SourceId,
        last_days.day
    from last_days
    inner join usual
        on usual.x_Provider = last_days.x_Provider
        and usual.x_SourceId = last_days.x_SourceId
        and usual.day = last_days.day
    where 2 * last_days.charges < usual.charges
),
incomplete_days as (
    select
        usage_days.x_Provider,
        usage_days.x_SourceId,
        usage_days.day
    from usage_days
    inner join extent
        on usage_days.x_Provider = extent.x_Provider
        and usage_days.x_SourceId = extent.x_SourceId
    inner join deliveries
        on usage_days.x_Provider = deliveries.x_Provider
        and usage_days.x_SourceId = deliveries.x_SourceId
    left join thin_days
        on usage_days.x_Provider = thin_days.x_Provider
        and usage_days.x_SourceId = thin_days.x_SourceId
        and usage_days.day = thin_days.day
    where thin_days.day is not null
        or date_diff('day', usage_days.day, deliveries.delivered_on) <= extent.lag_days
),
open_from as (
    select
        x_Provider,
        x_SourceId,
        min(day) as first_incomplete_day,
        count(*) as incomplete_days
    from incomplete_days
    group by x_Provider, x_SourceId
),
complete as (
    select
        usage_days.x_Provider,
        usage_days.x_SourceId,
        max(usage_days.day) as complete_through
    from usage_days
    left join open_from
        on usage_days.x_Provider = open_from.x_Provider
        and usage_days.x_SourceId = open_from.x_SourceId
    where open_from.first_incomplete_day is null or usage_days.day < open_from.first_incomplete_day
    group by usage_days.x_Provider, usage_days.x_SourceId
)
select
    extent.x_Provider,
    extent.x_SourceId,
    extent.first_day,
    extent.newest_day,
    complete.complete_through,
    extent.lag_days,
    coalesce(open_from.incomplete_days, 0) as incomplete_days,
    deliveries.delivered_at,
    deliveries.loaded_at,
    coalesce(deliveries.loads, 0) as loads,
    sources.charges
from extent
inner join sources
    on extent.x_Provider = sources.x_Provider
    and extent.x_SourceId = sources.x_SourceId
left join deliveries
    on extent.x_Provider = deliveries.x_Provider
    and extent.x_SourceId = deliveries.x_SourceId
left join open_from
    on extent.x_Provider = open_from.x_Provider
    and extent.x_SourceId = open_from.x_SourceId
left join complete
    on extent.x_Provider = complete.x_Provider
    and extent.x_SourceId = complete.x_SourceId
