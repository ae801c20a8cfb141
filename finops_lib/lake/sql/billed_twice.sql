-- Which accounts' months are in the lake under two sources, one of which was asked for them? `temp.bills` names the
-- accounts of every slice that is looked at.
select distinct
    asking.x_Provider,
    asking.x_BillingMonth,
    coalesce(asking.BillingAccountId, other.BillingAccountId, asking.SubAccountId) as account,
    asking.x_SourceId,
    other.x_SourceId
from temp.bills as asking
inner join temp.bills as other
    on asking.x_Provider = other.x_Provider
    and asking.x_BillingMonth = other.x_BillingMonth
    and asking.x_SourceId <> other.x_SourceId
    -- An account that one of them does not say may be any; then the other account has to agree.
    and coalesce(asking.BillingAccountId = other.BillingAccountId, asking.SubAccountId = other.SubAccountId, false)
    and coalesce(asking.SubAccountId = other.SubAccountId, asking.BillingAccountId = other.BillingAccountId, false)
where list_contains($asked, asking.x_SourceId)
order by all
