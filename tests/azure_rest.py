"""A stand-in of Azure's Cost Management query API, with its bad manners: it truncates, throttles and shifts silently.

What it does is what Microsoft's pages and people who use it say (facts on connectors, section 3): bearer check,
api-version check, types, Custom time frames with both ends inclusive, granularity, grouping, aggregation, pages by
POST, no content, several currencies, both ways to write a day, and answers that a test makes go wrong.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

THROTTLED = {"error": {"code": "429", "message": "Too many requests. Please retry."}}
_LONGEST_MONTHS = 37


@dataclass(frozen=True, slots=True)
class Charge:
    """What one group costs on one day; a type that is not in `costs` does not have it."""

    day: date
    costs: Mapping[str, str]
    dimensions: Mapping[str, str]
    currency: str = "EUR"


@dataclass(frozen=True, slots=True)
class Fault:
    """One answer that goes wrong instead of being given."""

    status: int = 429
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = json.dumps(THROTTLED).encode()
    # Announces more bytes than it sends.
    is_cut: bool = False


@dataclass(slots=True)
class Asked:
    """One question as it came."""

    type: str
    start: date | None
    end: date | None
    path: str
    token: str
    body: dict[str, Any]


@dataclass(slots=True)
class CostApi:
    """What the stand-in holds and how it behaves; tests change it while it runs.

    Args:
        today: what is after it is in the future.
        page_rows: rows on one page.
        longest_days: daily answers are cut to so many days, the last ones.
        only_last_day: grouped daily answers have the last day that has costs, nothing else.
        next_host: host of the next pages, "" = this one.
        repeats_pages: the second page is the first again.
    """

    charges: list[Charge] = field(default_factory=list)
    today: date = date(2026, 6, 10)
    tokens: set[str] = field(default_factory=lambda: {"good"})
    page_rows: int = 1000
    longest_days: int = 31
    only_last_day: bool = False
    iso_days: bool = False
    has_currency: bool = True
    shifts_a_year: bool = False
    next_host: str = ""
    repeats_pages: bool = False
    headers: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    url: str = ""


@contextmanager
def served(api: CostApi) -> Iterator[CostApi]:
    """Serve it on a free port of this machine for as long as the block lasts."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(api))
    api.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(api: CostApi) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        # As Azure does; a cut answer then ends with its connection.
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            start, end = _period(body)
            api.asked.append(Asked(body.get("type", ""), start, end, self.path, token, body))
            if api.faults:
                self._fail(api.faults.pop(0))
                return
            self._send(*_answer(api, self.path, token, body))

        def _fail(self, fault: Fault) -> None:
            self._send(fault.status, fault.body, fault.headers, more=100 if fault.is_cut else 0)
            self.close_connection = fault.is_cut

        def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None, more: int = 0) -> None:
            self.send_response(status)
            for name, value in {**api.headers, **(headers or {})}.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body) + more))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


def _answer(api: CostApi, path: str, token: str, body: Mapping[str, Any]) -> tuple[int, bytes]:
    url = urlsplit(path)
    query = parse_qs(url.query)
    if token not in api.tokens:
        return _error(401, "Unauthorized", "The access token is invalid or has expired.")
    if not query.get("api-version"):
        return _error(400, "MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required.")
    scope, _, action = url.path.partition("/providers/Microsoft.CostManagement/")
    if action != "query":
        return _error(404, "NotFound", "No such resource.")
    if body.get("type") not in ("ActualCost", "AmortizedCost", "Usage"):
        return _error(400, "BadRequest", f"Invalid query definition: type {body.get('type')!r}.")
    dataset = body["dataset"]
    grouping = [group["name"] for group in dataset.get("grouping", ())]
    if "ResourceId" in grouping and not scope.lower().startswith("/subscriptions/"):
        return _error(400, "BadRequest", "ResourceId is not a valid dimension of this scope.")
    start, end = _period(body)
    if start is None or end is None:
        start, end = api.today.replace(day=1), api.today
    if start > end:
        start, end = end, start
    if (end - start).days > _LONGEST_MONTHS * 31:
        return _error(400, "BadRequest", f"The time period is longer than {_LONGEST_MONTHS} months.")
    if start > api.today or api.shifts_a_year:
        start, end = start.replace(year=start.year - 1), end.replace(year=end.year - 1)
    is_daily = dataset["granularity"] == "Daily"
    if is_daily:
        start = max(start, end - timedelta(days=api.longest_days - 1))
    [aggregation] = dataset["aggregation"].values()
    rows = _rows(api, body["type"], start, end, grouping, is_daily=is_daily)
    if not rows:
        return 204, b""
    skip = int(query.get("$skiptoken", ["0"])[0])
    page = rows[:1] if api.repeats_pages else rows[skip : skip + api.page_rows]
    columns = [(aggregation["name"], "Number")]
    columns += [("UsageDate", "Datetime" if api.iso_days else "Number")] if is_daily else []
    columns += [(name, "String") for name in grouping] + ([("Currency", "String")] if api.has_currency else [])
    told = json.dumps([{"name": name, "type": type_} for name, type_ in columns])
    link = "null"
    if skip + len(page) < len(rows):
        host = api.next_host or api.url
        link = json.dumps(f"{host}{url.path}?api-version=2023-11-01&$skiptoken={skip + len(page)}")
    # By hand, because a cost is written with all its digits.
    return 200, f'{{"properties":{{"nextLink":{link},"columns":{told},"rows":[{",".join(page)}]}}}}'.encode()


def _rows(api: CostApi, type_: str, start: date, end: date, grouping: Sequence[str], *, is_daily: bool) -> list[str]:
    sums: dict[tuple[str, ...], str] = {}
    charges = [charge for charge in api.charges if start <= charge.day <= end and type_ in charge.costs]
    if api.only_last_day and grouping:
        last = max((charge.day for charge in charges), default=None)
        charges = [charge for charge in charges if charge.day == last]
    for charge in charges:
        day = f'"{charge.day}T00:00:00"' if api.iso_days else f"{charge.day:%Y%m%d}"
        parts = [day] if is_daily else []
        parts += [json.dumps(charge.dimensions.get(name)) for name in grouping]
        parts += [json.dumps(charge.currency)] if api.has_currency else []
        cost, key = charge.costs[type_], tuple(parts)
        sums[key] = str(Decimal(sums[key]) + Decimal(cost)) if key in sums else cost
    return [f"[{cost},{','.join(key)}]" if key else f"[{cost}]" for key, cost in sorted(sums.items())]


def _period(body: Mapping[str, Any]) -> tuple[date | None, date | None]:
    period = body.get("timePeriod")
    if body.get("timeframe") != "Custom" or not period:
        return None, None
    return date.fromisoformat(period["from"][:10]), date.fromisoformat(period["to"][:10])


def _error(status: int, code: str, message: str) -> tuple[int, bytes]:
    return status, json.dumps({"error": {"code": code, "message": message}}).encode()
