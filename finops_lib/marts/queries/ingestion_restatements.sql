-- question: which closed months were restated, by how much, and because of whom?
-- grain:    x_Provider x x_SourceId x x_BillingMonth x BillingCurrency x is_our_change
-- unit:     sum of the changes of billed and effective cost in BillingCurrency, over all loads of the month
-- reads:    loads
with history as (
    select
        *,
        lag(mapping_version) over earlier as former_mapping_version,
        lag(delivered_at) over earlier as former_delivered_at
    from loads
    window earlier as (
        partition by x_Provider, x_SourceId, x_BillingMonth, BillingCurrency
        order by load_number
    )
),
changes as (
    select
        *,
        former_mapping_version is distinct from mapping_version as is_our_change,
        -- A month that was not over, or still settling, when it was last delivered grows; that is no restatement.
        former_delivered_at < x_BillingMonth + interval 1 month + interval 3 day as was_open
    from history
    where rows_before is not null
        and (
            rows_loaded <> rows_before
            or billed_loaded <> billed_before
            or effective_loaded <> effective_before
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
where is_our_change or not was_open
group by x_BillingMonth, x_Provider, x_SourceId, BillingCurrency, is_our_change
order by x_BillingMonth desc, x_Provider, x_SourceId, BillingCurrency
