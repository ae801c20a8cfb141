-- Google Cloud's billing export to FOCUS. `source` is made by gcp_billing.py: one row per charge, everything text, but
-- cost_exact and credits_exact (the sum of the row's credits), which are null where they cannot be read.
-- Names of x_ columns are those of Google's own FOCUS export, so that both ways of loading a bill can be compared.
select
    billing_account_id as BillingAccountId,
    'Billing Account' as BillingAccountType,
    currency as BillingCurrency,

    -- The invoice month decides, not the time of usage: it is what the invoice adds up. A text that is no month is
    -- handed on as it is, and refused with its row.
    case when is_month then strftime(month, '%Y-%m-%dT00:00:00Z') else invoice_month end as BillingPeriodStart,
    case
        when is_month then strftime(month + interval 1 month, '%Y-%m-%dT00:00:00Z')
        else invoice_month
    end as BillingPeriodEnd,

    -- A tax or an adjustment may have no time of its own, then it is the month's; one that is an instant gets the hour
    -- that is the grain of this export, because a FOCUS charge ends after it starts.
    coalesce(usage_start_time, strftime(month, '%Y-%m-%dT00:00:00Z')) as ChargePeriodStart,
    case
        when usage_end_time = usage_start_time
            then strftime(try_cast(usage_start_time as TIMESTAMPTZ) at time zone 'UTC' + interval 1 hour, '%Y-%m-%dT%H:%M:%SZ')
        else coalesce(usage_end_time, strftime(month + interval 1 month, '%Y-%m-%dT00:00:00Z'))
    end as ChargePeriodEnd,

    -- Sums as text with all their digits. What cannot be read is shown by the refusal.
    coalesce(
        cast(cost_exact + credits_exact as VARCHAR),
        case when cost_exact is null then cost else 'credits ' || credits end
    ) as BilledCost,
    coalesce(
        cast(cost_exact + credits_exact as VARCHAR),
        case when cost_exact is null then cost else 'credits ' || credits end
    ) as EffectiveCost,
    cost as ContractedCost,
    cost_at_list as ListCost,

    case
        when coalesce(cost_type, 'regular') = 'regular' then if(is_fee, 'Purchase', 'Usage')
        when cost_type = 'tax' then 'Tax'
        when cost_type in ('adjustment', 'rounding_error') then 'Adjustment'
        -- A new kind of charge is refused, with its name, rather than counted as something that it is not.
        else cost_type
    end as ChargeCategory,
    case
        when coalesce(adjustment_info_id, adjustment_info_mode, adjustment_info_type, adjustment_info_description)
            is not null
            then 'Correction'
    end as ChargeClass,
    sku_description as ChargeDescription,
    case
        when not is_regular then 'One-Time'
        when is_fee then 'Recurring'
        else 'Usage-Based'
    end as ChargeFrequency,

    -- Two models of commitments: the older gives a credit on the usage it covers, the newer a lower price, and says so
    -- in consumption_model.
    case
        when not is_regular then null
        when is_fee then 'Standard'
        when is_committed then 'Committed'
        when contains(lower(sku_description), 'spot') or contains(lower(sku_description), 'preemptible') then 'Dynamic'
        else 'Standard'
    end as PricingCategory,
    subscription_instance_id as CommitmentDiscountId,
    case
        when subscription_instance_id is null then null
        when contains(credits, 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE') or contains(credits, 'FEE_UTILIZATION_OFFSET')
            then 'Spend'
        when contains(credits, 'COMMITTED_USAGE_DISCOUNT') then 'Usage'
        when is_fee then if(contains(lower(sku_description), 'dollar based'), 'Spend', 'Usage')
        when is_consumption_model then 'Spend'
    end as CommitmentDiscountCategory,
    case
        when subscription_instance_id is null then null
        when contains(credits, 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE') then 'COMMITTED_USAGE_DISCOUNT_DOLLAR_BASE'
        when contains(credits, 'FEE_UTILIZATION_OFFSET') then 'FEE_UTILIZATION_OFFSET'
        when contains(credits, 'COMMITTED_USAGE_DISCOUNT') then 'COMMITTED_USAGE_DISCOUNT'
        when is_consumption_model then consumption_model_description
    end as CommitmentDiscountType,
    case
        when subscription_instance_id is not null and is_regular and not is_fee then 'Used'
    end as CommitmentDiscountStatus,

    case when is_regular and not is_fee then usage_amount end as ConsumedQuantity,
    case when is_regular and not is_fee then usage_unit end as ConsumedUnit,
    case when is_regular then usage_amount_in_pricing_units end as PricingQuantity,
    case when is_regular then usage_pricing_unit end as PricingUnit,
    -- A price is for so many units (1,000 requests); per unit it may have more digits than Google wrote.
    case
        when units_of_price = 1 then price_list_price
        else coalesce(
            cast(cast(try_cast(price_list_price as DOUBLE) / units_of_price as DECIMAL(38, 18)) as VARCHAR), price_list_price
        )
    end as ListUnitPrice,
    case
        when units_of_price = 1 then price_effective_price
        else coalesce(
            cast(cast(try_cast(price_effective_price as DOUBLE) / units_of_price as DECIMAL(38, 18)) as VARCHAR), price_effective_price
        )
    end as ContractedUnitPrice,

    location_zone as AvailabilityZone,
    -- What is in several regions has none, but a place ('us', 'global').
    coalesce(location_region, location_location) as RegionId,
    coalesce(location_region, location_location) as RegionName,

    coalesce(resource_global_name, resource_name) as ResourceId,
    resource_name as ResourceName,

    'Google Cloud' as ServiceProviderName,
    'Google Cloud' as InvoiceIssuerName,
    -- Whose machines a partner's service runs on is not said.
    case when coalesce(invoice_publisher_type, 'GOOGLE') <> 'PARTNER' then 'Google Cloud' end as HostProviderName,
    service_description as ServiceName,
    coalesce(service_categories.category, 'Other') as ServiceCategory,
    sku_id as SkuId,
    sku_description as SkuMeter,

    -- Null for what belongs to the billing account as a whole: tax, support, commitments shared by all projects.
    project_id as SubAccountId,
    project_name as SubAccountName,
    case when project_id is not null then 'Project' end as SubAccountType,

    -- Tags are made of these; the order of precedence is that of gcp_focus.py.
    labels as x_Labels,
    tags as x_Tags,
    project_labels as x_ProjectLabels,
    system_labels as x_SystemLabels,
    credits as x_Credits,

    service_id as x_ServiceId,
    cost_type as x_CostType,
    transaction_type as x_TransactionType,
    seller_name as x_SellerName,
    export_time as x_ExportTime,
    currency_conversion_rate as x_CurrencyConversionRate,
    location_location as x_Location,
    location_country as x_Country,
    project_number as x_ProjectNumber,
    project_ancestry_numbers as x_ProjectAncestryNumbers,
    nullif(project_ancestors, '[]') as x_ProjectAncestors,
    adjustment_info_id as x_AdjustmentId,
    adjustment_info_description as x_AdjustmentDescription,
    adjustment_info_mode as x_AdjustmentMode,
    adjustment_info_type as x_AdjustmentType,
    price_unit as x_PriceUnit,
    price_pricing_unit_quantity as x_PriceUnitQuantity,
    price_tier_start_amount as x_PriceTierStartAmount,
    price_effective_price_default as x_PriceEffectivePriceDefault,
    price_list_price_consumption_model as x_PriceListPriceConsumptionModel,
    cost_at_effective_price_default as x_CostAtEffectivePriceDefault,
    cost_at_list_consumption_model as x_CostAtListConsumptionModel,
    consumption_model_id as x_ConsumptionModelId,
    consumption_model_description as x_ConsumptionModelDescription,
    invoice_publisher_type as x_PublisherType,
    -- Where the row stands, and what the file has beyond the columns that Google documents.
    columns('^x_'),
from (
    select
        *,
        coalesce(cost_type, 'regular') = 'regular' as is_regular,
        -- Fees of commitments have SKUs of their own: 'Commitment v1: Cpu in Americas for 1 Year'.
        coalesce(starts_with(sku_description, 'Commitment'), false) as is_fee,
        coalesce(contains(credits, 'COMMITTED_USAGE_DISCOUNT'), false)
        or coalesce(lower(consumption_model_description), 'default') <> 'default' as is_committed,
        coalesce(lower(consumption_model_description), 'default') <> 'default' as is_consumption_model,
        coalesce(regexp_full_match(invoice_month, '20[0-9]{2}(0[1-9]|1[0-2])'), false) as is_month,
        try_strptime(invoice_month, '%Y%m') as month,
        coalesce(try_cast(price_pricing_unit_quantity as DOUBLE), 1) as units_of_price,
    from source
) as source
left join (
    values
    ('Compute Engine', 'Compute'),
    ('Kubernetes Engine', 'Compute'),
    ('Cloud Run', 'Compute'),
    ('Cloud Run Functions', 'Compute'),
    ('Cloud Functions', 'Compute'),
    ('App Engine', 'Compute'),
    ('VMware Engine', 'Compute'),
    ('Cloud Storage', 'Storage'),
    ('Cloud Filestore', 'Storage'),
    ('NetApp Volumes', 'Storage'),
    ('Backup and DR Service', 'Storage'),
    ('Storage Transfer Service', 'Migration'),
    ('Cloud SQL', 'Databases'),
    ('Cloud Spanner', 'Databases'),
    ('Cloud Bigtable', 'Databases'),
    ('Cloud Firestore', 'Databases'),
    ('Cloud Datastore', 'Databases'),
    ('AlloyDB', 'Databases'),
    ('Cloud Memorystore for Redis', 'Databases'),
    ('Cloud Memorystore for Memcached', 'Databases'),
    ('BigQuery', 'Analytics'),
    ('BigQuery Reservation API', 'Analytics'),
    ('BigQuery Storage API', 'Analytics'),
    ('BigQuery BI Engine', 'Analytics'),
    ('Cloud Dataflow', 'Analytics'),
    ('Cloud Dataproc', 'Analytics'),
    ('Cloud Data Fusion', 'Analytics'),
    ('Cloud Composer', 'Analytics'),
    ('Dataplex', 'Analytics'),
    ('Looker', 'Analytics'),
    ('Cloud Pub/Sub', 'Integration'),
    ('Cloud Tasks', 'Integration'),
    ('Cloud Scheduler', 'Integration'),
    ('Workflows', 'Integration'),
    ('Eventarc', 'Integration'),
    ('Apigee', 'Integration'),
    ('Networking', 'Networking'),
    ('Cloud DNS', 'Networking'),
    ('Cloud CDN', 'Networking'),
    ('Cloud Load Balancing', 'Networking'),
    ('Network Intelligence Center', 'Networking'),
    ('Cloud Armor', 'Security'),
    ('Networking Cloud Armor', 'Security'),
    ('Cloud Key Management Service (KMS)', 'Security'),
    ('Secret Manager', 'Security'),
    ('Security Command Center', 'Security'),
    ('Certificate Authority Service', 'Security'),
    ('reCAPTCHA Enterprise', 'Security'),
    ('Identity Platform', 'Identity'),
    ('Vertex AI', 'AI and Machine Learning'),
    ('Cloud Machine Learning Engine', 'AI and Machine Learning'),
    ('Gemini API', 'AI and Machine Learning'),
    ('Cloud Vision API', 'AI and Machine Learning'),
    ('Cloud Natural Language', 'AI and Machine Learning'),
    ('Cloud Speech API', 'AI and Machine Learning'),
    ('Cloud Document AI API', 'AI and Machine Learning'),
    ('Translate', 'AI and Machine Learning'),
    ('Dialogflow API', 'AI and Machine Learning'),
    ('Cloud Logging', 'Management and Governance'),
    ('Cloud Monitoring', 'Management and Governance'),
    ('Stackdriver Logging', 'Management and Governance'),
    ('Stackdriver Monitoring', 'Management and Governance'),
    ('Support', 'Management and Governance'),
    ('Artifact Registry', 'Developer Tools'),
    ('Container Registry Vulnerability Scanning', 'Developer Tools'),
    ('Cloud Build', 'Developer Tools'),
    ('Firebase Hosting', 'Web'),
    ('Maps API', 'Web')
) as service_categories (service, category) on service_categories.service = source.service_description
