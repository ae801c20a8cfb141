-- Snapshots that must never be expired, and whose they are: a run's id, or a name a person gave.
create table if not exists finops_pin (
    snapshot_id BIGINT NOT NULL,
    owner TEXT NOT NULL,
    reason TEXT NOT NULL,
    pinned_at TEXT NOT NULL,
    PRIMARY KEY (snapshot_id, owner)
)
