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
    account_id,
    account_name,
    ServiceName,
    x_Team,
    charge_class,
    coalesce(ChargeFrequency, 'Usage-Based') <> 'Usage-Based' as is_scheduled,
    is_prior_correction,
    BillingCurrency,
    billed_cost,
    effective_cost
from part
