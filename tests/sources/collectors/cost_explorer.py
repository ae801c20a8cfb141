"""A small model of Cost Explorer over line items, and a way between boto3 and moto on which answers can go wrong."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, slots=True)
class Item:
    """What one account paid for one service on a day; `amortized` is `billed` unless given."""

    day: str
    account: str
    service: str
    type: str
    billed: str
    amortized: str = ""
    region: str = "us-east-1"
    team: str = ""

    def value(self, key: str) -> str:
        names = {"RECORD_TYPE": self.type, "LINKED_ACCOUNT": self.account, "SERVICE": self.service}
        return {**names, "REGION": self.region, "team": f"team${self.team}"}[key]


def answer(items: Sequence[Item], question: dict[str, Any], *, estimated: bool = False) -> dict[str, Any]:
    """Give what Cost Explorer says to a question, on one page."""
    start, end = question["TimePeriod"]["Start"], question["TimePeriod"]["End"]
    daily = question["Granularity"] == "DAILY"
    first, second = (group["Key"] for group in question["GroupBy"])
    sums: dict[str, dict[tuple[str, str], list[Decimal]]] = defaultdict(dict)
    for item in items:
        if start <= item.day < end and _passes(item, question.get("Filter")):
            of_day = sums[item.day if daily else start]
            amounts = of_day.setdefault((item.value(first), item.value(second)), [Decimal(0), Decimal(0)])
            amounts[0] += Decimal(item.billed)
            amounts[1] += Decimal(item.amortized or item.billed)
    metrics = question["Metrics"]
    periods = []
    for day, groups in sorted(sums.items()):
        until = f"{day[:8]}{int(day[8:]) + 1:02d}" if daily else end
        found = [
            {
                "Keys": list(keys),
                "Metrics": {
                    name: {"Amount": f"{amount:f}", "Unit": "USD"}
                    for name, amount in zip(metrics[:2], amounts, strict=True)
                }
                | {metrics[2]: {"Amount": "24", "Unit": "N/A"}},
            }
            for keys, amounts in sorted(groups.items())
        ]
        periods.append({"TimePeriod": {"Start": day, "End": until}, "Groups": found, "Estimated": estimated})
    names = [
        {"Value": account, "Attributes": {"description": f"account {account[:1]}"}} for account in _accounts(items)
    ]
    return {"ResultsByTime": periods, "DimensionValueAttributes": names}


def _accounts(items: Sequence[Item]) -> list[str]:
    return sorted({item.account for item in items})


def _passes(item: Item, filter_: dict[str, Any] | None) -> bool:
    if filter_ is None:
        return True
    if "And" in filter_:
        return all(_passes(item, part) for part in filter_["And"])
    return item.value(filter_["Dimensions"]["Key"]) in filter_["Dimensions"]["Values"]


def post(url: str, body: object = None) -> None:
    request = urllib.request.Request(url, data=json.dumps(body).encode(), method="POST")
    with urllib.request.urlopen(request) as response:
        assert response.status in (200, 201)


def queue(moto: str, answers: Sequence[dict[str, Any]]) -> None:
    post(f"{moto}/moto-api/static/ce/cost-and-usage-results", {"results": list(answers)})


@dataclass
class Way:
    """Passes requests on to moto; the next ones are answered by what is put into `faults` instead: (status, body)."""

    url: str
    faults: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    questions: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def way_to(moto: str) -> Iterator[Way]:
    way = Way("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if "GetCostAndUsage" in (self.headers.get("X-Amz-Target") or ""):
                way.questions.append(json.loads(body))
                if way.faults:
                    status, fault = way.faults.pop(0)
                    self._send(status, json.dumps(fault).encode(), "application/x-amz-json-1.1")
                    return
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            request = urllib.request.Request(moto + self.path, data=body, headers=headers, method="POST")
            with urllib.request.urlopen(request) as response:
                self._send(response.status, response.read(), response.headers["Content-Type"])

        def _send(self, status: int, body: bytes, kind: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    way.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield way
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
