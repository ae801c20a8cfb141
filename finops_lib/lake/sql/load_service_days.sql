-- What each load held of the usage days of the 45 days before its delivery, per service: how fast days fill is learned
-- from it. Append-only. One row per load, slice, billing account, service, currency and UTC usage day.
create table if not exists lake.load_service_days (
    load_number BIGINT,
    load_id VARCHAR,
    x_Provider VARCHAR,
    x_SourceId VARCHAR,
    x_BillingMonth DATE,
    BillingCurrency VARCHAR,
    BillingAccountId VARCHAR,
    ServiceName VARCHAR,
    day DATE,
    billed_loaded DECIMAL(38,12),
    effective_loaded DECIMAL(38,12),
    delivered_on DATE,
    loaded_at TIMESTAMP
)
