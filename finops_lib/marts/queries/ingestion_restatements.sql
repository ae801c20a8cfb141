-- question: which closed months were restated, by how much, and because of whom?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x BillingCurrency x is_our_change
-- unit:     sum of the changes of billed and effective cost in BillingCurrency, over all loads of the month
-- reads:    loads
with history as (
    select
        *,
        lag(mapping_version) over earlier as former_mapping_version
    from loads
    window earlier as (
        partition by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency
        order by load_number
    )
),
-- A month that was not over, or still settling, when it was delivered grows; that is no restatement.
first_reports as (
    select
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        min(load_number) as load_number
    from loads
    where delivered_at >= x_BillingMonth + interval 1 month + interval 3 day
    group by all
),
changes as (
    select
        history.*,
        history.former_mapping_version is distinct from history.mapping_version as is_our_change
    from history
    join first_reports
        on history.x_Provider = first_reports.x_Provider
        and history.x_SourceId = first_reports.x_SourceId
        and history.x_BillingMonth = first_reports.x_BillingMonth
        and history.load_number > first_reports.load_number
    where history.rows_before is not null
        and (
            history.rows_loaded <> history.rows_before
            or history.billed_loaded <> history.billed_before
            or history.effective_loaded <> history.effective_before
        )
)
select
    x_BillingMonth,
    x_Provider,
    x_SourceId,
    BillingCurrency,
    is_our_change,
    count(*) as restatements,
    sum(rows_loaded - rows_before) as rows_change,
    sum(billed_loaded - billed_before) as billed_change,
    sum(effective_loaded - effective_before) as effective_change,
    max(loaded_at) as loaded_at
from changes
group by x_BillingMonth, x_Provider, x_SourceId, BillingCurrency, is_our_change
order by x_BillingMonth desc, x_Provider, x_SourceId, BillingCurrency
