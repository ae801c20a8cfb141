-- What a load found that FOCUS forbids but that does not make the money wrong; append-only.
create table if not exists lake.load_findings (
    load_number BIGINT,
    load_id VARCHAR,
    x_Provider VARCHAR,
    x_SourceId VARCHAR,
    x_BillingMonth DATE,
    finding VARCHAR,
    column_name VARCHAR,
    occurrences BIGINT,
    example VARCHAR
)
