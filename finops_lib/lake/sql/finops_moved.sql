-- Where a lake was moved to, without a password; one row in the catalog that was left behind.
create table if not exists finops_moved (
    moved_to TEXT NOT NULL,
    moved_at TEXT NOT NULL
)
