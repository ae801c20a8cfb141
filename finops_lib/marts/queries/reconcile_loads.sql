-- question: does each slice hold what its current load says was delivered?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x BillingCurrency
-- unit:     charges, billed and effective cost in BillingCurrency: as delivered (_in), and summed over the charges themselves
-- reads:    cost, loads
with held as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        count(*) as charges,
        sum(BilledCost) as billed_cost,
        sum(EffectiveCost) as effective_cost
    from cost
    group by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency
),
newest as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        max(load_number) as load_number
    from loads
    group by x_Provider, x_SourceId, x_BillingMonth
),
current_loads as (
    select loads.*
    from loads
    inner join newest
        on loads.load_number = newest.load_number
        and loads.x_Provider = newest.x_Provider
        and loads.x_SourceId = newest.x_SourceId
        and loads.x_BillingMonth = newest.x_BillingMonth
)
select
    coalesce(held.x_Provider, current_loads.x_Provider) as x_Provider,
    coalesce(held.x_SourceId, current_loads.x_SourceId) as x_SourceId,
    coalesce(held.x_BillingMonth, current_loads.x_BillingMonth) as x_BillingMonth,
    coalesce(held.BillingCurrency, current_loads.BillingCurrency) as BillingCurrency,
    current_loads.load_number,
    coalesce(current_loads.rows_in, 0) as rows_in,
    coalesce(current_loads.billed_in, 0) as billed_in,
    coalesce(current_loads.effective_in, 0) as effective_in,
    coalesce(current_loads.rounding_drift, 0) as billed_drift,
    coalesce(current_loads.effective_in - current_loads.effective_loaded, 0) as effective_drift,
    coalesce(current_loads.values_rounded, 0) as values_rounded,
    coalesce(held.charges, 0) as charges,
    coalesce(held.billed_cost, 0) as billed_cost,
    coalesce(held.effective_cost, 0) as effective_cost
from held
full outer join current_loads
    on held.x_Provider = current_loads.x_Provider
    and held.x_SourceId = current_loads.x_SourceId
    and held.x_BillingMonth = current_loads.x_BillingMonth
    and held.BillingCurrency = current_loads.BillingCurrency
order by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency
