-- The hours of utilisation in some Parquet files, as `metrics` keeps them. An hour that came twice, say from two requests
-- that overlap, counts once: the fuller one.
select
    {provider} as x_Provider,
    {source} as x_SourceId,
    SubAccountId,
    RegionId,
    resource_type,
    ResourceId,
    metric,
    unit,
    hour,
    points,
    mean,
    max,
    bins,
    counts,
from read_parquet([{parts}])
where date_trunc('month', hour) = {month}
qualify row_number() over (partition by ResourceId, metric, hour order by points desc) = 1
order by ResourceId, metric, hour
