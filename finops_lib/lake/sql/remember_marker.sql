-- Note the marker of one source and month, for what is loaded there now.
insert into lake.markers
select
    $source,
    cast($month as DATE),
    $marker,
    coalesce(max(load_number), 0),
    $seen_at
from lake.loads
where x_SourceId = $source
    and ($month is null or x_BillingMonth = $month)
