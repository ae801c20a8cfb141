-- question: what was looked at, and what was refused?
-- grain:    x_Provider x x_SourceId x account_id x RegionId x resource_type
-- unit:     resources found; needs = the permission that was missing, '' where the look was made
-- reads:    inventory_scopes
select
    x_Provider,
    x_SourceId,
    SubAccountId as account_id,
    RegionId,
    resource_type,
    resources,
    needs,
    said
from inventory_scopes
where $provider = '' or x_Provider = $provider
order by x_Provider, x_SourceId, account_id, RegionId, resource_type
