-- What a provider calls the version of a billing month that the lake holds, append-only. The newest row of a source and
-- month counts, and only while the source's newest load there is load_number: whatever else is loaded makes it void.
-- x_BillingMonth is null for deliveries that do not tell their months apart; load_number is 0 where nothing is loaded.
create table if not exists lake.markers (
    x_SourceId VARCHAR,
    x_BillingMonth DATE,
    marker VARCHAR,
    load_number BIGINT,
    seen_at TIMESTAMP
)
