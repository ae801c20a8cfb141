"""A provider on a port of this machine: what it answers is decided by a subclass, what goes wrong by the test."""

from __future__ import annotations

import json
import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Fault:
    """One wrong answer, given instead of the right one.

    Args:
        body: JSON, or text as it is.
        cut: promises more bytes than it sends, and hangs up.
        hang_s: so long nothing is answered, and then it hangs up; over when the stand-in is left.
        reset: hangs up without a word.
    """

    status: int = 200
    body: Any = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    hang_s: float = 0
    reset: bool = False


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class Refuse(Exception):
    """Raised by a subclass: an answer that is an error."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class StandIn(ABC):
    """Serves while it is entered.

    Attributes:
        faults: part of a path -> what is answered instead, one after the other.
        requests: what was asked, oldest first.
    """

    def __init__(self) -> None:
        self.faults: dict[str, list[Fault]] = {}
        self.requests: list[Request] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Otherwise a body waits 40 ms for the header's receipt.
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                stand_in._serve(self)

            do_POST = do_GET

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._left = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @abstractmethod
    def answer(self, request: Request) -> Mapping[str, Any]:
        """Give the JSON of one answer; raises Refuse."""

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        content = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        request = Request(
            handler.command,
            parts.path,
            dict(parse_qsl(parts.query)),
            json.loads(content) if content else {},
            {name.lower(): value for name, value in handler.headers.items()},
        )
        self.requests.append(request)
        planned = next((faults for part, faults in self.faults.items() if part in request.path and faults), None)
        if planned:
            self._send(handler, planned.pop(0))
            return
        try:
            self._send(handler, Fault(200, self.answer(request)))
        except Refuse as refuse:
            self._send(handler, Fault(refuse.status, refuse.body))

    def _send(self, handler: BaseHTTPRequestHandler, fault: Fault) -> None:
        if fault.hang_s:
            self._left.wait(fault.hang_s)
        if fault.reset or fault.hang_s:
            # Whoever asked has gone, or shall find nobody.
            handler.close_connection = True
            return
        content = (fault.body if isinstance(fault.body, str) else json.dumps(fault.body)).encode()
        handler.send_response(fault.status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(content) + (50 if fault.cut else 0)))
        for name, value in fault.headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)
        handler.close_connection = handler.close_connection or fault.cut
