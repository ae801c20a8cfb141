"""Google Cloud on this machine: Compute Engine, Cloud SQL and the Recommender by REST, Cloud Monitoring by gRPC."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Self

import grpc
from google.api.metric_pb2 import Metric
from google.api.monitored_resource_pb2 import MonitoredResource
from google.cloud.monitoring_v3 import ListTimeSeriesRequest, ListTimeSeriesResponse, TimeSeries
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from tests.stand_in import Refuse, Request, StandIn

_ZONE = "europe-west1-b"


def refusal(status: int, message: str, *, reason: str = "", service: str = "") -> Refuse:
    """Give an error as Google's REST interfaces write it."""
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": reason,
        "domain": "googleapis.com",
        "metadata": {"service": service},
    }
    error = {"code": status, "message": message, "errors": [{"message": message, "reason": "forbidden"}]}
    return Refuse(status, {"error": error | ({"details": [info]} if reason else {})})


class GcpStandIn(StandIn):
    """Compute Engine, Cloud SQL and the Recommender with one project, `shop`, number 441570621172.

    Attributes:
        lists: name in the path (`instances`, `snapshots`, `sql`) -> place -> documents; one list is all `global`.
        advice: (location, recommender) -> documents.
        refused: name in the path -> the error that it answers.
        page: documents a page.
        silent_zones: zones that did not answer, in a list that says so only beside them.
    """

    def __init__(self) -> None:
        super().__init__()
        self.lists: dict[str, dict[str, list[dict[str, Any]]]] = {}
        self.advice: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.refused: dict[str, Refuse] = {}
        self.page = 500
        self.silent_zones: list[str] = []
        self.account = "441570621172-compute@developer.gserviceaccount.com"

    def answer(self, request: Request) -> Mapping[str, Any]:
        path = request.path
        if re.fullmatch(r"/compute/v1/projects/\w+", path):
            return self._named("project", request) or {"name": "shop", "defaultServiceAccount": self.account}
        if match := re.fullmatch(r"/compute/v1/projects/\w+/aggregated/(\w+)", path):
            return self._named(match[1], request) or self._aggregated(match[1], request.query)
        if match := re.fullmatch(r"/compute/v1/projects/\w+/global/(\w+)", path):
            return self._named(match[1], request) or self._listed(match[1], request.query)
        if re.fullmatch(r"/v1/projects/\w+/instances", path):
            return self._named("sql", request) or self._listed("sql", request.query)
        asked = re.fullmatch(r"/v1/projects/\w+/locations/([\w-]+)/recommenders/([\w.]+)/recommendations", path)
        if asked:
            return self._named(asked[2], request) or self._advised(asked[1], asked[2], request.query)
        raise refusal(404, f"{path} was not found")

    def _named(self, name: str, request: Request) -> None:
        if "/projects/shop" not in request.path:
            raise refusal(404, "The resource 'projects/other' was not found")
        if name in self.refused:
            raise self.refused[name]

    def _cut(self, items: list[Any], query: Mapping[str, str]) -> tuple[list[Any], dict[str, str]]:
        start = int(query.get("pageToken", "0"))
        end = start + min(self.page, int(query.get("maxResults", "500")))
        return items[start:end], {"nextPageToken": str(end)} if end < len(items) else {}

    def _aggregated(self, name: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        flat = [(place, one) for place, those in self.lists.get(name, {}).items() for one in those]
        some, token = self._cut(flat, query)
        warning = {"code": "NO_RESULTS_ON_PAGE", "message": "There are no results for scope on this page."}
        items: dict[str, dict[str, Any]] = {f"zones/{_ZONE}": {"warning": warning}}
        for zone in self.silent_zones:
            items[zone] = {"warning": {"code": "UNREACHABLE", "message": "The zone could not be reached."}}
        for place, one in some:
            items.setdefault(place, {}).pop("warning", None)
            items[place].setdefault(name, []).append(one)
        return {"kind": f"compute#{name}AggregatedList", "items": items, **token}

    def _advised(self, place: str, recommender: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        start = int(query.get("pageToken", "0"))
        those = self.advice.get((place, recommender), [])
        wanted = query.get("filter", "").rpartition(":")[2]
        those = [one for one in those if wanted in ("", one["stateInfo"]["state"])]
        some = those[start : start + self.page]
        token = {"nextPageToken": str(start + self.page)} if start + self.page < len(those) else {}
        return ({"recommendations": some} if some else {}) | token

    def _listed(self, name: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        some, token = self._cut(self.lists.get(name, {}).get("global", []), query)
        # Empty lists are left out, as Google does.
        return ({"items": some} if some else {}) | token


@dataclass(frozen=True)
class Samples:
    """One series as it was measured: (seconds since 1970, value), the value of a counter being what was added."""

    metric: str
    resource: Mapping[str, str]
    points: list[tuple[int, float]]
    labels: Mapping[str, str] = field(default_factory=dict)
    is_counter: bool = False


class MonitoringStandIn:
    """Cloud Monitoring: filters, aligns and adds up as it does for the requests that ours make.

    Attributes:
        errors: answered instead, one after the other: (status, message, reason, service).
        page: series a page.
    """

    def __init__(self) -> None:
        self.samples: list[Samples] = []
        self.unknown: set[str] = set()
        self.errors: list[tuple[int, str, str, str]] = []
        self.page = 1000
        self.repeat_page = False
        self.requests: list[Any] = []
        self._server = grpc.server(ThreadPoolExecutor(2))
        handler = grpc.unary_unary_rpc_method_handler(
            self._list,
            request_deserializer=ListTimeSeriesRequest.deserialize,
            response_serializer=ListTimeSeriesResponse.serialize,
        )
        service = grpc.method_handlers_generic_handler(
            "google.monitoring.v3.MetricService", {"ListTimeSeries": handler}
        )
        self._server.add_generic_rpc_handlers((service,))
        self._port = self._server.add_insecure_port("127.0.0.1:0")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(grace=None).wait()

    def _list(self, request: Any, context: Any) -> Any:
        self.requests.append(request)
        if self.errors:
            self._abort(context, *self.errors.pop(0))
        metric = str(re.findall(r'metric\.type = "([^"]+)"', request.filter)[0])
        if metric in self.unknown:
            self._abort(context, code_pb2.NOT_FOUND, f"Cannot find metric(s) that match type = {metric!r}.", "", "")
        aligner = request.aggregation.per_series_aligner.name
        chosen = [one for one in self.samples if one.metric == metric and _chosen(request.filter, one)]
        if aligner == "ALIGN_MAX" and any(one.is_counter for one in chosen):
            self._abort(context, code_pb2.INVALID_ARGUMENT, "The aligner does not fit the metric.", "", "")
        start, end = (int(moment.timestamp()) for moment in (request.interval.start_time, request.interval.end_time))
        aligned = [(one, _aligned(one, aligner, start, end)) for one in chosen]
        if request.aggregation.cross_series_reducer.name == "REDUCE_SUM":
            aligned = _added_up(aligned, request.aggregation.group_by_fields[0].split(".")[-1])
        found = [_series(one, points) for one, points in aligned if points]
        first = int(request.page_token or "0")
        last = first + self.page
        token = request.page_token or "0" if self.repeat_page else str(last) if last < len(found) else ""
        return ListTimeSeriesResponse(time_series=found[first:last], next_page_token=token)

    def _abort(self, context: Any, code: int, message: str, reason: str, service: str) -> None:
        status = status_pb2.Status(code=code, message=message)
        if reason:
            info = error_details_pb2.ErrorInfo(reason=reason, domain="googleapis.com", metadata={"service": service})
            status.details.add().Pack(info)
        context.abort_with_status(rpc_status.to_status(status))


def _chosen(condition: str, one: Samples) -> bool:
    [(label, names)] = re.findall(r"resource\.labels\.(\w+) = one_of\(([^)]*)\)", condition)
    states = re.findall(r'metric\.labels\.(\w+) = "([^"]+)"', condition)
    return f'"{one.resource.get(label)}"' in names and all(one.labels.get(key) == value for key, value in states)


def _aligned(one: Samples, aligner: str, start: int, end: int) -> dict[int, float]:
    points: dict[int, float] = {}
    for until in range(end, start, -300):
        values = [value for time, value in one.points if until - 300 < time <= until]
        if values:
            made = {
                "ALIGN_MEAN": sum(values) / len(values),
                "ALIGN_MAX": max(values),
                "ALIGN_RATE": sum(values) / 300,
            }
            points[until] = made[aligner]
    return points


def _added_up(
    aligned: Iterable[tuple[Samples, dict[int, float]]], label: str
) -> list[tuple[Samples, dict[int, float]]]:
    sums: dict[str, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    metric = ""
    for one, points in aligned:
        metric = one.metric
        for time, value in points.items():
            sums[one.resource[label]][time] += value
    return [(Samples(metric, {label: name}, []), dict(points)) for name, points in sums.items()]


def _series(one: Samples, points: Mapping[int, float]) -> TimeSeries:
    return TimeSeries(
        metric=Metric(type=one.metric, labels=one.labels),
        resource=MonitoredResource(type="gce_instance", labels=one.resource),
        points=[
            {"interval": {"end_time": {"seconds": time}}, "value": {"double_value": value}}
            for time, value in sorted(points.items(), reverse=True)
        ],
    )
