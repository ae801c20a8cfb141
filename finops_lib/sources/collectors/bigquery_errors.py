"""What BigQuery's errors mean for a person: who has to act, and on what."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import TimeoutError as NotInTime
from contextlib import contextmanager

from finops_lib.errors import ConfigError, FinOpsError, SourceError

# Reasons of a 403 that pass by themselves.
_PASSING = ("rateLimitExceeded", "quotaExceeded", "backendError")
_TRY_AGAIN = "run the command again later; what was complete is in the lake"


@contextmanager
def told(table: str, doing: str, *, permission: str) -> Iterator[None]:
    """Say of an error of Google's client inside the block what it is.

    Args:
        doing: what was asked, for the message ("reading 2026-05").
        permission: what Google must allow for it.
    Raises:
        ConfigError: credentials or the permission are missing, the table is not there, the question costs too much.
        SourceError: no answer, or one that is not whole.
    """
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError, TransportError
    from requests.exceptions import RequestException

    where = f"{table}: {doing}"
    try:
        yield
    except TransportError as error:
        raise SourceError(f"{where}: Google did not answer ({_line(error)})", next_step=_TRY_AGAIN) from error
    except GoogleAuthError as error:
        raise ConfigError(
            f"{where}: no usable Google credentials ({_line(error)})",
            next_step="set GOOGLE_APPLICATION_CREDENTIALS, or run: gcloud auth application-default login",
        ) from error
    except GoogleAPIError as error:
        raise _of_api(error, where, table, permission) from error
    except (ValueError, KeyError, TypeError) as error:
        # The client reads answers as if they were whole; one that was cut off fails anywhere inside it, in requests
        # too, whose error for that is of both kinds.
        raise SourceError(
            f"{where}: BigQuery's answer is not whole ({type(error).__name__}: {_line(error)})", next_step=_TRY_AGAIN
        ) from error
    except (RequestException, NotInTime, OSError) as error:
        raise SourceError(f"{where}: BigQuery did not answer ({_line(error)})", next_step=_TRY_AGAIN) from error


def _of_api(error: Exception, where: str, table: str, permission: str) -> FinOpsError:
    from google.api_core import exceptions as api

    said = _line(error)
    reasons = {item.get("reason") for item in getattr(error, "errors", None) or () if isinstance(item, dict)}
    if isinstance(error, api.RetryError):
        cause = error.cause
        if isinstance(cause, api.GoogleAPICallError):
            said = _line(cause)
        return SourceError(f"{where}: BigQuery did not answer in time ({said})", next_step=_TRY_AGAIN)
    if isinstance(error, api.NotFound):
        return ConfigError(
            f"{where}: {said}", next_step=f"check `table` ({table}) and `location` of this source", table=table
        )
    if reasons & {"bytesBilledLimitExceeded"} or "bytes billed" in said:
        return ConfigError(
            f"{where}: it would read more than max_bytes_billed ({said})",
            next_step="raise max_bytes_billed, or name fewer months",
        )
    if isinstance(error, api.Unauthorized) or (isinstance(error, api.Forbidden) and not reasons & set(_PASSING)):
        return ConfigError(
            f"{where}: Google refused it ({said})",
            next_step=f"grant {permission} to the account that asks",
            permission=permission,
        )
    return SourceError(f"{where}: {said}", next_step=_TRY_AGAIN)


def _line(error: BaseException) -> str:
    text = str(getattr(error, "message", "") or error) or type(error).__name__
    return " ".join(text.split())[:300]
