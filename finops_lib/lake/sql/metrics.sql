-- How busy resources are: one row per resource, metric and hour (UTC). points = how many the provider gave in the hour;
-- bins and counts are their histogram, of the maxima where there are any: bins are rising, counts add up to points.
-- In percent a bin is one percent, [bin, bin + 1), 100 % in bin 100; other units have bins of 5 %: bin 0 is below 1,
-- bin b is [1.05^(b-1), 1.05^b) (domain.md 2.2: percentiles cannot be averaged, histograms can be added).
create table if not exists lake.metrics (
    x_Provider VARCHAR,
    x_SourceId VARCHAR,
    SubAccountId VARCHAR,
    RegionId VARCHAR,
    resource_type VARCHAR,
    ResourceId VARCHAR,
    metric VARCHAR,
    unit VARCHAR,
    hour TIMESTAMP,
    points USMALLINT,
    mean DOUBLE,
    max DOUBLE,
    bins USMALLINT[],
    counts USMALLINT[]
)
