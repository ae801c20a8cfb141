-- question: what did each restated month cost when it was first reported, what does it cost now, and why?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x BillingCurrency x part
-- unit:     billed and effective cost in BillingCurrency; the changes of a month's parts add up to now less first
-- reads:    monthly_restatements, slice_totals
with parts as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        BillingCurrency,
        part,
        sum(charges) as charges,
        sum(rows_change) as rows_change,
        sum(billed_cost_change) as billed_change,
        sum(effective_cost_change) as effective_change,
        sum(billed_cost_moved) as billed_moved,
        sum(effective_cost_moved) as effective_moved,
        arg_max(ServiceName, abs(billed_cost_change) + abs(effective_cost_change) + effective_cost_moved)
            as main_service
    from monthly_restatements
    group by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency, part
)
select
    parts.*,
    sum(parts.billed_change) over same_month as month_billed_change,
    sum(parts.effective_change) over same_month as month_effective_change,
    slice_totals.billed_cost - sum(parts.billed_change) over same_month as first_billed_cost,
    slice_totals.billed_cost,
    slice_totals.effective_cost - sum(parts.effective_change) over same_month as first_effective_cost,
    slice_totals.effective_cost,
    slice_totals.loaded_at
from parts
inner join slice_totals
    on parts.x_Provider = slice_totals.x_Provider
    and parts.x_SourceId = slice_totals.x_SourceId
    and parts.x_BillingMonth = slice_totals.x_BillingMonth
    and parts.BillingCurrency = slice_totals.BillingCurrency
window same_month as (
    partition by parts.x_Provider, parts.x_SourceId, parts.x_BillingMonth, parts.BillingCurrency
)
order by parts.x_BillingMonth desc, parts.x_Provider, parts.x_SourceId, parts.BillingCurrency, parts.part
