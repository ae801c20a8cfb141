-- Why is the money of a slice not what it was? Reads slice_before (the lake's rows) and slice_after (the staged ones);
-- gives one row per BillingCurrency, ServiceName and part, which add up to the difference of the two.
with both_states as (
    select false as is_new, * from slice_before
    union all by name
    select true as is_new, * from slice_after
),
charges as (
    select
        is_new,
        BillingCurrency,
        ServiceName,
        -- A refund keeps its category: it is told by its sign.
        case
            when ChargeCategory = 'Tax' then 'fees'
            when ChargeCategory in ('Credit', 'Adjustment') or ChargeClass = 'Correction' then 'credit'
            when BilledCost < 0 or EffectiveCost < 0 then 'credit'
            when ChargeCategory = 'Purchase' then 'fees'
            else 'usage'
        end as kind,
        -- 64 bits instead of nine texts are what makes this cheap. Two keys of one hash (one in ten million slices)
        -- would be told as one; the parts would add up all the same.
        hash(
            cast(ChargePeriodStart as DATE),
            coalesce(SubAccountId, BillingAccountId),
            RegionId,
            lower(ResourceId),
            SkuId,
            SkuMeter,
            ChargeCategory,
            ChargeClass,
            CommitmentDiscountStatus
        ) as charge_key,
        -- Tags, and what our rules made of them; neither the order of tags nor "none at all" tells two sets apart.
        hash(
            list_sort(map_entries(coalesce(Tags, MAP {}))),
            x_Organization,
            x_Project,
            x_Team,
            x_Environment,
            x_CostCenter
        ) as tag_set,
        BilledCost,
        EffectiveCost,
        coalesce(PricingQuantity, ConsumedQuantity) as quantity
    from both_states
),
by_tag_set as (
    select
        BillingCurrency,
        ServiceName,
        kind,
        charge_key,
        tag_set,
        count(*) filter (not is_new) as rows_before,
        count(*) filter (is_new) as rows_after,
        coalesce(sum(BilledCost) filter (not is_new), 0) as billed_before,
        coalesce(sum(BilledCost) filter (is_new), 0) as billed_after,
        coalesce(sum(EffectiveCost) filter (not is_new), 0) as effective_before,
        coalesce(sum(EffectiveCost) filter (is_new), 0) as effective_after,
        sum(quantity) filter (not is_new) as quantity_before,
        sum(quantity) filter (is_new) as quantity_after
    from charges
    group by all
),
by_key as (
    select
        BillingCurrency,
        ServiceName,
        kind,
        cast(sum(rows_before) as BIGINT) as rows_before,
        cast(sum(rows_after) as BIGINT) as rows_after,
        sum(billed_before) as billed_before,
        sum(billed_after) as billed_after,
        sum(effective_before) as effective_before,
        sum(effective_after) as effective_after,
        sum(quantity_before) as quantity_before,
        sum(quantity_after) as quantity_after,
        -- What one set of tags lost and another one gained: where the total stayed, all of it.
        least(
            sum(greatest(billed_after - billed_before, 0)),
            sum(greatest(billed_before - billed_after, 0))
        ) as billed_moved,
        least(
            sum(greatest(effective_after - effective_before, 0)),
            sum(greatest(effective_before - effective_after, 0))
        ) as effective_moved
    from by_tag_set
    group by BillingCurrency, ServiceName, kind, charge_key
),
changed as (
    select
        *,
        rows_after - rows_before as rows_change,
        billed_after - billed_before as billed_change,
        effective_after - effective_before as effective_change,
        quantity_after is not distinct from quantity_before as same_quantity,
        cast(quantity_after - quantity_before as DOUBLE) / nullif(cast(quantity_before as DOUBLE), 0) as growth
    from by_key
    where rows_after <> rows_before
        or billed_after <> billed_before
        or effective_after <> effective_before
        or quantity_after is distinct from quantity_before
        or billed_moved <> 0
        or effective_moved <> 0
),
-- More of the same at the old rate is late usage, the rest another rate. Without quantities, more charges are late usage.
estimated as (
    select
        *,
        case
            when same_quantity and (quantity_after is not null or rows_change = 0) then 0
            else coalesce(try_cast(round(growth * cast(billed_before as DOUBLE), 12) as DECIMAL(38,12)), billed_change)
        end as billed_estimate,
        case
            when same_quantity and (quantity_after is not null or rows_change = 0) then 0
            else coalesce(
                try_cast(round(growth * cast(effective_before as DOUBLE), 12) as DECIMAL(38,12)), effective_change
            )
        end as effective_estimate
    from changed
),
told as (
    select
        *,
        -- A rate that differs by less than a millionth is the same one, rounded.
        case
            when same_quantity and billed_estimate = 0 then 0
            when abs(billed_change - billed_estimate) * 1000000 <= abs(billed_before) + abs(billed_after)
                then billed_change
            else billed_estimate
        end as billed_late,
        case
            when same_quantity and effective_estimate = 0 then 0
            when abs(effective_change - effective_estimate) * 1000000 <= abs(effective_before) + abs(effective_after)
                then effective_change
            else effective_estimate
        end as effective_late
    from estimated
),
parts as (
    select
        BillingCurrency,
        ServiceName,
        case
            when $is_our_change then 'our mapping'
            when kind = 'credit' then 'credit or refund'
            when kind = 'fees' then 'tax and fees'
            when rows_after = 0 then 'removed'
            else 'late usage'
        end as part,
        if(rows_after = 0, rows_before, rows_after) as charges,
        -- A charge that was only cut in two by its tags is no late usage.
        if(same_quantity and billed_change = 0 and effective_change = 0 and billed_moved + effective_moved <> 0, 0, 1)
            * rows_change as rows_change,
        if($is_our_change or kind <> 'usage' or rows_before = 0 or rows_after = 0, billed_change, billed_late)
            as billed_change,
        if($is_our_change or kind <> 'usage' or rows_before = 0 or rows_after = 0, effective_change, effective_late)
            as effective_change,
        0 as billed_moved,
        0 as effective_moved
    from told
    union all
    select
        BillingCurrency,
        ServiceName,
        're-rated',
        rows_after,
        0,
        billed_change - billed_late,
        effective_change - effective_late,
        0,
        0
    from told
    where kind = 'usage' and rows_before > 0 and rows_after > 0 and not $is_our_change
    union all
    select
        BillingCurrency,
        ServiceName,
        if($is_our_change, 'our mapping', 'tags moved'),
        rows_after,
        if(same_quantity and billed_change = 0 and effective_change = 0, rows_change, 0),
        0,
        0,
        billed_moved,
        effective_moved
    from told
    where billed_moved <> 0 or effective_moved <> 0
)
select
    BillingCurrency,
    ServiceName,
    part,
    cast(sum(charges) as BIGINT) as charges,
    cast(sum(rows_change) as BIGINT) as rows_change,
    cast(sum(billed_change) as DECIMAL(38,12)) as billed_change,
    cast(sum(effective_change) as DECIMAL(38,12)) as effective_change,
    cast(sum(billed_moved) as DECIMAL(38,12)) as billed_moved,
    cast(sum(effective_moved) as DECIMAL(38,12)) as effective_moved
from parts
where rows_change <> 0 or billed_change <> 0 or effective_change <> 0 or billed_moved <> 0 or effective_moved <> 0
group by BillingCurrency, ServiceName, part
