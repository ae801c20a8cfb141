-- question: how busy was each hour of the machines that are burstable, or small and idle enough to become so?
-- grain:    x_Provider x account_id x ResourceId
-- unit:     percent of all vCPUs, the mean of each hour that has points, oldest first
-- reads:    metrics, inventory
with machines as (
    select distinct
        x_Provider,
        SubAccountId as account_id,
        ResourceId
    from inventory
    where gone_at is null
        and resource_type in ('aws-ec2-instance', 'aws-rds-instance')
        -- Burstable sizes end at 8 vCPUs, and no step goes further than to a quarter of the vCPUs.
        and regexp_matches(
            coalesce(attributes['instance_type'], attributes['instance_class'], ''),
            '\.(nano|micro|small|medium|large|xlarge|2xlarge|4xlarge|8xlarge)$'
        )
        and ($provider = '' or x_Provider = $provider)
)
select
    metrics.x_Provider,
    metrics.SubAccountId as account_id,
    metrics.ResourceId,
    list(cast(metrics.mean as float) order by metrics.hour) as means
from metrics
inner join machines
    on metrics.x_Provider = machines.x_Provider
    and metrics.SubAccountId = machines.account_id
    and metrics.ResourceId = machines.ResourceId
where metrics.metric = 'cpu'
    and metrics.points > 0
    and metrics.hour >= cast($as_of as date) - interval 31 day
    and metrics.hour < cast($as_of as date) + interval 1 day
group by metrics.x_Provider, metrics.SubAccountId, metrics.ResourceId
-- Busier than this is no candidate (analyses/savings/rightsizing/eligibility.py).
having avg(metrics.mean) < 20
order by metrics.x_Provider, metrics.SubAccountId, metrics.ResourceId
