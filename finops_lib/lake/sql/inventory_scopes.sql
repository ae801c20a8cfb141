-- What was looked at, and what was not: one row per source, account, region and resource type (or type/metric), of the
-- newest look. needs = '' means that it was evaluated; anything else is the permission or API that was missing.
create table if not exists lake.inventory_scopes (
    x_Provider VARCHAR,
    x_SourceId VARCHAR,
    SubAccountId VARCHAR,
    RegionId VARCHAR,
    resource_type VARCHAR,
    resources BIGINT,
    needs VARCHAR,
    said VARCHAR,
    looked_at TIMESTAMP,
    evaluated_at TIMESTAMP
)
