-- The markers of one source that still say what the lake holds.
with newest as (
    select
        x_BillingMonth,
        marker,
        load_number
    from lake.markers
    where x_SourceId = $source
    qualify row_number() over (partition by x_BillingMonth order by seen_at desc, load_number desc) = 1
)
select
    newest.x_BillingMonth,
    newest.marker
from newest
where newest.load_number = coalesce((
    select max(loads.load_number)
    from lake.loads
    where loads.x_SourceId = $source
        and (newest.x_BillingMonth is null or loads.x_BillingMonth = newest.x_BillingMonth)
), 0)
