-- question: which resources are there, as their providers describe them, and who owns them?
-- grain:    x_Provider x account_id x ResourceId
-- unit:     one row per resource that was there at the newest look; times are UTC
-- reads:    inventory
select
    x_Provider,
    SubAccountId as account_id,
    RegionId,
    resource_type,
    ResourceId,
    coalesce(max(ResourceName), '') as ResourceName,
    max_by(state, last_seen) as state,
    max_by(state_since, last_seen) as state_since,
    max(created_at) as created_at,
    min(first_seen) as first_seen,
    max(last_seen) as last_seen,
    max_by(attributes, last_seen) as attributes,
    max_by(Tags, last_seen) as Tags
from inventory
where gone_at is null
    and ($provider = '' or x_Provider = $provider)
group by x_Provider, SubAccountId, RegionId, resource_type, ResourceId
order by x_Provider, account_id, ResourceId
