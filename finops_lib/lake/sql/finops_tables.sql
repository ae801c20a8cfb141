-- Which version of the lake's tables was made; in the catalog's database, so that it moves with the catalog.
create table if not exists finops_tables (
    version INTEGER NOT NULL
)
