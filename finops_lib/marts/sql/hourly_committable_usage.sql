-- question: which usage can commitments pay for, which do they pay for, and what of them is left unused?
-- grain:    hour x period_hours x x_Provider x x_SourceId x x_BillingMonth x account_id x RegionId x usage_class x family x platform x use x CommitmentDiscountId x BillingCurrency
-- unit:     on_demand_cost (contracted, else list), list_cost and effective_cost in BillingCurrency; quantity as priced; unit_price = the lowest on demand of what reservations are counted in: size large, two cores, else the meter's unit, null where it has several; period_hours = how long each charge is: 1 hourly, 24 daily, more is coarser; corrections, spot and what no commitment pays for are left out
-- reads:    cost
with meters_by_provider as (
    select *
    from (
        -- What is eligible stands here and nowhere else. The family is the part in brackets; usage of one family, region
        -- and platform is one pool. Words: provider, usage class, what the meter looks like, what it is never.
        values
            ('aws', 'compute', '(?:boxusage|dedicatedusage):([a-z0-9-]+)\.', 'unusedbox|elasticmapreduce|elastic mapreduce|sagemaker'),
            -- Exports without usage types have only the words of the price list.
            ('aws', 'compute', 'per on demand [a-z ]+ ([a-z0-9-]+)\.[a-z0-9-]+ instance hour', 'sagemaker|boxusage'),
            ('aws', 'serverless', '(fargate-[a-z-]*(?:vcpu|gb)|lambda-gb-second|lambda-provisioned)', 'spot'),
            ('aws', 'database', '(?:instanceusage|multi-azusage)[a-z:-]*:(db\.[a-z0-9-]+)\.', 'extendedsupport'),
            ('aws', 'cache', 'nodeusage:(cache\.[a-z0-9-]+)\.', 'extendedsupport'),
            ('aws', 'search', 'esinstance:([a-z0-9-]+\.[a-z0-9]+)', 'extendedsupport'),
            ('aws', 'warehouse', 'node:((?:ra3|dc2|ds2)\.[a-z0-9]+)', 'nodeusage'),
            ('azure', 'compute', '\| virtual machines \| ([a-z]+)[0-9]', 'spot|low priority|windows|unused'),
            ('azure', 'application', '\| azure app service \| (p[0-9]+m?v[0-9]|i[0-9]+ ?v2|p[0-9]+ v[0-9])', 'windows'),
            ('azure', 'database', '\| (?:azure )?(?:sql database|sql managed instance|database for [a-z]+) \| (vcore)', 'serverless|license'),
            ('azure', 'database', '\| azure cosmos db \| (100 ru/s)', 'autoscale|serverless'),
            ('azure', 'cache', '\| (?:azure cache for redis|redis cache) \| (p[0-9]+|e[0-9]+)', 'flash'),
            ('gcp', 'compute', '\| compute engine \| ([a-z0-9]+) (?:predefined |custom |amd |arm )*instance (?:core|ram)', 'spot|preemptible|sole tenancy|premium'),
            ('gcp', 'accelerator', '\| compute engine \| (?:nvidia )?(?:tesla )?([a-z0-9]+) (?:[0-9]+gb )?gpu running', 'spot|preemptible'),
            ('gcp', 'serverless', '\| (?:kubernetes engine|cloud run|cloud run functions) \| (autopilot pod|cpu allocation time|memory allocation time)', 'spot|preemptible'),
            ('gcp', 'database', '\| cloud sql \| (cloud sql for [a-z ]+): [a-z]+ - (?:vcpu|ram)', 'licens')
    ) as named (provider, usage_class, looks_like, is_never)
),
charges as (
    select
        date_trunc('hour', ChargePeriodStart) as hour,
        greatest(1, date_diff('hour', date_trunc('hour', ChargePeriodStart), ChargePeriodEnd)) as period_hours,
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        coalesce(SubAccountId, BillingAccountId) as account_id,
        RegionId,
        coalesce(ServiceName, '') as service,
        -- FOCUS before 1.1 has no SkuMeter; AWS exports of that time carry the usage type beside it.
        coalesce(SkuMeter, x_Extra['x_UsageType'], ChargeDescription, '') as meter,
        coalesce(x_Extra['x_SkuMeterSubcategory'], '') as submeter,
        coalesce(x_Extra['x_Operation'], '') as operation,
        CommitmentDiscountId,
        case
            when CommitmentDiscountId is null then 'on-demand'
            when CommitmentDiscountStatus = 'Unused' then 'unused'
            -- Some exports give what a plan covers without its cost: it is covered, but says nothing of the price.
            when EffectiveCost = 0 and coalesce(nullif(ContractedCost, 0), ListCost, 0) > 0 then 'covered, price unknown'
            else 'covered'
        end as use,
        BillingCurrency,
        coalesce(PricingQuantity, ConsumedQuantity) as quantity,
        coalesce(nullif(ContractedUnitPrice, 0), nullif(ListUnitPrice, 0)) as unit_price,
        case
            when CommitmentDiscountStatus = 'Unused' then 0
            -- Nothing at all for covered usage is a defect of the export: what was contracted is not known. Where no price
            -- is known, what it cost is as good as any: it claims no saving.
            when CommitmentDiscountId is not null then coalesce(nullif(ContractedCost, 0), nullif(ListCost, 0), EffectiveCost)
            else coalesce(ContractedCost, ListCost, EffectiveCost)
        end as on_demand_cost,
        case when CommitmentDiscountStatus = 'Unused' then 0 else coalesce(ListCost, ContractedCost, 0) end as list_cost,
        EffectiveCost
    from cost
    where ChargeCategory = 'Usage'
        and ChargeClass is null
        and (CommitmentDiscountId is not null or coalesce(PricingCategory, 'Standard') = 'Standard')
),
-- A bill has few meters and many charges: the words are read once per meter.
meters as (
    select distinct
        x_Provider,
        service,
        meter,
        submeter,
        operation,
        lower(concat(operation, ' | ', submeter, ' | ', service, ' | ', meter)) as words
    from charges
),
pools as (
    select
        meters.x_Provider,
        meters.service,
        meters.meter,
        meters.submeter,
        meters.operation,
        min(named.usage_class) as usage_class,
        min(case
            -- D96s v5 is a size of the family dsv5: what stands before and after the number of cores. Of D3 v2/DS3 v2, which
            -- is one price, the second.
            when named.provider = 'azure' and named.usage_class = 'compute'
                then replace(regexp_replace(regexp_replace(lower(meters.meter), '^.*/', ''), '^([a-z]+)[0-9-]+', '\1'), ' ', '')
            else regexp_extract(meters.words, named.looks_like, 1)
        end) as family,
        min(case
            when named.provider = 'aws' and named.usage_class in ('compute', 'database')
                then concat(
                    regexp_extract(meters.operation, ':([0-9A-Za-z]+)$', 1),
                    replace(regexp_extract(meters.words, 'per on demand ([a-z ]+) [a-z0-9-]+\.[a-z0-9-]+ instance', 1), 'linux', ''),
                    case when regexp_matches(meters.words, 'dedicatedusage') then ' dedicated' else '' end
                )
            else ''
        end) as platform,
        -- A reservation of a family is counted in its smallest size that is sold everywhere: large, or two cores.
        min(case
            when named.provider = 'aws' and named.usage_class in ('compute', 'database', 'cache')
                and not regexp_matches(meters.words, '(usage:|demand [a-z ]+ )(p|g|inf|trn|dl|f|vt|u-|hpc|mac)[0-9]')
                then case
                    when regexp_matches(meters.words, '\.[0-9]+xlarge')
                        then 2 * cast(regexp_extract(meters.words, '\.([0-9]+)xlarge', 1) as decimal(18, 6))
                    when regexp_matches(meters.words, '\.xlarge') then 2
                    when regexp_matches(meters.words, '\.medium') then 0.5
                    when regexp_matches(meters.words, '\.small') then 0.25
                    when regexp_matches(meters.words, '\.micro') then 0.125
                    when regexp_matches(meters.words, '\.nano') then 0.0625
                    else 1
                end
            when named.provider = 'azure' and named.usage_class = 'compute'
                and regexp_matches(lower(meters.meter), '^[a-mo-z][a-z]*[1-9]')
                then cast(regexp_extract(lower(meters.meter), '^[a-z]+([0-9]+)', 1) as decimal(18, 6)) / 2
            -- Cores and memory of one family have a price each.
            when named.provider = 'gcp' and named.usage_class in ('compute', 'database') then null
            else 1
        end) as units
    from meters
    inner join meters_by_provider as named
        on meters.x_Provider = named.provider
        and regexp_matches(meters.words, named.looks_like)
        and not regexp_matches(meters.words, named.is_never)
    group by meters.x_Provider, meters.service, meters.meter, meters.submeter, meters.operation
)
select
    charges.hour,
    charges.period_hours,
    charges.x_Provider,
    charges.x_SourceId,
    charges.x_BillingMonth,
    charges.account_id,
    charges.RegionId,
    -- What a commitment leaves unused belongs to no pool, and it may cover what the list above does not know.
    coalesce(pools.usage_class, '') as usage_class,
    coalesce(pools.family, '') as family,
    coalesce(pools.platform, '') as platform,
    charges.use,
    charges.CommitmentDiscountId,
    charges.BillingCurrency,
    sum(charges.on_demand_cost) as on_demand_cost,
    sum(charges.list_cost) as list_cost,
    sum(charges.EffectiveCost) as effective_cost,
    sum(charges.quantity) as quantity,
    min(cast(charges.unit_price / pools.units as decimal(28, 12))) as unit_price,
    count(*) as charges
from charges
left join pools
    on charges.x_Provider = pools.x_Provider
    and charges.service = pools.service
    and charges.meter = pools.meter
    and charges.submeter = pools.submeter
    and charges.operation = pools.operation
where pools.usage_class is not null or charges.CommitmentDiscountId is not null
group by
    charges.hour,
    charges.period_hours,
    charges.x_Provider,
    charges.x_SourceId,
    charges.x_BillingMonth,
    charges.account_id,
    charges.RegionId,
    coalesce(pools.usage_class, ''),
    coalesce(pools.family, ''),
    coalesce(pools.platform, ''),
    charges.use,
    charges.CommitmentDiscountId,
    charges.BillingCurrency
