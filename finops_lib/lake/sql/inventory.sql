-- What resources there are: one row per resource, as of the newest look that found it or found it gone. A resource that
-- is gone stays, with gone_at: a saving is proven by it. Times are UTC.
create table if not exists lake.inventory (
    x_Provider VARCHAR,
    x_SourceId VARCHAR,
    SubAccountId VARCHAR,
    RegionId VARCHAR,
    resource_type VARCHAR,
    ResourceId VARCHAR,
    ResourceName VARCHAR,
    state VARCHAR,
    state_since TIMESTAMP,
    created_at TIMESTAMP,
    attributes MAP(VARCHAR, VARCHAR),
    Tags MAP(VARCHAR, VARCHAR),
    first_seen TIMESTAMP,
    last_seen TIMESTAMP,
    gone_at TIMESTAMP
)
