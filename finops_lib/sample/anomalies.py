"""Which labelled anomalies does the sample estate hold? Days are counted back from as_of.

Several lie within the last 60 days, so that reports have something to say; the older ones have become history.
"""

from __future__ import annotations

from finops_lib.sample.catalogue_azure import FLEETS as _AZURE
from finops_lib.sample.records import Event

_CORP = tuple(fleet.name for fleet in _AZURE if fleet.account == "corp-it" and fleet.shape not in {"clock", "fixed"})

EVENTS = (
    Event(
        "athena-full-scan", "spike_one_day", ("aws-data-athena",), 9, 9, 38.0, "one query scanned the whole lake",
        True,
    ),
    Event(
        "load-test-left-on", "spike_several_days", ("aws-dev-load-test",), 24, 20, 22.0,
        "a load test ran over the weekend and was not stopped", True,
    ),
    Event("cosmos-throughput", "level_shift", ("az-mobile-cosmos",), 38, 0, 0.85, "provisioned throughput was raised"),
    Event("debug-logging", "slow_ramp", ("gcp-web-logging",), 55, 0, 2.4, "debug logging was switched on, pod by pod"),
    Event("cdn-outage", "drop", ("aws-search-cdn",), 16, 13, -0.62, "traffic went around the distribution"),
    Event(
        "bedrock-launch", "new_service", ("aws-search-bedrock",), 13, 0, 0.0,
        "a new service without an announcement",
    ),
    Event("corp-diffuse", "diffuse_rise", _CORP, 18, 0, 0.22, "every service of one subscription rose, none much"),
    Event(
        "eu-sql-scale", "spike_several_days", ("az-eu-sql",), 7, 5, 2.6, "the database was scaled up for a sale",
        True,
    ),
    Event("glue-runaway", "sparse_burst", ("aws-data-glue",), 31, 30, 6.0, "a weekly job repeated itself", True),
    Event(
        "nat-transfer", "spike_several_days", ("aws-shared-nat-bytes",), 152, 148, 4.5,
        "backups went through the NAT", True,
    ),
    Event(
        "bigquery-backfill", "spike_one_day", ("gcp-web-analysis",), 101, 101, 9.0, "a backfill without partitions",
        True,
    ),
    Event("dynamo-growth", "level_shift", ("aws-pay-dynamodb",), 214, 0, 0.6, "a second copy of each write"),
    Event("app-outage", "drop", ("az-mobile-app",), 247, 242, -0.7, "the app was down for most of a week"),
)  # fmt: skip

# A fee is no fleet: the marketplace subscription jumps at the last first of a month that is a week old.
FEE_JUMP_NAME = "datadog-seats"
FEE_BEFORE, FEE_AFTER = 5400, 9150
FEE_RESOURCE = "arn:aws:aws-marketplace:us-east-1:480155729384:agreement/agmt-7b3k2q9d1x"
