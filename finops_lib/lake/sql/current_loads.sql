-- The load that each slice of one source holds now, one row per slice and currency.
with deliveries as (
    select
        delivery_id,
        count(distinct (x_Provider, x_BillingMonth)) as slices
    from lake.loads
    where x_SourceId = $source
    group by delivery_id
)
select
    x_Provider,
    x_BillingMonth,
    source_files,
    load_number,
    load_id,
    delivery_id,
    slices,
    BillingCurrency,
    rows_loaded,
    billed_loaded,
    effective_loaded,
    billed_in,
    effective_in
from lake.loads
join deliveries using (delivery_id)
where x_SourceId = $source
qualify load_number = max(load_number) over (partition by x_Provider, x_SourceId, x_BillingMonth)
order by x_Provider, x_BillingMonth, BillingCurrency
