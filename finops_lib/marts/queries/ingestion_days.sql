-- question: how many charges did each source deliver for each of its last 30 days?
-- grain:    x_Provider x x_SourceId x day
-- unit:     charges of usage; 0 on a day without any
-- reads:    daily_cost, data_freshness
with newest as (
    select max(newest_day) as newest_day
    from data_freshness
),
-- Every day that a source could have delivered: a hole is a zero, not a gap.
days as (
    select
        data_freshness.x_Provider,
        data_freshness.x_SourceId,
        cast(unnest(generate_series(
            greatest(data_freshness.first_day, newest.newest_day - 29),
            data_freshness.newest_day,
            interval 1 day
        )) as date) as day
    from data_freshness
    cross join newest
),
delivered as (
    select
        x_Provider,
        x_SourceId,
        day,
        sum(charges) as charges
    from daily_cost
    where ChargeCategory = 'Usage'
    group by x_Provider, x_SourceId, day
)
select
    days.x_Provider,
    days.x_SourceId,
    days.day,
    coalesce(delivered.charges, 0) as charges
from days
left join delivered
    on days.x_Provider = delivered.x_Provider
    and days.x_SourceId = delivered.x_SourceId
    and days.day = delivered.day
order by days.x_Provider, days.x_SourceId, days.day
