"""Google's clients: where they connect, how often they try again, and what their errors mean.

The clients' own policy tries for ten minutes; a run that waits so long for something that is off looks hung.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from finops_lib.errors import ConfigError, SourceError
from finops_lib.sources.collectors import Options
from finops_lib.sources.http_manners import is_local
from finops_lib.sources.inventory.looks import NotAllowed, one_line

CONNECT_S, TIMEOUT_S = 5.0, 30.0
FIRST_WAIT_S, LONGEST_WAIT_S, ALL_TRIES_S = 0.5, 8.0, 20.0
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
# How Google says that an API is off: by its newer and by its older words.
_API_IS_OFF = ("SERVICE_DISABLED", "accessNotConfigured")


class GcpOptions(Options):
    """Which projects are looked at.

    Args:
        projects: their ids, as the bill names them (project.id).
        project_numbers: project id -> project number, where Compute Engine does not say it (gcp_compute.py).
        compute_endpoint, sql_endpoint, monitoring_endpoint, recommender_endpoint: plain http only for a stand-in on
            this machine, which gets no credential.
    """

    projects: tuple[str, ...] = Field(min_length=1)
    project_numbers: Mapping[str, str] = {}
    compute_endpoint: str = "https://compute.googleapis.com"
    sql_endpoint: str = "https://sqladmin.googleapis.com"
    monitoring_endpoint: str = "https://monitoring.googleapis.com"
    recommender_endpoint: str = "https://recommender.googleapis.com"


def credentials_for(endpoint: str) -> Any:
    """Give the application default credentials, or none for a stand-in.

    Raises:
        ConfigError: there are none.
    """
    import google.auth
    import google.auth.exceptions
    from google.auth.credentials import AnonymousCredentials

    if is_local(endpoint):
        return AnonymousCredentials()  # type: ignore[no-untyped-call]
    try:
        credentials, _ = google.auth.default(scopes=[_SCOPE])
    except google.auth.exceptions.DefaultCredentialsError as error:
        raise ConfigError(
            f"there are no credentials for Google Cloud: {one_line(error)}",
            next_step="run `gcloud auth application-default login`, or set GOOGLE_APPLICATION_CREDENTIALS",
        ) from error
    return credentials


def require_clients() -> None:
    """Raise ConfigError before anything is asked, where a client is not installed."""
    try:
        import google.cloud.compute_v1
        import google.cloud.monitoring_v3  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "the inventory of Google Cloud needs: pip install finops[gcp]", next_step="install it"
        ) from error


@contextmanager
def compute_client(name: str, options: GcpOptions) -> Iterator[Any]:
    """Give a client of Compute Engine, e.g. `InstancesClient`, and close it afterwards."""
    from google.cloud import compute_v1

    parts = urlsplit(options.compute_endpoint)
    kind = getattr(compute_v1, name)
    transport = kind.get_transport_class("rest")(
        host=parts.netloc, url_scheme=parts.scheme, credentials=credentials_for(options.compute_endpoint)
    )
    with kind(transport=transport) as client:
        yield client


@contextmanager
def monitoring_client(options: GcpOptions) -> Iterator[Any]:
    """Give a client of Cloud Monitoring, which speaks gRPC, and close it afterwards.

    Raises:
        SourceError: no connection within seconds. Each call would find that out for itself, and try again as if
            Monitoring were busy.
    """
    import grpc  # type: ignore[import-untyped]
    from google.cloud import monitoring_v3

    parts = urlsplit(options.monitoring_endpoint)
    transport: Any = monitoring_v3.MetricServiceClient.get_transport_class("grpc")
    if is_local(options.monitoring_endpoint):
        made = transport(channel=grpc.insecure_channel(parts.netloc))
    else:
        made = transport(host=parts.netloc, credentials=credentials_for(options.monitoring_endpoint))
    with monitoring_v3.MetricServiceClient(transport=made) as client:
        try:
            grpc.channel_ready_future(made.grpc_channel).result(timeout=CONNECT_S)
        except grpc.FutureTimeoutError as error:
            raise _no_answer("metrics", TimeoutError(f"no connection to {parts.netloc} in {CONNECT_S:g} s")) from error
        yield client


def token_for(endpoint: str) -> Callable[[bool], str]:
    """Give what makes bearer tokens for a REST interface of Google's (rest.py)."""
    credentials = credentials_for(endpoint)

    def token(renew: bool) -> str:
        if is_local(endpoint):
            return "local"
        from google.auth.transport.requests import Request

        if renew or not credentials.valid:
            with told("tokens of Google Cloud", ""):
                credentials.refresh(Request())
        return str(credentials.token)

    return token


def tries() -> dict[str, Any]:
    """Give the arguments `retry` and `timeout` of every call."""
    from google.api_core import exceptions
    from google.api_core.retry import Retry, if_exception_type

    again = if_exception_type(
        exceptions.TooManyRequests,
        exceptions.InternalServerError,
        exceptions.BadGateway,
        exceptions.ServiceUnavailable,
        exceptions.GatewayTimeout,
    )
    retry = Retry(predicate=again, initial=FIRST_WAIT_S, maximum=LONGEST_WAIT_S, timeout=ALL_TRIES_S)
    return {"retry": retry, "timeout": TIMEOUT_S}


@contextmanager
def told(what: str, permission: str, *, absent: str = "") -> Iterator[None]:
    """Say what Google's clients raise as an error of ours.

    Args:
        what: is asked for, for messages.
        permission: that it needs, as Google names it.
        absent: what is missing where Google says "not found"; the permission if "".
    Raises:
        NotAllowed: the permission is missing, or the API is off.
        ConfigError: the credentials are not accepted.
        SourceError: no answer, or one that is not whole.
    """
    import google.auth.exceptions
    import requests
    from google.api_core import exceptions
    from google.protobuf.json_format import ParseError  # type: ignore[import-untyped]

    try:
        yield
    except exceptions.NotFound as error:
        raise NotAllowed(absent or permission, one_line(error.message)) from error
    except exceptions.Forbidden as error:
        raise NotAllowed(_missing(error, permission), one_line(error.message)) from error
    # A client answers 401 by a refresh, and what has nothing to refresh refuses that.
    except (
        exceptions.Unauthorized,
        google.auth.exceptions.RefreshError,
        google.auth.exceptions.InvalidOperation,
    ) as error:
        raise ConfigError(
            f"Google Cloud does not accept the credentials: {one_line(error)}",
            next_step="run `gcloud auth application-default login`, or check GOOGLE_APPLICATION_CREDENTIALS",
        ) from error
    except exceptions.RetryError as error:
        raise _no_answer(what, error.cause or error) from error
    except (
        exceptions.GoogleAPICallError,
        google.auth.exceptions.TransportError,
        requests.RequestException,
        ParseError,
        ValueError,
    ) as error:
        raise _no_answer(what, error) from error


def broken(what: str, why: str) -> SourceError:
    """Give the error that says that what was sent is not whole."""
    return SourceError(
        f"Google Cloud sent something that is not whole for {what}: {why}", next_step="run the command again"
    )


def _missing(error: Any, permission: str) -> str:
    """Give what is missing as Google names it: an API that is off, or else the permission."""
    words = [error.reason, *(one.get("reason") for one in error.errors if isinstance(one, dict))]
    if any(word in _API_IS_OFF for word in words):
        service = (error.metadata or {}).get("service", "")
        return f"API {service}" if service else f"the API of {permission}"
    return permission


def _no_answer(what: str, error: BaseException) -> SourceError:
    return SourceError(
        f"Google Cloud did not answer {what}: {one_line(error) or type(error).__name__}",
        next_step="look at its status and the network, then run the command again",
    )
