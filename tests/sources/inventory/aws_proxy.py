"""In front of moto: hands every call on, but for those that the test answers itself, or wants refused or put off."""

from __future__ import annotations

import http.client
import json
import re
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.local_server import LocalServer, QuietHandler

_QUERY = "<Error><Code>{0}</Code><Message>{1}</Message></Error>"
_MESSAGE = "User finops is not authorized to do this"


class AwsProxy(LocalServer):
    """Serves while it is entered.

    Attributes:
        refused: operation -> (status, code) of the error that is always answered.
        put_off: operation -> how many times it is told to slow down first.
        answers: operation of a service that moto does not have -> its answer to what was asked, both JSON.
        calls: how often each operation was asked, those that were refused included.
        bodies: what GetMetricData was asked.
    """

    def __init__(self, target: str) -> None:
        self.refused: dict[str, tuple[int, str]] = {}
        self.put_off: dict[str, int] = {}
        # An account without Cost Optimization Hub's advice.
        self.answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "ListRecommendations": lambda _: {"items": []}
        }
        self.calls: Counter[str] = Counter()
        self.bodies: list[dict[str, Any]] = []
        proxy = self

        class Handler(QuietHandler):
            def do_GET(self) -> None:
                status, kind, answer = proxy._answer(self.command, self.path, dict(self.headers), self.body(), target)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_POST = do_PUT = do_HEAD = do_GET

        super().__init__(Handler)

    def _answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes, target: str
    ) -> tuple[int, str, bytes]:
        operation = _operation(method, path, headers, body)
        self.calls[operation] += 1
        if operation == "GetMetricData":
            self.bodies.append(json.loads(body))
        if operation in self.refused:
            status, code = self.refused[operation]
            return _error(status, code, headers)
        if self.put_off.get(operation, 0):
            self.put_off[operation] -= 1
            return _error(503, "RequestLimitExceeded", headers)
        if operation in self.answers:
            made = json.dumps(self.answers[operation](json.loads(body)))
            return 200, "application/x-amz-json-1.0", made.encode()
        kept = {name: value for name, value in headers.items() if name.lower() not in ("host", "connection")}
        with closing(http.client.HTTPConnection(urlsplit(target).netloc)) as connection:
            connection.request(method, path, body=body, headers=kept)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("Content-Type", ""), answer.read()


def _operation(method: str, path: str, headers: dict[str, str], body: bytes) -> str:
    """Name what is asked; of S3, where everything is a path, by its question, e.g. `GET ?lifecycle`."""
    if target := headers.get("X-Amz-Target"):
        return target.rpartition(".")[2]
    if action := parse_qs(body.decode("utf-8", "replace")).get("Action"):
        return action[0]
    question = re.search(r"\?(\w+)", path)
    return f"{method} ?{question[1]}" if question else f"{method} {path}"


def _error(status: int, code: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
    if "X-Amz-Target" in headers:
        return status, "application/x-amz-json-1.0", json.dumps({"__type": code, "message": _MESSAGE}).encode()
    # Query services have the error below the root, EC2 below <Errors>, S3 at the root.
    service = headers.get("Authorization", "").partition("/aws4_request")[0].rpartition("/")[2]
    if service == "s3":
        return status, "application/xml", _QUERY.format(code, _MESSAGE).encode()
    inner = _QUERY.format(code, _MESSAGE)
    if service == "ec2":
        return status, "text/xml", f"<Response><Errors>{inner}</Errors></Response>".encode()
    return status, "text/xml", f"<ErrorResponse>{inner}</ErrorResponse>".encode()
