-- question: what did each provider's usage cost on each of the last 30 days, and what was to be expected in all?
-- grain:    day x x_Provider
-- unit:     effective_cost of usage in the run's currency; expected_low and expected_high for all providers together
-- reads:    daily_cost
with usage_days as (
    select
        day,
        x_Provider,
        sum(effective_cost) as effective_cost
    from daily_cost
    where ChargeCategory = 'Usage'
        and day <= cast($as_of as date)
        and day > cast($as_of as date) - 90
        and BillingCurrency = $currency
        and ($provider = '' or x_Provider = $provider)
    group by day, x_Provider
),
totals as (
    select
        day,
        sum(effective_cost) as effective_cost
    from usage_days
    group by day
),
-- The same weekday of the 8 weeks before knows weekends without a model; fewer than 4 of them say nothing.
expected as (
    select
        totals.day,
        min(earlier.effective_cost) as expected_low,
        max(earlier.effective_cost) as expected_high
    from totals
    inner join totals as earlier
        on earlier.day < totals.day
        and earlier.day >= totals.day - 56
        and (totals.day - earlier.day) % 7 = 0
    group by totals.day
    having count(*) >= 4
)
select
    usage_days.day,
    usage_days.x_Provider,
    usage_days.effective_cost,
    expected.expected_low,
    expected.expected_high
from usage_days
left join expected on usage_days.day = expected.day
where usage_days.day > cast($as_of as date) - 30
order by usage_days.day, usage_days.x_Provider
