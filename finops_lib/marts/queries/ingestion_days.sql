-- question: how many charges did each source deliver for each of its last 30 days?
-- grain:    x_Provider x x_SourceId x day
-- unit:     charges of usage
-- reads:    daily_cost, data_freshness
with newest as (
    select max(newest_day) as newest_day
    from data_freshness
)
select
    daily_cost.x_Provider,
    daily_cost.x_SourceId,
    daily_cost.day,
    sum(daily_cost.charges) as charges
from daily_cost
cross join newest
where daily_cost.ChargeCategory = 'Usage'
    and daily_cost.day <= newest.newest_day
    and daily_cost.day > newest.newest_day - 30
group by daily_cost.x_Provider, daily_cost.x_SourceId, daily_cost.day
order by daily_cost.x_Provider, daily_cost.x_SourceId, daily_cost.day
