-- question: how busy was each machine in each hour of the week, in the last four weeks of its metrics?
-- grain:    x_Provider x account_id x ResourceId
-- unit:     lists by slot, 0 = Monday 00:00 UTC to 167: the largest hourly mean of the weeks, cpu in percent and network in bytes/s; weeks = in how many the slot was seen
-- reads:    metrics
with slots as (
    select
        x_Provider,
        SubAccountId as account_id,
        ResourceId,
        (isodow(hour) - 1) * 24 + extract('hour' from hour) as slot,
        max(mean) filter (where metric = 'cpu') as cpu,
        max(mean) filter (where metric = 'network_in') + max(mean) filter (where metric = 'network_out') as network,
        count(*) filter (where metric = 'cpu') as weeks
    from metrics
    where metric in ('cpu', 'network_in', 'network_out')
        and resource_type in ('aws-ec2-instance', 'azure-virtual-machine', 'gcp-instance')
        and hour >= cast($as_of as date) - interval 27 day
        and hour < cast($as_of as date) + interval 1 day
        and points > 0
        and ($provider = '' or x_Provider = $provider)
    group by x_Provider, SubAccountId, ResourceId, slot
)
select
    x_Provider,
    account_id,
    ResourceId,
    list(cast(slot as utinyint) order by slot) as slot,
    list(cast(cpu as real) order by slot) as cpu,
    list(cast(network as real) order by slot) as network,
    list(cast(weeks as utinyint) order by slot) as weeks
from slots
group by x_Provider, account_id, ResourceId
order by x_Provider, account_id, ResourceId
