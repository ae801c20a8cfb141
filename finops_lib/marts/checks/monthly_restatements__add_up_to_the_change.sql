-- claim: adds up to what each month changed since it was first reported
with first_reports as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        min(load_number) as load_number
    from loads
    where delivered_at >= x_BillingMonth + interval 1 month + interval 3 day
    group by x_Provider, x_SourceId, x_BillingMonth
),
reported as (
    select
        loads.x_Provider,
        loads.x_SourceId,
        loads.x_BillingMonth,
        loads.BillingCurrency,
        sum(loads.rows_loaded) as charges,
        sum(loads.billed_loaded) as billed_cost,
        sum(loads.effective_loaded) as effective_cost
    from loads
    inner join first_reports
        on loads.x_Provider = first_reports.x_Provider
        and loads.x_SourceId = first_reports.x_SourceId
        and loads.x_BillingMonth = first_reports.x_BillingMonth
        and loads.load_number = first_reports.load_number
    group by loads.x_Provider, loads.x_SourceId, loads.x_BillingMonth, loads.BillingCurrency
),
reported_months as (
    select distinct
        x_Provider,
        x_SourceId,
        x_BillingMonth
    from first_reports
),
-- What the lake holds now less what was reported; a currency may have come since, or gone.
moved as (
    select
        slice_totals.x_Provider,
        slice_totals.x_SourceId,
        slice_totals.x_BillingMonth,
        slice_totals.BillingCurrency,
        slice_totals.charges,
        slice_totals.billed_cost,
        slice_totals.effective_cost
    from slice_totals
    inner join reported_months
        on slice_totals.x_Provider = reported_months.x_Provider
        and slice_totals.x_SourceId = reported_months.x_SourceId
        and slice_totals.x_BillingMonth = reported_months.x_BillingMonth
    union all
    select x_Provider, x_SourceId, x_BillingMonth, BillingCurrency, -charges, -billed_cost, -effective_cost
    from reported
    union all
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        -rows_change,
        -billed_cost_change,
        -effective_cost_change
    from monthly_restatements
)
select
    x_Provider,
    x_SourceId,
    x_BillingMonth,
    BillingCurrency,
    sum(billed_cost) as residual
from moved
group by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency
having sum(charges) <> 0 or sum(billed_cost) <> 0 or sum(effective_cost) <> 0
