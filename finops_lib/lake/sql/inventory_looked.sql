-- What `inventory_scopes` holds of a source after some looks ($at, from temp.looks). A look in vain keeps what the last
-- good one counted and when that was; one at a whole account that never worked is forgotten once its parts were seen.
with before as (
    select * from lake.inventory_scopes where x_Provider = $provider and x_SourceId = $source
)
select
    $provider as x_Provider,
    $source as x_SourceId,
    looks.SubAccountId,
    looks.RegionId,
    looks.resource_type,
    case when looks.needs = '' then looks.resources else before.resources end as resources,
    looks.needs,
    looks.said,
    $at as looked_at,
    case when looks.needs = '' then $at else before.evaluated_at end as evaluated_at,
from temp.looks as looks
left join before using (SubAccountId, RegionId, resource_type)
union all
select before.*
from before
anti join temp.looks as looks using (SubAccountId, RegionId, resource_type)
where not (
    before.RegionId = ''
    and before.evaluated_at is null
    and exists (
        select 1
        from temp.looks as part
        where part.needs = '' and part.SubAccountId = before.SubAccountId and part.resource_type = before.resource_type
    )
)
