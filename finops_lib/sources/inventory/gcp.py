"""Google Cloud: Compute Engine and Cloud SQL say what there is, Cloud Monitoring how busy it is.

Identity: Google's application default credentials; extra `gcp`. The roles Compute Viewer, Cloud SQL Viewer,
Monitoring Viewer and Recommender Viewer on each project are enough for all of it. What a resource's id is:
gcp_compute.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from finops_lib.breaker import Breaker
from finops_lib.errors import SourceError
from finops_lib.sources.collectors import Options, Permission, Tried
from finops_lib.sources.inventory import INVENTORIES, AskedInventory, Resource, Scope, Series
from finops_lib.sources.inventory import gcp_compute as compute
from finops_lib.sources.inventory import gcp_recommender as recommender
from finops_lib.sources.inventory import gcp_sql as sql
from finops_lib.sources.inventory.gcp_clients import GcpOptions, monitoring_client, require_clients
from finops_lib.sources.inventory.gcp_metrics import METRICS, Metric, may_read, metrics_of
from finops_lib.sources.inventory.gcp_metrics import PERMISSION as METRICS_PERMISSION
from finops_lib.sources.inventory.gcp_metrics import series as series_of
from finops_lib.sources.inventory.looks import NotAllowed, look, one_line

_MONITORING = "monitoring.googleapis.com"


class GcpInventory:
    """All looks at Google Cloud."""

    options: type[Options] = GcpOptions
    permissions: tuple[Permission, ...] = (
        *(Permission(kind.permission, f"{kind.needed_for}; in the role Compute Viewer") for kind in compute.KINDS),
        Permission(compute.NUMBER_PERMISSION, "to name resources as the bill does; in the role Compute Viewer"),
        Permission(sql.PERMISSION, "idle databases; in the role Cloud SQL Viewer"),
        Permission(METRICS_PERMISSION, "utilisation; in the role Monitoring Viewer"),
        *recommender.PERMISSIONS,
    )

    def scopes(self, options: GcpOptions, asked: AskedInventory) -> Iterator[Scope]:
        """Look at each kind of resource in each project."""
        require_clients()
        for done, project in enumerate(options.projects):
            asked.progress(project, done, len(options.projects))
            breaker = Breaker(f"Compute Engine of {project}")
            number = _number(options, project)
            seen: list[Scope] = []
            for kind in compute.KINDS:
                seen.append(
                    look(
                        partial(_found, options, kind, project, number),
                        type=kind.type,
                        account=project,
                        region="",
                        api=f"compute.googleapis.com to {kind.permission}",
                        breaker=breaker,
                    )
                )
                yield seen[-1]
            # Cloud SQL may be well when Compute Engine is not.
            seen.append(
                look(
                    partial(sql.resources, options, project),
                    type=sql.TYPE,
                    account=project,
                    region="",
                    api="sqladmin.googleapis.com",
                    breaker=Breaker(f"Cloud SQL of {project}"),
                )
            )
            yield seen[-1]
            yield look(
                partial(_advised, options, project, seen),
                type=recommender.TYPE,
                account=project,
                region="",
                api="recommender.googleapis.com",
                breaker=Breaker(f"Recommender of {project}"),
            )

    def series(self, options: GcpOptions, asked: AskedInventory, resources: list[Resource]) -> Iterator[Series | Scope]:
        """Fetch metric by metric in each project, for all resources of a type that have it."""
        require_clients()
        wanted: dict[tuple[str, str, Metric], list[Resource]] = {}
        for one in resources:
            for metric in metrics_of(one) if one.type in METRICS else ():
                wanted.setdefault((one.account, one.type, metric), []).append(one)
        if not wanted:
            return
        breaker = Breaker("Cloud Monitoring")
        with monitoring_client(options) as client:
            for done, ((project, type_, metric), those) in enumerate(wanted.items()):
                asked.progress(f"{metric.name} in {project}", done, len(wanted))
                needs, said = "", ""
                try:
                    with breaker.call():
                        try:
                            yield from series_of(client, asked, metric, those)
                        except NotAllowed as refusal:
                            # A refusal is an answer, and no failure of the provider.
                            needs, said = refusal.needs, refusal.said
                except SourceError as error:
                    if breaker.is_open:
                        raise
                    needs, said = f"answer of {_MONITORING}", one_line(error.what)
                for region in sorted({one.region for one in those}):
                    yield Scope(f"{type_}/{metric.name}", project, region, needs=needs, said=said)

    def try_permissions(self, options: GcpOptions) -> list[Tried]:
        """Ask each project for the first page of each list."""
        require_clients()
        tried: list[Tried] = []
        for permission in self.permissions:
            missing: dict[str, str] = {}
            for project in options.projects:
                try:
                    _try(options, permission.name, project)
                except SourceError as error:
                    missing[project] = error.said if isinstance(error, NotAllowed) else error.what
            said = "; ".join(f"{project}: {why}" for project, why in missing.items())
            allowed = f"allowed in {len(options.projects)} project(s)"
            tried.append(Tried(permission, not missing, one_line(said or allowed)))
        return tried


INVENTORIES.register("gcp")(GcpInventory())


def _number(options: GcpOptions, project: str) -> str | SourceError:
    try:
        return compute.project_number(options, project)
    except SourceError as error:
        return error


def _found(options: GcpOptions, kind: compute.Kind, project: str, number: str | SourceError) -> list[Resource]:
    if isinstance(number, SourceError):
        raise number
    return compute.resources(options, kind, project, number)


def _advised(options: GcpOptions, project: str, seen: list[Scope]) -> Iterator[Resource]:
    """Give Google's advice, where the places of the project are known."""
    refused = next((scope for scope in seen if scope.needs), None)
    if refused is not None:
        raise NotAllowed(refused.needs, f"where the project has resources is not known: {refused.said}")
    places = recommender.places_of(one for scope in seen for one in scope.resources)
    yield from recommender.resources(options, project, places)


def _try(options: GcpOptions, permission: str, project: str) -> None:
    if permission == METRICS_PERMISSION:
        with monitoring_client(options) as client:
            may_read(client, project)
    elif permission == sql.PERMISSION:
        sql.first_page(options, project)
    elif permission in {one.name for one in recommender.PERMISSIONS}:
        recommender.first_page(options, project, permission)
    elif permission == compute.NUMBER_PERMISSION:
        compute.project_number(options, project)
    else:
        [kind] = [kind for kind in compute.KINDS if kind.permission == permission]
        compute.first_page(options, kind, project)
