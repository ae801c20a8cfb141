-- question: what does each slice hold, and is it what was delivered?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x BillingCurrency
-- unit:     the lake's four costs, and what the current load says came in and was loaded, in BillingCurrency
-- reads:    cost, loads
with held as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        count(*) as charges,
        sum(BilledCost) as billed_cost,
        sum(EffectiveCost) as effective_cost,
        sum(ListCost) as list_cost,
        sum(ContractedCost) as contracted_cost
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
    coalesce(held.charges, 0) as charges,
    coalesce(held.billed_cost, 0) as billed_cost,
    coalesce(held.effective_cost, 0) as effective_cost,
    held.list_cost,
    held.contracted_cost,
    current_loads.load_number,
    current_loads.load_id,
    current_loads.rows_in,
    current_loads.rows_loaded,
    current_loads.billed_in,
    current_loads.billed_loaded,
    current_loads.effective_in,
    current_loads.effective_loaded,
    current_loads.list_loaded,
    current_loads.contracted_loaded,
    current_loads.rounding_drift,
    current_loads.values_rounded,
    current_loads.rows_before,
    current_loads.billed_before,
    current_loads.effective_before,
    current_loads.delivered_at,
    current_loads.loaded_at
from held
full outer join current_loads
    on held.x_Provider = current_loads.x_Provider
    and held.x_SourceId = current_loads.x_SourceId
    and held.x_BillingMonth = current_loads.x_BillingMonth
    and held.BillingCurrency = current_loads.BillingCurrency
