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
        and day > cast($as_of as date) - 120
        and BillingCurrency = $currency
        and ($provider = '' or x_Provider = $provider)
    group by day, x_Provider
),
totals as (
    select
        day,
        cast(sum(effective_cost) as double) as effective_cost
    from usage_days
    group by day
),
-- The same weekday of the 4 weeks before knows weekends without a model.
usual as (
    select
        totals.day,
        totals.effective_cost,
        avg(earlier.effective_cost) as usual_cost
    from totals
    inner join totals as earlier
        on earlier.day < totals.day
        and earlier.day >= totals.day - 28
        and (totals.day - earlier.day) % 7 = 0
    group by totals.day, totals.effective_cost
    having count(*) >= 3 and avg(earlier.effective_cost) > 0
),
-- How far off that was in the 8 weeks before: its bias (an estate grows) and its spread. Few days say nothing.
expected as (
    select
        usual.day,
        usual.usual_cost * (1 + avg(earlier.miss) - 2 * stddev_samp(earlier.miss)) as expected_low,
        usual.usual_cost * (1 + avg(earlier.miss) + 2 * stddev_samp(earlier.miss)) as expected_high
    from usual
    inner join (select day, effective_cost / usual_cost - 1 as miss from usual) as earlier
        on earlier.day < usual.day
        and earlier.day >= usual.day - 56
    group by usual.day, usual.usual_cost
    having count(*) >= 28
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
