-- What each load held, per charge day; append-only, kept when snapshots expire: so it can always be said what was known
-- when. One row per load, slice, currency and UTC charge day.
create table if not exists lake.load_days (
    load_number BIGINT,
    load_id VARCHAR,
    x_Provider VARCHAR,
    x_SourceId VARCHAR,
    x_BillingMonth DATE,
    BillingCurrency VARCHAR,
    day DATE,
    rows_loaded BIGINT,
    billed_loaded DECIMAL(38,12),
    effective_loaded DECIMAL(38,12),
    list_loaded DECIMAL(38,12),
    contracted_loaded DECIMAL(38,12),
    loaded_at TIMESTAMP
)
