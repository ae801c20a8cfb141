-- question: how fresh and how complete is each source?
-- grain:    x_Provider x x_SourceId
-- unit:     UTC charge days; days_behind counts from the newest day of any source
-- reads:    data_freshness, slice_totals
with months as (
    select
        x_Provider,
        x_SourceId,
        count(distinct x_BillingMonth) as months
    from slice_totals
    group by x_Provider, x_SourceId
)
select
    data_freshness.x_Provider,
    data_freshness.x_SourceId,
    data_freshness.first_day,
    data_freshness.newest_day,
    data_freshness.complete_through,
    data_freshness.incomplete_days,
    data_freshness.lag_days,
    data_freshness.lag_is_learned,
    data_freshness.delivered_at,
    data_freshness.usual_gap_hours,
    coalesce(
        data_freshness.delivered_at + to_hours(data_freshness.stale_after_hours) < cast($judged_at as timestamp),
        false
    ) as is_stale,
    data_freshness.loads,
    data_freshness.charges,
    coalesce(months.months, 0) as months,
    date_diff('day', data_freshness.newest_day, max(data_freshness.newest_day) over ()) as days_behind
from data_freshness
left join months
    on data_freshness.x_Provider = months.x_Provider
    and data_freshness.x_SourceId = months.x_SourceId
order by days_behind desc, data_freshness.x_Provider, data_freshness.x_SourceId
