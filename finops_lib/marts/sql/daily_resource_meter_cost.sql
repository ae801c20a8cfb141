-- question: which charges tell from the bill alone whether a resource is used, old or superseded?
-- grain:    day x x_Provider x x_SourceId x x_BillingMonth x account_id x RegionId x ResourceId x meter_kind x meter x BillingCurrency
-- unit:     effective and list cost in BillingCurrency, quantity in the meter's own unit; charges that no savings rule can read are left out
-- reads:    cost
with charges as (
    select
        cast(ChargePeriodStart as date) as day,
        coalesce(SubAccountId, BillingAccountId) as account_id,
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        RegionId,
        -- Azure writes one id in several letter cases.
        case when x_Provider = 'azure' then lower(ResourceId) else ResourceId end as ResourceId,
        ResourceName,
        x_Team,
        x_Environment,
        coalesce(ServiceName, '') as service,
        -- FOCUS before 1.1 has no SkuMeter; AWS exports of that time carry the usage type beside it.
        coalesce(SkuMeter, x_Extra['x_UsageType'], '') as sku_meter,
        coalesce(ChargeDescription, '') as description,
        coalesce(CapacityReservationStatus, '') as reservation_status,
        coalesce(PricingUnit, ConsumedUnit, '') as unit,
        BillingCurrency,
        coalesce(ConsumedQuantity, PricingQuantity) as quantity,
        EffectiveCost,
        ListCost
    from cost
    where ChargeCategory = 'Usage'
        and coalesce(CommitmentDiscountStatus, 'Used') = 'Used'
),
-- A bill has few meters and many charges: the words are read once per meter.
meters as (
    select distinct
        service,
        sku_meter,
        description,
        reservation_status,
        unit,
        lower(sku_meter) as meter_words,
        lower(concat(sku_meter, ' | ', description, ' | ', service)) as words
    from charges
),
meter_kinds as (
    select
        service,
        sku_meter,
        description,
        reservation_status,
        unit,
        case
            when reservation_status = 'Unused' or regexp_matches(meter_words, 'unusedbox|unuseddedicated') then 'unused-capacity'
            when regexp_matches(words, 'extended ?support') then 'extended-support'
            when regexp_matches(words, 'publicipv4:idleaddress|elasticip:idleaddress|idle public ipv4|static ip charge') then 'idle-address'
            when regexp_matches(words, 'natgateway-hours|nat gateway hour|nat gateway: uptime|nat gateway.*standard gateway') then 'nat-hours'
            when regexp_matches(words, 'natgateway-bytes|processed by nat gateway|nat gateway: data processing|nat gateway.*data processed') then 'nat-bytes'
            when regexp_matches(words, 'vpn-usage-hours|vpn connection-hour|vpngw[0-9]|vpn gateway.*basic gateway|cloud vpn tunnel') then 'vpn-hours'
            when regexp_matches(words, 'vpcendpoint-hours|vpc endpoint hour|standard private endpoint') then 'endpoint-hours'
            when regexp_matches(words, 'loadbalancerusage|loadbalancer-hour|forwarding rule minimum|load balancer.*included lb rules') then 'balancer-hours'
            when regexp_matches(words, 'snapshotusage|snapshot data stored|storage pd snapshot|pd snapshot|lrs snapshots|zrs snapshots')
                and not regexp_matches(words, 'rds:|aurora:|redshift') then 'snapshot'
            when regexp_matches(words, 'ebs:volumeiousage|million i/o requests') then 'volume-operations'
            when regexp_matches(words, 'ebs:volumeusage\.gp2|\(gp2\) provisioned storage') then 'volume-gp2'
            when regexp_matches(words, 'ebs:volumeusage( |$)|magnetic provisioned storage') then 'volume-magnetic'
            when regexp_matches(words, 'ebs:volumeusage\.|provisioned storage.*gb-month|managed disks? - |pd capacity|hyperdisk.*capacity')
                and not regexp_matches(words, 'rds:|aurora:|elasticache|redshift') then 'volume'
            when regexp_matches(words, 'boxusage:(t1|t2|m1|m2|m3|m4|c1|c3|c4|r3|r4|i2|d2|g2|g3|p2|cc2|cr1|hs1)\.')
                or regexp_matches(words, '(instanceusage|nodeusage|multi-azusage):(db|cache)\.(t1|t2|m1|m2|m3|m4|r3|r4)\.')
                or regexp_matches(words, 'on demand .* (t1|t2|m1|m2|m3|m4|c1|c3|c4|r3|r4|i2|d2|g2|g3|p2)\.[a-z0-9]+ instance hour')
                or regexp_matches(words, '^a[0-9]+ v2 | virtual machines (av2|d|ds|dv2|dsv2|f|fs|g|gs|ls) series')
                or regexp_matches(words, 'n1 predefined instance core') then 'old-instance-hours'
            when regexp_matches(words, 'boxusage|spotusage|dedicatedusage|instance core running|custom instance core|gpu running')
                or (service = 'Virtual Machines' and regexp_matches(lower(unit), 'hour')) then 'instance-hours'
            -- What Azure's and Google's inventory describe; their meters mean something only beside the service.
            when regexp_matches(words, 'static public ip|dynamic public ip') then 'address'
            when regexp_matches(words, 'storage image') then 'image'
            when regexp_matches(lower(service), 'app service') and regexp_matches(lower(unit), 'hour') then 'plan-hours'
            when regexp_matches(lower(service), 'sql database|cloud sql') and regexp_matches(words, 'storage|data stored|backup')
                and not regexp_matches(words, 'vcore|dtu|cpu|ram') then 'database-storage'
            when regexp_matches(lower(service), 'sql database|cloud sql') then 'database-hours'
            when regexp_matches(words, 'application gateway|expressroute gateway') then 'gateway-hours'
            when regexp_matches(lower(service), 'storage') and regexp_matches(meter_words, 'data stored|(standard|nearline|coldline|archive) storage')
                and not regexp_matches(words, 'snapshot|managed disk') then case
                when regexp_matches(meter_words, 'cool|cold|nearline|archive') then 'storage-colder'
                else 'storage-standard'
            end
            when regexp_matches(lower(service), 'storage') and regexp_matches(meter_words, 'write operations|class a operations') then 'storage-writes'
            when regexp_matches(lower(service), 'storage') and regexp_matches(meter_words, 'read operations|class b operations') then 'storage-reads'
            else 'other'
        end as meter_kind
    from meters
),
classified as (
    select
        charges.*,
        meter_kinds.meter_kind
    from charges
    inner join meter_kinds
        on charges.service = meter_kinds.service
        and charges.sku_meter = meter_kinds.sku_meter
        and charges.description = meter_kinds.description
        and charges.reservation_status = meter_kinds.reservation_status
        and charges.unit = meter_kinds.unit
),
-- What passes through a gateway or balancer may stand under any meter: all of theirs are kept.
watched as (
    select distinct
        x_Provider,
        account_id,
        ResourceId
    from classified
    where meter_kind in ('nat-hours', 'vpn-hours', 'endpoint-hours', 'balancer-hours') and ResourceId is not null
)
select
    classified.day,
    classified.x_Provider,
    classified.x_SourceId,
    classified.x_BillingMonth,
    classified.account_id,
    classified.RegionId,
    classified.ResourceId,
    max(classified.ResourceName) as ResourceName,
    classified.meter_kind,
    case when classified.sku_meter = '' then classified.description else classified.sku_meter end as meter,
    max(classified.x_Team) as x_Team,
    max(classified.x_Environment) as x_Environment,
    classified.BillingCurrency,
    sum(classified.quantity) as quantity,
    sum(classified.EffectiveCost) as effective_cost,
    sum(classified.ListCost) as list_cost,
    count(*) as charges
from classified
left join watched
    on classified.x_Provider = watched.x_Provider
    and classified.account_id = watched.account_id
    and classified.ResourceId = watched.ResourceId
where classified.meter_kind <> 'other' or watched.ResourceId is not null
group by
    classified.day,
    classified.x_Provider,
    classified.x_SourceId,
    classified.x_BillingMonth,
    classified.account_id,
    classified.RegionId,
    classified.ResourceId,
    classified.meter_kind,
    case when classified.sku_meter = '' then classified.description else classified.sku_meter end,
    classified.BillingCurrency
