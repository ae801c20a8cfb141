-- Why a load changed the money of the slice it replaced; append-only, kept when snapshots expire. One row per load,
-- slice, currency, service and part; no rows for the first load of a slice. The changes of all parts add up to what the
-- load changed, in rows and money. part: 'late usage', 're-rated', 'credit or refund', 'tax and fees', 'removed',
-- 'tags moved' (changes nothing: *_moved is the money that is now under other tags), or 'our mapping' for all of a load
-- that was read by another version of ours, 'repaired' for what the lake held otherwise than its load says. charges: how many charges of the new load were touched; of 'removed', of
-- the old one.
create table if not exists lake.load_changes (
    load_number BIGINT,
    load_id VARCHAR,
    replaced_load_number BIGINT,
    x_Provider VARCHAR,
    x_SourceId VARCHAR,
    x_BillingMonth DATE,
    BillingCurrency VARCHAR,
    ServiceName VARCHAR,
    part VARCHAR,
    charges BIGINT,
    rows_change BIGINT,
    billed_change DECIMAL(38,12),
    effective_change DECIMAL(38,12),
    billed_moved DECIMAL(38,12),
    effective_moved DECIMAL(38,12),
    loaded_at TIMESTAMP
)
