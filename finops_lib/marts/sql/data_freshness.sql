-- question: how fresh is each source, and up to which day is it complete?
-- grain:    x_Provider x x_SourceId
-- unit:     UTC charge days; lag_days = how many days after its end a day is whole; usual_gap_hours = between two deliveries, null until there were four; stale_after_hours = silent so long, a source is stale; charges counts rows of the lake
-- reads:    daily_cost, loads, completeness_curve
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
spans as (
    select
        x_Provider,
        x_SourceId,
        min(day) as first_day,
        max(day) as newest_day,
        -- How many days after a day's end a bill takes to settle, until a source's own deliveries have taught us.
        case x_Provider when 'azure' then 3 else 2 end as usual_lag_days
    from usage_days
    group by x_Provider, x_SourceId
),
-- The first lag from which on a service is whole; a week of observed days is the least to learn from.
too_early as (
    select
        x_Provider,
        ServiceName,
        max(lag_days) as lag_days
    from completeness_curve
    where days >= 7
        and completeness < 0.995
    group by x_Provider, ServiceName
),
learned as (
    select
        completeness_curve.x_Provider,
        completeness_curve.ServiceName,
        coalesce(
            min(case
                when completeness_curve.lag_days > coalesce(too_early.lag_days, -1) then completeness_curve.lag_days
            end),
            10
        ) as whole_after
    from completeness_curve
    left join too_early
        on completeness_curve.x_Provider = too_early.x_Provider
        and completeness_curve.ServiceName = too_early.ServiceName
    where completeness_curve.days >= 7
    group by completeness_curve.x_Provider, completeness_curve.ServiceName
),
recent_services as (
    select
        daily_cost.x_Provider,
        daily_cost.x_SourceId,
        daily_cost.BillingCurrency,
        daily_cost.ServiceName,
        sum(daily_cost.effective_cost) as effective_cost
    from daily_cost
    inner join spans
        on daily_cost.x_Provider = spans.x_Provider
        and daily_cost.x_SourceId = spans.x_SourceId
    where daily_cost.ChargeCategory = 'Usage'
        and date_diff('day', daily_cost.day, spans.newest_day) < 30
    group by daily_cost.x_Provider, daily_cost.x_SourceId, daily_cost.BillingCurrency, daily_cost.ServiceName
),
service_shares as (
    select
        x_Provider,
        x_SourceId,
        ServiceName,
        effective_cost,
        sum(effective_cost) over (partition by x_Provider, x_SourceId, BillingCurrency) as source_cost
    from recent_services
),
-- A source is whole when all services above 5 % of it are; as long as one of them is not known, no sooner than usual.
source_lags as (
    select
        service_shares.x_Provider,
        service_shares.x_SourceId,
        max(greatest(learned.whole_after, 1) - 1) as lag_days,
        min(case when learned.whole_after is null then 0 else 1 end) = 1 as is_learned
    from service_shares
    left join learned
        on service_shares.x_Provider = learned.x_Provider
        and service_shares.ServiceName = learned.ServiceName
    where 20 * service_shares.effective_cost > service_shares.source_cost
    group by service_shares.x_Provider, service_shares.x_SourceId
),
extent as (
    select
        spans.x_Provider,
        spans.x_SourceId,
        spans.first_day,
        spans.newest_day,
        spans.usual_lag_days,
        cast(case
            when coalesce(source_lags.is_learned, false) then source_lags.lag_days
            else greatest(spans.usual_lag_days, coalesce(source_lags.lag_days, 0))
        end as integer) as lag_days,
        coalesce(source_lags.is_learned, false) as lag_is_learned
    from spans
    left join source_lags
        on spans.x_Provider = source_lags.x_Provider
        and spans.x_SourceId = source_lags.x_SourceId
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
-- A load brings news when its newest delivery is younger than any before it: months loaded at once are one delivery.
commits as (
    select
        x_Provider,
        x_SourceId,
        loaded_at,
        max(delivered_at) as delivered_at
    from loads
    group by x_Provider, x_SourceId, loaded_at
),
commits_in_order as (
    select
        x_Provider,
        x_SourceId,
        loaded_at,
        delivered_at,
        max(delivered_at) over (
            partition by x_Provider, x_SourceId
            order by loaded_at
            rows between unbounded preceding and 1 preceding
        ) as former_delivered_at
    from commits
),
gaps as (
    select
        x_Provider,
        x_SourceId,
        date_diff('hour', former_delivered_at, delivered_at) as hours,
        row_number() over (partition by x_Provider, x_SourceId order by loaded_at desc) as recency
    from commits_in_order
    where delivered_at > former_delivered_at
),
gaps_by_size as (
    select
        x_Provider,
        x_SourceId,
        hours,
        row_number() over (partition by x_Provider, x_SourceId order by hours) as place,
        count(*) over (partition by x_Provider, x_SourceId) as places
    from gaps
    where recency <= 30
),
rhythms as (
    select
        x_Provider,
        x_SourceId,
        cast(round(avg(hours), 0) as integer) as usual_gap_hours
    from gaps_by_size
    where places >= 3
        and 2 * place between places and places + 2
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
    where date_diff('day', usage_days.day, extent.newest_day) < greatest(extent.lag_days, extent.usual_lag_days)
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
    extent.lag_is_learned,
    coalesce(open_from.incomplete_days, 0) as incomplete_days,
    deliveries.delivered_at,
    deliveries.loaded_at,
    rhythms.usual_gap_hours,
    -- What is due is late after its usual gap, but no sooner than a day; and silent another day after that.
    greatest(coalesce(rhythms.usual_gap_hours, 24), 24) + 24 as stale_after_hours,
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
left join rhythms
    on extent.x_Provider = rhythms.x_Provider
    and extent.x_SourceId = rhythms.x_SourceId
