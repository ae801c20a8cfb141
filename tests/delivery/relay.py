"""A mail relay on a port of this machine: takes what comes, or answers as the test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from finops_lib.delivery.mail import MailOptions
from tests.servers import free_port


@dataclass
class Relay:
    """What a relay took, and what it answers.

    Attributes:
        rcpt, data: answers to be given, one after the other, instead of taking the mail; `hang` answers too late and
            keeps the mail all the same, `drop` keeps it and hangs up.
        hang_s: how late, unless the test sets `woken` before.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    readers: list[str] = field(default_factory=list)
    rcpt: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    hang_s: float = 1
    woken: threading.Event = field(default_factory=threading.Event)

    @property
    def options(self) -> MailOptions:
        return MailOptions(host="127.0.0.1", port=self.port, tls="none", sender="finops@example.org", timeout_s=0.5)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.rcpt:
            return self.rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer in ("250 OK", "hang", "drop"):
            self.mails.append(BytesParser(policy=default).parsebytes(envelope.content))
            self.readers += envelope.rcpt_tos
        if answer == "drop":
            server.transport.abort()
        if answer in ("hang", "drop"):
            # Blocks the relay's own thread, so that nothing is answered at all.
            self.woken.wait(self.hang_s)
            return "250 too late"
        return answer


@contextmanager
def relay(accepts: Callable[[str, str], bool] | None = None) -> Iterator[Relay]:
    """Run a relay; `accepts` asks for user and password."""
    handler = Relay(port=free_port())
    login: dict[str, Any] = {}
    if accepts:

        def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: LoginPassword) -> AuthResult:
            # Not handled: the relay itself is to refuse.
            return AuthResult(success=accepts(data.login.decode(), data.password.decode()), handled=False)

        login = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": False}
    controller = Controller(handler, hostname="127.0.0.1", port=handler.port, **login)
    controller.start()
    try:
        yield handler
    finally:
        controller.stop()
