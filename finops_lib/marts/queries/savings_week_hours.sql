-- question: in which hours of the week did each machine do anything, in the last four weeks of its metrics?
-- grain:    x_Provider x account_id x ResourceId
-- unit:     busy and seen: a number for each day, Monday first (UTC), whose bit 0 is the hour from 00:00; seen = in both halves of the four weeks; hours of cpu, network_in and network_out there are
-- reads:    metrics
with hours as (
    select
        x_Provider,
        SubAccountId as account_id,
        ResourceId,
        metric,
        isodow(hour) as day,
        cast(1 as uinteger) << cast(extract('hour' from hour) as uinteger) as bit,
        -- Nobody works below 5 % of CPU and 1 kB a second (domain.md 4, A16).
        mean >= if(metric = 'cpu', 5, 1000) as is_busy,
        hour >= cast($as_of as date) - interval 13 day as is_late
    from metrics
    where metric in ('cpu', 'network_in', 'network_out')
        and resource_type in ('aws-ec2-instance', 'azure-virtual-machine', 'gcp-instance')
        and hour >= cast($as_of as date) - interval 27 day
        and hour < cast($as_of as date) + interval 1 day
        and points > 0
        and ($provider = '' or x_Provider = $provider)
),
-- One group for each machine: 168 of them would not fit into memory for a large estate.
weeks as (
    select
        x_Provider,
        account_id,
        ResourceId,
        [
            bit_or(bit) filter (where day = 1 and is_busy),
            bit_or(bit) filter (where day = 2 and is_busy),
            bit_or(bit) filter (where day = 3 and is_busy),
            bit_or(bit) filter (where day = 4 and is_busy),
            bit_or(bit) filter (where day = 5 and is_busy),
            bit_or(bit) filter (where day = 6 and is_busy),
            bit_or(bit) filter (where day = 7 and is_busy)
        ] as busy,
        [
            bit_or(bit) filter (where day = 1 and metric = 'cpu' and not is_late),
            bit_or(bit) filter (where day = 2 and metric = 'cpu' and not is_late),
            bit_or(bit) filter (where day = 3 and metric = 'cpu' and not is_late),
            bit_or(bit) filter (where day = 4 and metric = 'cpu' and not is_late),
            bit_or(bit) filter (where day = 5 and metric = 'cpu' and not is_late),
            bit_or(bit) filter (where day = 6 and metric = 'cpu' and not is_late),
            bit_or(bit) filter (where day = 7 and metric = 'cpu' and not is_late)
        ] as seen_early,
        [
            bit_or(bit) filter (where day = 1 and metric = 'cpu' and is_late),
            bit_or(bit) filter (where day = 2 and metric = 'cpu' and is_late),
            bit_or(bit) filter (where day = 3 and metric = 'cpu' and is_late),
            bit_or(bit) filter (where day = 4 and metric = 'cpu' and is_late),
            bit_or(bit) filter (where day = 5 and metric = 'cpu' and is_late),
            bit_or(bit) filter (where day = 6 and metric = 'cpu' and is_late),
            bit_or(bit) filter (where day = 7 and metric = 'cpu' and is_late)
        ] as seen_late,
        count(*) filter (where metric = 'cpu') as cpu_hours,
        count(*) filter (where metric = 'network_in') as network_in_hours,
        count(*) filter (where metric = 'network_out') as network_out_hours
    from hours
    group by x_Provider, account_id, ResourceId
)
select
    x_Provider,
    account_id,
    ResourceId,
    list_transform(busy, lambda bits: coalesce(bits, 0)) as busy,
    list_transform(
        list_zip(seen_early, seen_late), lambda pair: coalesce(pair[1], 0) & coalesce(pair[2], 0)
    ) as seen,
    cpu_hours,
    network_in_hours,
    network_out_hours
from weeks
order by x_Provider, account_id, ResourceId
