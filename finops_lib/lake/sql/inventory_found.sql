-- What `inventory` holds of a source after some looks ($at, from temp.looks and temp.found): what a look found is there,
-- what it did not find any more is gone, and what was not looked at, or only in vain, stays as it was. Where a provider
-- does not say since when a state is, it began at the latest with the look that found it in place of another one.
with evaluated as (
    select * from temp.looks where needs = '' and resource_type not like '%/%'
),
before as (
    select
        known.*,
        exists (
            select 1
            from evaluated
            where evaluated.SubAccountId = known.SubAccountId
                and evaluated.RegionId in ('', known.RegionId)
                and evaluated.resource_type = known.resource_type
        ) as looked_at_again
    from lake.inventory as known
    where known.x_Provider = $provider and known.x_SourceId = $source
),
found as (
    select
        $provider as x_Provider,
        $source as x_SourceId,
        came.SubAccountId,
        came.RegionId,
        came.resource_type,
        came.ResourceId,
        came.ResourceName,
        came.state,
        coalesce(
            came.state_since,
            case
                when before.state = came.state and before.gone_at is null then before.state_since
                when before.first_seen is not null then $at
            end
        ) as state_since,
        came.created_at,
        map_from_entries(came.attributes) as attributes,
        map_from_entries(came.Tags) as Tags,
        coalesce(before.first_seen, $at) as first_seen,
        $at as last_seen,
        cast(null as TIMESTAMP) as gone_at,
    from temp.found as came
    left join before using (SubAccountId, RegionId, resource_type, ResourceId)
)
select * from found
union all
select
    before.* exclude (looked_at_again)
    replace (case when looked_at_again then coalesce(gone_at, $at) else gone_at end as gone_at)
from before
anti join found using (SubAccountId, RegionId, resource_type, ResourceId)
