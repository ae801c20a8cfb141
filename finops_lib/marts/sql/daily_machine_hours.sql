-- question: how long did each machine and database run on each day, as what, and at which price?
-- grain:    day x x_Provider x x_SourceId x x_BillingMonth x account_id x RegionId x ServiceName x ResourceId x machine_type x part x platform x tenancy x pricing x BillingCurrency
-- unit:     quantity in hours (of a machine, of a core, of a GiB: see part); costs in BillingCurrency; list_quantity and contracted_quantity are the hours whose list and contracted cost is known; corrections and unused commitments are left out
-- reads:    cost
with charges as (
    select
        cast(ChargePeriodStart as date) as day,
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        coalesce(SubAccountId, BillingAccountId) as account_id,
        RegionId,
        coalesce(ServiceName, '') as service,
        -- Azure writes one id in several letter cases.
        case when x_Provider = 'azure' then lower(ResourceId) else ResourceId end as ResourceId,
        -- FOCUS before 1.1 has no SkuMeter; AWS exports of that time carry the usage type beside it.
        coalesce(SkuMeter, x_Extra['x_UsageType'], '') as sku_meter,
        coalesce(ChargeDescription, '') as description,
        coalesce(x_Extra['x_Operation'], '') as operation,
        coalesce(x_Extra['x_SkuMeterSubcategory'], '') as submeter,
        concat(coalesce(SkuPriceDetails, ''), coalesce(x_Extra['x_SkuDetails'], '')) as details,
        coalesce(PricingCategory, '') as pricing_category,
        CommitmentDiscountId,
        BillingCurrency,
        case
            when regexp_matches(lower(coalesce(ConsumedUnit, '')), '^(1 )?h(ou)?rs?$') and ConsumedQuantity is not null
                then ConsumedQuantity
            -- Azure may price in blocks of 10 or 100 hours.
            else PricingQuantity * coalesce(
                cast(nullif(regexp_extract(coalesce(PricingUnit, ''), '^([0-9]+) ', 1), '') as integer),
                1
            )
        end as quantity,
        EffectiveCost,
        ListCost,
        -- Some exports say 0 for what a plan covers: then the contracted cost is not known.
        case when CommitmentDiscountId is not null and ContractedCost = 0 then null else ContractedCost end as ContractedCost
    from cost
    where ChargeCategory = 'Usage'
        and ChargeClass is null
        and ResourceId is not null
        and coalesce(CommitmentDiscountStatus, 'Used') = 'Used'
),
-- A bill has few meters and many charges: the words are read once per meter.
meters as (
    select distinct
        x_Provider,
        service,
        sku_meter,
        description,
        operation,
        submeter,
        lower(concat(sku_meter, ' | ', description, ' | ', submeter, ' | ', service)) as words
    from charges
),
read_meters as (
    select
        *,
        case
            when x_Provider = 'aws' and not regexp_matches(words, 'mapreduce|sagemaker|extended ?support|gamelift') then coalesce(
                nullif(regexp_extract(words, '(?:boxusage|spotusage|dedicatedusage|instanceusage|instanceusageiooptimized|multi-azusage):((?:db\.)?[a-z0-9-]+\.[a-z0-9-]+)', 1), ''),
                nullif(regexp_extract(words, '(?:on demand|dedicated) [a-z/ ]*((?:db\.)?[a-z][a-z0-9-]*[0-9][a-z0-9-]*\.[a-z0-9]+) (?:single-az |multi-az )?instance[ -]hour', 1), ''),
                ''
            )
            when x_Provider = 'azure' and service = 'Virtual Machines' and regexp_matches(lower(sku_meter), '^[a-z]+[0-9]')
                -- One meter may be of two sizes that cost the same, as in D2 v3/D2s v3: the second is the newer name.
                then replace(trim(regexp_extract(lower(sku_meter), '([a-z0-9-]+( v[0-9]+)?)( spot| low priority)?$', 1)), ' ', '_')
            when x_Provider = 'gcp' and regexp_matches(words, 'instance (core|ram) ') then concat(
                replace(regexp_extract(words, '([a-z0-9]+) (?:predefined |custom |amd |arm )*instance (?:core|ram) ', 1), 'custom', 'n1'),
                case when regexp_matches(words, 'custom instance|custom extended') then '-custom' else '' end
            )
            else ''
        end as machine_type,
        case
            when x_Provider = 'gcp' and regexp_matches(words, 'instance ram ') then 'memory'
            when x_Provider = 'gcp' then 'cores'
            else 'machine'
        end as part,
        case
            when x_Provider = 'azure' then case when regexp_matches(words, 'windows') then 'windows' else 'linux' end
            when x_Provider = 'gcp' then ''
            when regexp_matches(lower(operation), '^createdbinstance') then regexp_extract(operation, ':([0-9A-Za-z]+)$', 1)
            when regexp_matches(lower(operation), '^runinstances:0002|^runinstances:[a-z0-9]*sv002') then 'windows'
            when regexp_matches(lower(operation), '^runinstances:0010') then 'rhel'
            when lower(operation) = 'runinstances:000g' then 'suse'
            when regexp_matches(lower(operation), '^runinstances:[0-9a-z]*(0006|0102|0202|0004|0100|0200)$') then 'sql-server'
            when regexp_matches(lower(operation), '^runinstances(:sv[0-9]*)?$') then 'linux'
            when operation <> '' then lower(operation)
            when regexp_matches(words, 'windows') then 'windows'
            when regexp_matches(words, 'rhel|red hat') then 'rhel'
            when regexp_matches(words, 'suse') then 'suse'
            when regexp_matches(words, 'linux') then 'linux'
            else ''
        end as platform,
        case
            when regexp_matches(words, 'multi-az') then 'multi-az'
            when regexp_matches(words, 'iooptimized') then 'io-optimized'
            when regexp_matches(words, 'dedicatedusage|sole tenancy') then 'dedicated'
            else 'shared'
        end as tenancy,
        regexp_matches(words, 'spotusage|spot |preemptible|low priority| spot') as is_spot
    from meters
)
select
    charges.day,
    charges.x_Provider,
    charges.x_SourceId,
    charges.x_BillingMonth,
    charges.account_id,
    charges.RegionId,
    charges.service as ServiceName,
    charges.ResourceId,
    case
        when charges.x_Provider = 'azure' then coalesce(
            nullif(regexp_extract(lower(charges.details), '"(?:servicetype|x_?instancetype|armskuname)": ?"(?:standard_)([a-z0-9_-]+)"', 1), ''),
            read_meters.machine_type
        )
        else read_meters.machine_type
    end as machine_type,
    read_meters.part,
    read_meters.platform,
    read_meters.tenancy,
    case
        when charges.CommitmentDiscountId is not null or charges.pricing_category = 'Committed' then 'committed'
        when read_meters.is_spot or charges.pricing_category = 'Dynamic' then 'spot'
        else 'on-demand'
    end as pricing,
    charges.BillingCurrency,
    sum(charges.quantity) as quantity,
    sum(charges.EffectiveCost) as effective_cost,
    sum(charges.ListCost) as list_cost,
    sum(case when charges.ListCost is not null then charges.quantity end) as list_quantity,
    sum(charges.ContractedCost) as contracted_cost,
    sum(case when charges.ContractedCost is not null then charges.quantity end) as contracted_quantity
from charges
inner join read_meters
    on charges.x_Provider = read_meters.x_Provider
    and charges.service = read_meters.service
    and charges.sku_meter = read_meters.sku_meter
    and charges.description = read_meters.description
    and charges.operation = read_meters.operation
    and charges.submeter = read_meters.submeter
where read_meters.machine_type <> ''
group by
    charges.day,
    charges.x_Provider,
    charges.x_SourceId,
    charges.x_BillingMonth,
    charges.account_id,
    charges.RegionId,
    charges.service,
    charges.ResourceId,
    case
        when charges.x_Provider = 'azure' then coalesce(
            nullif(regexp_extract(lower(charges.details), '"(?:servicetype|x_?instancetype|armskuname)": ?"(?:standard_)([a-z0-9_-]+)"', 1), ''),
            read_meters.machine_type
        )
        else read_meters.machine_type
    end,
    read_meters.part,
    read_meters.platform,
    read_meters.tenancy,
    case
        when charges.CommitmentDiscountId is not null or charges.pricing_category = 'Committed' then 'committed'
        when read_meters.is_spot or charges.pricing_category = 'Dynamic' then 'spot'
        else 'on-demand'
    end,
    charges.BillingCurrency
