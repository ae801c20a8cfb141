-- question: what did each day cost, and what of it follows the calendar?
-- grain:    day
-- unit:     cost and scheduled in effective_cost of the run's currency, all charges
-- reads:    daily_cost
select
    day,
    sum(effective_cost) as cost,
    -- What follows the calendar (fees, purchases, taxes, one-time credits) comes on its day and is not extrapolated.
    coalesce(
        sum(effective_cost) filter (
            where ChargeCategory not in ('Usage', 'Credit')
                or coalesce(ChargeFrequency, 'Usage-Based') <> 'Usage-Based'
        ),
        0
    ) as scheduled
from daily_cost
where day <= cast($as_of as date)
    and day > cast($as_of as date) - interval 800 day
    and BillingCurrency = $currency
    and ($provider = '' or x_Provider = $provider)
group by day
order by day
