-- question: what did a commitment save on each day: what its use would have cost without it, less what it cost?
-- grain:    day
-- unit:     net_saving in BillingCurrency, negative where more was unused than saved
-- reads:    cost
select
    cast(ChargePeriodStart as date) as day,
    sum(
        case
            when CommitmentDiscountStatus = 'Unused' then 0
            -- Exports write 0 for a contracted price they do not know.
            when coalesce(ContractedCost, 0) <> 0 then ContractedCost
            else coalesce(ListCost, 0)
        end - EffectiveCost
    ) as net_saving
from cost
where CommitmentDiscountId = $commitment_id
    and ChargeCategory = 'Usage'
    and BillingCurrency = $currency
    and ChargePeriodStart >= cast($since as date)
    and ChargePeriodStart < cast($as_of as date) + interval 1 day
group by cast(ChargePeriodStart as date)
order by day
