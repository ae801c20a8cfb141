"""A proxy in front of a real server that fails when it is told to: on this machine, over plain HTTP."""

from __future__ import annotations

import http.client
import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Literal
from urllib.parse import urlsplit

# reset: the connection breaks; cut: half of the announced bytes come; half: half an answer as if it were all;
# fewer: a whole answer whose rows are not all there.
Kind = Literal["429", "500", "403", "reset", "cut", "half", "fewer"]
_REASONS = {"429": "rateLimitExceeded", "500": "backendError", "403": "accessDenied"}


@dataclass(slots=True)
class Fault:
    kind: Kind
    path: str
    times: int


@dataclass(slots=True)
class FaultyProxy:
    """Counts what passes; `fail` arms a fault for the next requests whose path has a text in it."""

    upstream: str
    url: str = ""
    seen: list[str] = field(default_factory=list)
    _faults: list[Fault] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def fail(self, kind: Kind, path: str, *, times: int = 1) -> None:
        self._faults.append(Fault(kind, path, times))

    @property
    def all_came(self) -> bool:
        return not any(fault.times for fault in self._faults)

    def fault_of(self, request: str) -> Kind | None:
        with self._lock:
            self.seen.append(request)
            for fault in self._faults:
                if fault.times and fault.path in request:
                    fault.times -= 1
                    return fault.kind
        return None


@contextmanager
def faulty_proxy(upstream: str) -> Iterator[FaultyProxy]:
    """Run a proxy for as long as the block lasts."""
    proxy = FaultyProxy(upstream)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _pass(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = self.rfile.read(length)
            kind = proxy.fault_of(f"{self.command} {self.path}")
            if kind in _REASONS:
                error = {"errors": [{"reason": _REASONS[kind], "message": f"told {kind}"}], "message": f"told {kind}"}
                self._answer(int(kind), json.dumps({"error": {"code": int(kind), **error}}).encode())
            elif kind == "reset":
                # With no time to linger, closing sends a reset.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            else:
                status, answer = self._ask(body)
                if kind == "fewer":
                    answer = json.dumps({**json.loads(answer), "rows": []}).encode()
                announced = len(answer)
                answer = answer[: announced // 2] if kind in ("cut", "half") else answer
                self._answer(status, answer, announced=announced if kind == "cut" else None)

        do_GET = do_POST = do_DELETE = do_PUT = do_PATCH = _pass

        def _ask(self, body: bytes) -> tuple[int, bytes]:
            address = urlsplit(proxy.upstream)
            connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
            skipped = ("host", "accept-encoding", "connection", "content-length")
            headers = {name: value for name, value in self.headers.items() if name.lower() not in skipped}
            connection.request(self.command, self.path, body or None, headers)
            answer = connection.getresponse()
            content = answer.read()
            connection.close()
            return answer.status, content

        def _answer(self, status: int, body: bytes, *, announced: int | None = None) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(announced or len(body)))
            self.end_headers()
            self.wfile.write(body)
            if announced is not None:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    proxy.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
