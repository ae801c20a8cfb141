-- question: how much of a usage day has arrived when a bill is delivered some days after it?
-- grain:    x_Provider x ServiceName x lag_days
-- unit:     completeness = median share of what was known of the day 10 or more days after it, effective cost of usage; days = how many usage days it was learned from
-- reads:    load_service_days
with deliveries as (
    -- Of several deliveries of one day the last one counts.
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        delivered_on,
        max(load_number) as load_number
    from load_service_days
    group by x_Provider, x_SourceId, x_BillingMonth, delivered_on
),
usage_days as (
    select distinct
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        day
    from load_service_days
),
-- A day is settled by the first delivery 10 days after it: a price corrected months later is no late usage.
settling as (
    select
        usage_days.x_Provider,
        usage_days.x_SourceId,
        usage_days.x_BillingMonth,
        usage_days.day,
        min(deliveries.load_number) as load_number
    from usage_days
    inner join deliveries
        on usage_days.x_Provider = deliveries.x_Provider
        and usage_days.x_SourceId = deliveries.x_SourceId
        and usage_days.x_BillingMonth = deliveries.x_BillingMonth
    where date_diff('day', usage_days.day, deliveries.delivered_on) >= 10
    group by usage_days.x_Provider, usage_days.x_SourceId, usage_days.x_BillingMonth, usage_days.day
),
ranked_days as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        day,
        load_number,
        dense_rank() over (partition by x_Provider, x_SourceId order by day desc) as recency
    from settling
),
settled as (
    select
        ranked_days.x_Provider,
        ranked_days.x_SourceId,
        ranked_days.x_BillingMonth,
        ranked_days.day,
        load_service_days.BillingAccountId,
        load_service_days.ServiceName,
        load_service_days.BillingCurrency,
        load_service_days.effective_loaded
    from ranked_days
    inner join load_service_days
        on ranked_days.x_Provider = load_service_days.x_Provider
        and ranked_days.x_SourceId = load_service_days.x_SourceId
        and ranked_days.x_BillingMonth = load_service_days.x_BillingMonth
        and ranked_days.load_number = load_service_days.load_number
        and ranked_days.day = load_service_days.day
    where ranked_days.recency <= 30
),
-- What a delivery did not hold yet, although its month was in it, was 0 then.
observed as (
    select
        settled.x_Provider,
        settled.ServiceName,
        settled.BillingCurrency,
        settled.day,
        date_diff('day', settled.day, deliveries.delivered_on) as lag_days,
        sum(coalesce(early.effective_loaded, 0)) as known_cost,
        sum(settled.effective_loaded) as settled_cost
    from settled
    inner join deliveries
        on settled.x_Provider = deliveries.x_Provider
        and settled.x_SourceId = deliveries.x_SourceId
        and settled.x_BillingMonth = deliveries.x_BillingMonth
    left join load_service_days as early
        on deliveries.x_Provider = early.x_Provider
        and deliveries.x_SourceId = early.x_SourceId
        and deliveries.x_BillingMonth = early.x_BillingMonth
        and deliveries.load_number = early.load_number
        and settled.day = early.day
        and settled.BillingAccountId = early.BillingAccountId
        and settled.ServiceName = early.ServiceName
        and settled.BillingCurrency = early.BillingCurrency
    where date_diff('day', settled.day, deliveries.delivered_on) between 0 and 10
    group by
        settled.x_Provider,
        settled.ServiceName,
        settled.BillingCurrency,
        settled.day,
        date_diff('day', settled.day, deliveries.delivered_on)
),
shares as (
    select
        x_Provider,
        ServiceName,
        lag_days,
        day,
        cast(known_cost as double) / cast(settled_cost as double) as share
    from observed
    where settled_cost > 0
),
placed as (
    select
        x_Provider,
        ServiceName,
        lag_days,
        day,
        share,
        row_number() over (partition by x_Provider, ServiceName, lag_days order by share) as place,
        count(*) over (partition by x_Provider, ServiceName, lag_days) as places
    from shares
),
observations as (
    select
        x_Provider,
        ServiceName,
        lag_days,
        count(distinct day) as days
    from shares
    group by x_Provider, ServiceName, lag_days
)
-- The middle, without a median function: engines differ in where they allow one.
select
    placed.x_Provider,
    placed.ServiceName,
    cast(placed.lag_days as integer) as lag_days,
    cast(least(greatest(avg(placed.share), 0), 9.999999) as decimal(9, 6)) as completeness,
    max(observations.days) as days
from placed
inner join observations
    on placed.x_Provider = observations.x_Provider
    and placed.ServiceName = observations.ServiceName
    and placed.lag_days = observations.lag_days
where 2 * placed.place between placed.places and placed.places + 2
group by placed.x_Provider, placed.ServiceName, placed.lag_days
