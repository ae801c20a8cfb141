"""Azure Resource Manager on this machine: Resource Graph, what a caller may do, and Monitor's metrics.

Resource Graph's queries are read, not recognised: `where type =~`, `project` with the functions that ours use, over the
documents of a test. It leaves out what the caller may not read, as the real one does, without a word.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from tests.stand_in import Refuse, Request, StandIn

READER = {"actions": ["*/read"], "notActions": []}
# The columns of the table `resources`; a query that names another is refused.
_COLUMNS = {
    "id", "name", "type", "tenantId", "kind", "location", "resourceGroup", "subscriptionId", "managedBy", "sku", "plan",
    "properties", "tags", "identity", "zones", "extendedLocation",
}  # fmt: skip
_FUNCTIONS: Mapping[str, Callable[[Any], Any]] = {
    "tostring": lambda value: "" if value is None else str(value),
    "array_length": lambda value: len(value) if isinstance(value, list) else None,
}


class AzureStandIn(StandIn):
    """Azure with one caller.

    Attributes:
        resources: documents as Azure Resource Manager gives them, plus `subscriptionId`.
        roles: subscription -> what the caller may do in all of it; one that is not here cannot even be asked.
        page: rows a page.
        metrics: (id in lower case, name) -> points.
        metric_names: what Monitor has at all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.resources: list[dict[str, Any]] = []
        self.roles: dict[str, list[dict[str, Any]]] = {}
        self.page = 1000
        self.metrics: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self.metric_names: set[str] = set()

    def answer(self, request: Request) -> Mapping[str, Any]:
        if not request.headers.get("authorization", "").startswith("Bearer "):
            raise _refuse(401, "AuthenticationFailed", "Authentication failed.")
        if "api-version" not in request.query:
            raise _refuse(400, "MissingApiVersionParameter", "The api-version query parameter is required.")
        if request.path == "/providers/Microsoft.ResourceGraph/resources":
            return self._graph(request.body)
        if match := re.fullmatch(r"/subscriptions/([^/]+)/providers/Microsoft.Authorization/permissions", request.path):
            if match[1] not in self.roles:
                raise _refuse(404, "SubscriptionNotFound", f"The subscription '{match[1]}' could not be found.")
            return {"value": self.roles[match[1]]}
        if match := re.fullmatch(r"(/subscriptions/.+)/providers/Microsoft.Insights/metrics", request.path):
            return self._monitor(match[1], request.query)
        raise _refuse(404, "NotFound", request.path)

    def _may(self, subscription: str, action: str) -> bool:
        return any(
            re.fullmatch(pattern.replace("*", ".*"), action, re.IGNORECASE)
            for role in self.roles.get(subscription, [])
            for pattern in role["actions"]
        )

    def _graph(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        asked = body.get("subscriptions") or list(self.roles)
        if not any(one in self.roles for one in asked):
            raise _refuse(403, "AccessDenied", "Access is denied to the requested resource.")
        visible = [
            one
            for one in self.resources
            if one["subscriptionId"] in asked and self._may(one["subscriptionId"], f"{one['type']}/read")
        ]
        subscriptions = [
            {"id": f"/subscriptions/{one}", "type": "microsoft.resources/subscriptions", "subscriptionId": one}
            for one in asked
            if one in self.roles
        ]
        advice = [one for one in visible if one["type"].lower() == "microsoft.advisor/recommendations"]
        tables = {"resources": visible, "resourcecontainers": subscriptions, "advisorresources": advice}
        found = _run(body["query"], tables)
        start = int(body["options"].get("$skipToken", "0"))
        rows = found[start : start + self.page]
        more = start + len(rows) < len(found)
        page = {"totalRecords": len(found), "count": len(rows), "resultTruncated": "false", "data": rows}
        return page | ({"$skipToken": str(start + len(rows))} if more else {})

    def _monitor(self, resource: str, query: Mapping[str, str]) -> Mapping[str, Any]:
        subscription = resource.split("/")[2]
        if not self._may(subscription, "Microsoft.Insights/metrics/read"):
            action = "microsoft.insights/metrics/read"
            said = f"The client 'c' does not have authorization to perform action '{action}' over scope '{resource}'."
            raise _refuse(403, "AuthorizationFailed", said)
        names = query["metricnames"].split(",")
        for name in names:
            if name not in self.metric_names:
                raise _refuse(400, "BadRequest", f"Failed to find metric configuration for metric: {name}")
        start, end = (datetime.fromisoformat(part) for part in query["timespan"].split("/"))
        wanted = {name.lower() for name in query["aggregation"].split(",")} | {"timeStamp"}

        def points(name: str) -> list[dict[str, Any]]:
            return [
                {key: value for key, value in point.items() if key in wanted}
                for point in self.metrics.get((resource.lower(), name), [])
                if start <= datetime.fromisoformat(point["timeStamp"]) < end
            ]

        series = [{"name": {"value": name}, "timeseries": [{"data": points(name)}]} for name in names]
        return {"interval": query["interval"], "value": series}


def _refuse(status: int, code: str, message: str) -> Refuse:
    return Refuse(status, {"error": {"code": code, "message": message}})


def _run(query: str, tables: Mapping[str, Sequence[Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Run the part of the query language that our queries use; anything else is refused."""
    text = "\n".join(line for line in query.splitlines() if not line.strip().startswith("//"))
    table, *steps = (step.strip() for step in text.split("\n|"))
    rows: Sequence[Mapping[str, Any]] = tables[table]
    for step in steps:
        if match := re.fullmatch(r"where type =~ '([^']+)'", step):
            rows = [row for row in rows if row["type"].lower() == match[1].lower()]
        elif match := re.fullmatch(r"where (properties\.\w+) =~ '([^']+)'", step):
            rows = [row for row in rows if str(_path(match[1], row)).lower() == match[2].lower()]
        elif step.startswith("project"):
            columns = [column.strip() for column in step.removeprefix("project").split(",")]
            rows = [dict(_column(column, row) for column in columns) for row in rows]
        elif step == "order by id asc":
            rows = sorted(rows, key=lambda row: row["id"])
        else:
            raise _refuse(400, "BadRequest", f"Query is invalid: {step}")
    return [dict(row) for row in rows]


def _column(column: str, row: Mapping[str, Any]) -> tuple[str, Any]:
    name, _, expression = (part.strip() for part in column.partition("="))
    expression = expression or name
    call = re.fullmatch(r"(\w+)\((.+)\)", expression)
    if call and call[1] not in _FUNCTIONS:
        raise _refuse(400, "BadRequest", f"Unknown function: {call[1]}")
    value = _path(call[2] if call else expression, row)
    return name, _FUNCTIONS[call[1]](value) if call else value


def _path(path: str, row: Mapping[str, Any]) -> Any:
    first, *rest = re.findall(r"\w+", path)
    if first not in _COLUMNS:
        raise _refuse(400, "BadRequest", f"Failed to resolve column: {first}")
    value = row.get(first)
    for part in rest:
        if isinstance(value, list):
            value = value[int(part)] if part.isdigit() and int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value
