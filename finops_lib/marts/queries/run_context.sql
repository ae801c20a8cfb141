-- question: which days and which currencies does each source cover?
-- grain:    x_Provider x x_SourceId x BillingCurrency
-- unit:     effective_cost in BillingCurrency, credits kept negative
-- reads:    data_freshness, daily_cost
with money as (
    select
        x_Provider,
        x_SourceId,
        BillingCurrency,
        sum(effective_cost) as effective_cost
    from daily_cost
    group by all
)
select
    money.x_Provider,
    money.x_SourceId,
    money.BillingCurrency,
    data_freshness.first_day,
    data_freshness.newest_day,
    data_freshness.complete_through,
    data_freshness.delivered_at,
    data_freshness.delivered_at + to_hours(data_freshness.stale_after_hours) as stale_from,
    money.effective_cost
from money
left join data_freshness
    on data_freshness.x_Provider = money.x_Provider
    and data_freshness.x_SourceId = money.x_SourceId
order by all
