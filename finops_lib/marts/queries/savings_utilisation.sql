-- question: how busy was each resource in the last 32 days of its metrics?
-- grain:    x_Provider x account_id x ResourceId x metric
-- unit:     percentiles, mean, lowest and maximum in the metric's unit; coverage is the share of five-minute points there are
-- reads:    metrics
with hours as not materialized (
    select
        x_Provider,
        SubAccountId as account_id,
        ResourceId,
        metric,
        unit,
        hour,
        points,
        mean,
        max,
        bins,
        counts
    from metrics
    where hour >= cast($as_of as date) - interval 31 day
        and hour < cast($as_of as date) + interval 1 day
        and points > 0
        and ($provider = '' or x_Provider = $provider)
),
figures as (
    select
        x_Provider,
        account_id,
        ResourceId,
        metric,
        max(unit) as unit,
        min(hour) as first_hour,
        max(hour) as last_hour,
        count(*) as hours,
        sum(cast(points as bigint)) as points,
        sum(mean * points) / sum(points) as mean,
        min(mean) as lowest,
        max(max) as maximum
    from hours
    group by x_Provider, account_id, ResourceId, metric
),
bins as (
    select
        x_Provider,
        account_id,
        ResourceId,
        metric,
        bin,
        sum(count) as points
    from (
        select
            x_Provider,
            account_id,
            ResourceId,
            metric,
            unnest(bins) as bin,
            unnest(counts) as count
        from hours
    ) as each
    group by x_Provider, account_id, ResourceId, metric, bin
),
ranked as (
    select
        *,
        sum(points) over (partition by x_Provider, account_id, ResourceId, metric order by bin) as up_to
    from bins
),
-- The nearest rank is in the first bin that reaches it; its upper edge is never below the true percentile.
ranks as (
    select
        ranked.x_Provider,
        ranked.account_id,
        ranked.ResourceId,
        ranked.metric,
        min(bin) filter (where up_to * 1000 >= figures.points * 500) as bin_p50,
        min(bin) filter (where up_to * 1000 >= figures.points * 950) as bin_p95,
        min(bin) filter (where up_to * 1000 >= figures.points * 990) as bin_p99,
        min(bin) filter (where up_to * 1000 >= figures.points * 995) as bin_p99_5
    from ranked
    inner join figures
        on ranked.x_Provider = figures.x_Provider
        and ranked.account_id = figures.account_id
        and ranked.ResourceId = figures.ResourceId
        and ranked.metric = figures.metric
    group by ranked.x_Provider, ranked.account_id, ranked.ResourceId, ranked.metric
)
select
    figures.x_Provider,
    figures.account_id,
    figures.ResourceId,
    figures.metric,
    figures.unit,
    figures.first_hour,
    figures.last_hour,
    figures.hours,
    figures.points,
    least(1.0, figures.points / (12.0 * (date_diff('hour', figures.first_hour, figures.last_hour) + 1))) as coverage,
    figures.mean,
    least(figures.maximum, if(unit = 'percent', bin_p50 + 1, pow(1.05, bin_p50))) as p50,
    least(figures.maximum, if(unit = 'percent', bin_p95 + 1, pow(1.05, bin_p95))) as p95,
    least(figures.maximum, if(unit = 'percent', bin_p99 + 1, pow(1.05, bin_p99))) as p99,
    least(figures.maximum, if(unit = 'percent', bin_p99_5 + 1, pow(1.05, bin_p99_5))) as p99_5,
    figures.lowest,
    figures.maximum
from figures
inner join ranks
    on figures.x_Provider = ranks.x_Provider
    and figures.account_id = ranks.account_id
    and figures.ResourceId = ranks.ResourceId
    and figures.metric = ranks.metric
order by figures.x_Provider, figures.account_id, figures.ResourceId, figures.metric
