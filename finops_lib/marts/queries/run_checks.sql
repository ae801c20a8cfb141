-- question: do the lake and the marts hold what was delivered?
-- grain:    check_name
-- unit:     residual is the largest difference of one slice and currency, in that currency
-- reads:    slice_totals, daily_cost
with mart as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        sum(charges) as charges,
        sum(billed_cost) as billed_cost,
        sum(effective_cost) as effective_cost
    from daily_cost
    group by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency
),
differences as (
    select
        'the lake holds what was delivered' as check_name,
        slice_totals.charges - coalesce(slice_totals.rows_in, 0) as charges,
        abs(slice_totals.billed_cost - coalesce(slice_totals.billed_loaded, 0)) as billed_cost,
        abs(slice_totals.effective_cost - coalesce(slice_totals.effective_loaded, 0)) as effective_cost
    from slice_totals
    union all
    select
        'daily_cost holds what the lake holds' as check_name,
        slice_totals.charges - coalesce(mart.charges, 0) as charges,
        abs(slice_totals.billed_cost - coalesce(mart.billed_cost, 0)) as billed_cost,
        abs(slice_totals.effective_cost - coalesce(mart.effective_cost, 0)) as effective_cost
    from slice_totals
    left join mart
        on slice_totals.x_Provider = mart.x_Provider
        and slice_totals.x_SourceId = mart.x_SourceId
        and slice_totals.x_BillingMonth = mart.x_BillingMonth
        and slice_totals.BillingCurrency = mart.BillingCurrency
)
select
    check_name,
    count(*) as slices,
    sum(case when charges <> 0 or billed_cost <> 0 or effective_cost <> 0 then 1 else 0 end) as offenders,
    max(greatest(billed_cost, effective_cost)) as residual
from differences
group by check_name
order by check_name desc
