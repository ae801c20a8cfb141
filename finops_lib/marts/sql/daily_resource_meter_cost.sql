-- question: what was charged on each meter of each resource that a savings rule can judge?
-- grain:    day x x_Provider x x_SourceId x x_BillingMonth x account_id x RegionId x ResourceId x meter_kind x meter x BillingCurrency
-- unit:     effective and list cost in BillingCurrency, quantity in the meter's own unit; resources none of whose meters a savings rule can read are left out
-- reads:    cost
with rows_of_cost as (
    select
        *,
        -- Azure and Google call themselves by several names, so there another publisher is no seller yet.
        x_Provider = 'aws' and (
            coalesce(not regexp_matches(lower(x_Extra['PublisherName']), '^(aws|amazon)'), false)
            or coalesce(ResourceId like '%:aws-marketplace:%', false)
        ) as is_of_seller
    from cost
),
charges as (
    select
        cast(ChargePeriodStart as date) as day,
        coalesce(SubAccountId, BillingAccountId) as account_id,
        x_Provider,
        x_SourceId,
        x_BillingMonth,
        RegionId,
        case
            -- Azure writes one id in several letter cases.
            when x_Provider = 'azure' then lower(ResourceId)
            -- What a seller charges without an id is a resource of its own, or all sellers would be one.
            when ResourceId is null and is_of_seller then concat('seller/', ServiceName)
            else ResourceId
        end as ResourceId,
        ResourceName,
        x_Team,
        x_Environment,
        coalesce(ServiceName, '') as service,
        -- FOCUS before 1.1 has no SkuMeter; AWS exports of that time carry the usage type beside it.
        coalesce(SkuMeter, x_Extra['x_UsageType'], '') as sku_meter,
        coalesce(ChargeDescription, '') as description,
        coalesce(CapacityReservationStatus, '') as reservation_status,
        coalesce(PricingUnit, ConsumedUnit, '') as unit,
        ChargeCategory = 'Purchase' as is_purchase,
        coalesce(PricingCategory = 'Dynamic', false) as is_spot,
        is_of_seller,
        CommitmentDiscountStatus is not null as is_committed,
        BillingCurrency,
        coalesce(ConsumedQuantity, PricingQuantity) as quantity,
        EffectiveCost,
        ListCost
    from rows_of_cost
    where (ChargeCategory = 'Usage' and coalesce(CommitmentDiscountStatus, 'Used') = 'Used')
        -- A subscription: paid whether used or not, and no commitment to a price.
        or (ChargeCategory = 'Purchase' and CommitmentDiscountId is null)
),
-- A bill has few meters and many charges: the words are read once per meter.
meters as (
    select distinct
        service,
        sku_meter,
        description,
        reservation_status,
        unit,
        is_purchase,
        is_spot,
        is_of_seller,
        lower(sku_meter) as meter_words,
        lower(service) as service_words,
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
        is_purchase,
        is_spot,
        is_of_seller,
        case
            when is_purchase then if(is_of_seller, 'marketplace-fee', 'other')
            when is_of_seller then 'marketplace-use'
            when reservation_status = 'Unused' or regexp_matches(meter_words, 'unusedbox|unuseddedicated') then 'unused-capacity'
            when regexp_matches(words, 'extended ?support') then 'extended-support'
            when regexp_matches(words, 'publicipv4:idleaddress|elasticip:idleaddress|idle public ipv4|static ip charge') then 'idle-address'
            when regexp_matches(words, 'publicipv4:inuseaddress|in-use public ipv4') then 'address'
            when regexp_matches(words, 'natgateway-hours|nat gateway hour|nat gateway: uptime|nat gateway.*standard gateway') then 'nat-hours'
            when regexp_matches(words, 'natgateway-bytes|processed by nat gateway|nat gateway: data processing|nat gateway.*data processed') then 'nat-bytes'
            when regexp_matches(words, 'vpn-usage-hours|vpn connection-hour|vpngw[0-9]|vpn gateway.*basic gateway|cloud vpn tunnel') then 'vpn-hours'
            when regexp_matches(words, 'vpcendpoint-hours|vpc endpoint hour|standard private endpoint') then 'endpoint-hours'
            when regexp_matches(meter_words, 'transitgateway-hours') then 'attachment-hours'
            when regexp_matches(words, 'loadbalancerusage|loadbalancer-hour|forwarding rule minimum|load balancer.*included lb rules') then 'balancer-hours'
            when regexp_matches(meter_words, 'datatransfer-regional-bytes') then 'regional-transfer'
            when regexp_matches(meter_words, 'paideventsrecorded') then 'paid-trail'
            when regexp_matches(meter_words, 'amazoneks-hours:percluster') then 'cluster-fee'
            when regexp_matches(meter_words, 'fargate-(vcpu|gb)-hours') then 'container-hours'
            when regexp_matches(meter_words, '(instanceusage|multi-az[a-z]*usage)[a-z]*:db\.|aurora:serverless') then 'database-hours'
            when regexp_matches(meter_words, '(rds|aurora):(chargedbackupusage|backupusage|snapshotexport)') then 'database-backup'
            when regexp_matches(meter_words, '(rds|aurora):.*(storage|piops|iops|throughput)') then 'database-storage'
            when regexp_matches(meter_words, 'nodeusage:(cache|db)\.') then 'cache-hours'
            when regexp_matches(meter_words, '(^|-)node:(ra3|rg|dc1|dc2|ds2)') then 'warehouse-hours'
            when regexp_matches(meter_words, 'esinstance:') then 'search-hours'
            when regexp_matches(service_words, 'cloudwatch') and regexp_matches(meter_words, 'timedstorage') then 'log-storage'
            when regexp_matches(service_words, 'cloudwatch')
                and regexp_matches(meter_words, 'dataprocessing(ia)?-bytes|vendedlog(ia)?-bytes') then 'log-ingestion'
            when regexp_matches(service_words, 's3|simple storage') and regexp_matches(meter_words, 'timedstorage') then case
                when regexp_matches(meter_words, 'glacierbytehrs|gda-bytehrs|glacier-bytehrs') then 'bucket-archive'
                when regexp_matches(meter_words, 'timedstorage-bytehrs') then 'bucket-standard'
                else 'bucket-infrequent'
            end
            when regexp_matches(service_words, 's3|simple storage') and regexp_matches(meter_words, 'requests-.*tier1$') then 'bucket-writes'
            when regexp_matches(service_words, 's3|simple storage') and regexp_matches(meter_words, 'requests-.*tier2$') then 'bucket-reads'
            when regexp_matches(words, 'snapshotusage|snapshot data stored|storage pd snapshot|pd snapshot|lrs snapshots|zrs snapshots')
                and not regexp_matches(words, 'rds:|aurora:|redshift') then 'snapshot'
            when regexp_matches(words, 'ebs:volumeiousage|million i/o requests') then 'volume-operations'
            when regexp_matches(meter_words, 'ebs:volumep-iops') then 'volume-iops'
            when regexp_matches(meter_words, 'ebs:volumep-throughput') then 'volume-throughput'
            when regexp_matches(words, 'ebs:volumeusage\.gp2|\(gp2\) provisioned storage') then 'volume-gp2'
            when regexp_matches(meter_words, 'ebs:volumeusage\.(piops|io2)') then 'volume-io'
            when regexp_matches(words, 'ebs:volumeusage( |$)|magnetic provisioned storage') then 'volume-magnetic'
            when regexp_matches(words, 'ebs:volumeusage\.|provisioned storage.*gb-month|managed disks? - |pd capacity|hyperdisk.*capacity')
                and not regexp_matches(words, 'rds:|aurora:|elasticache|redshift') then 'volume'
            when is_spot and (service = 'Virtual Machines' or regexp_matches(words, 'spotusage|boxusage|instance core')) then 'spot-hours'
            when regexp_matches(words, 'boxusage:(t1|t2|m1|m2|m3|m4|c1|c3|c4|r3|r4|i2|d2|g2|g3|p2|cc2|cr1|hs1)\.')
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
        and charges.is_purchase = meter_kinds.is_purchase
        and charges.is_spot = meter_kinds.is_spot
        and charges.is_of_seller = meter_kinds.is_of_seller
),
-- What a resource costs is all of its meters, and what passes through a gateway may stand under any of them.
watched as (
    select distinct
        x_Provider,
        account_id,
        ResourceId
    from classified
    where meter_kind <> 'other' and ResourceId is not null
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
    -- Of what a commitment pays for: using less of it saves nothing before the commitment ends.
    coalesce(sum(classified.quantity) filter (where classified.is_committed), 0) as committed_quantity,
    coalesce(sum(classified.EffectiveCost) filter (where classified.is_committed), 0) as committed_effective_cost,
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
