-- A load of nothing for each slice of one source that holds charges, so that whatever follows the loads sees them go.
insert into lake.loads
with held as (
    select *
    from lake.loads
    where x_SourceId = $source
    qualify load_number = max(load_number) over (partition by x_Provider, x_BillingMonth)
)
select * replace (
    (select max(load_number) from lake.loads)
        + dense_rank() over (order by x_Provider, x_BillingMonth) as load_number,
    'withdrawn-' || load_number as load_id,
    'withdrawn-' || load_number as delivery_id,
    0 as rows_in,
    0 as rows_loaded,
    0 as billed_in,
    0 as billed_loaded,
    0 as effective_in,
    0 as effective_loaded,
    0 as list_loaded,
    0 as contracted_loaded,
    0 as rounding_drift,
    0 as values_rounded,
    rows_loaded as rows_before,
    billed_loaded as billed_before,
    effective_loaded as effective_before,
    null as first_day,
    null as last_day,
    '[]' as source_files,
    null as rows_stated,
    null as manifest,
    null as export_run,
    $loaded_at as loaded_at,
    $run_id as run_id
)
from held
where rows_loaded > 0
