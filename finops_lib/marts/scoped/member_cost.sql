-- question: which charges have which combination of the values that scopes ask about?
-- grain:    member x the grain of daily_cost
-- unit:     billed_cost and effective_cost in BillingCurrency
-- reads:    daily_cost, cost
select
    member,
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    day,
    -- Cash belongs to the month it is billed in: what is charged for a day of another month counts at that month's edge.
    greatest(
        least(day, cast(x_BillingMonth + interval 1 month - interval 1 day as date)),
        x_BillingMonth
    ) as billed_day,
    account_id,
    account_name,
    ServiceName,
    x_Team,
    charge_class,
    case ChargeFrequency
        when 'Recurring' then 'recurring'
        when 'One-Time' then 'one_time'
        -- What is bought without a rhythm being named is bought once.
        else case when charge_class in ('usage', 'unused_commitment') then 'usage' else 'one_time' end
    end as frequency,
    is_prior_correction,
    BillingCurrency,
    billed_cost,
    effective_cost
from part
