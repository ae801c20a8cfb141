"""The lake's data as files: which there are, and removing those that nobody needs; in a folder or on S3."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from finops_lib.errors import ConfigError, LakeError, SourceError
from finops_lib.lake.place import Place

if TYPE_CHECKING:
    from botocore.client import BaseClient  # type: ignore[import-untyped]

# DeleteObjects takes no more at once.
_BATCH = 1_000


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file or object below the lake's data: its full path or `s3://` URI, bytes, and when it was written (UTC)."""

    path: str
    bytes: int
    written: datetime

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]


def data_objects(place: Place) -> Iterator[DataFile]:
    """Give all files below the lake's data, whether a snapshot holds them or not."""
    if not place.is_remote:
        for path in sorted(Path(place.data).rglob("*.parquet")):
            status = path.stat()
            yield DataFile(str(path), status.st_size, datetime.fromtimestamp(status.st_mtime, tz=UTC))
        return
    bucket, prefix = _bucket_and_key(f"{place.data}/")
    for page in s3_client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            yield DataFile(f"s3://{bucket}/{item['Key']}", item["Size"], item["LastModified"])


def remove(paths: Iterable[str]) -> None:
    """Remove files or objects; one that is gone already is no error.

    Raises:
        LakeError: the bucket does not let us.
    """
    objects: dict[str, list[str]] = {}
    for path in paths:
        if path.startswith("s3://"):
            bucket, key = _bucket_and_key(path)
            objects.setdefault(bucket, []).append(key)
        else:
            Path(path).unlink(missing_ok=True)
    for bucket, keys in objects.items():
        for start in range(0, len(keys), _BATCH):
            batch = [{"Key": key} for key in keys[start : start + _BATCH]]
            answer = s3_client().delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
            if failed := answer.get("Errors"):
                raise LakeError(
                    f"{len(failed)} objects of the bucket {bucket} cannot be removed: {failed[0].get('Message', '')}",
                    next_step="allow s3:DeleteObject there, then run the command again",
                )


def upload(source: Path, uri: str) -> None:
    """Copy a file to an object; it is there whole or not at all."""
    bucket, key = _bucket_and_key(uri)
    s3_client().upload_file(str(source), bucket, key)


def s3_client() -> BaseClient:
    """Give a client from the standard AWS environment; AWS_ENDPOINT_URL is obeyed."""
    return _client(attempts=4, connect_timeout=10, read_timeout=60)


def check_bucket(place: Place) -> None:
    """See that the bucket answers and lets us in: DuckDB alone would try for minutes and then say it in its own words.

    Raises:
        SourceError: nobody answers.
        LakeError: no such bucket, or not for us.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

    bucket, _ = _bucket_and_key(place.data)
    try:
        _client(attempts=2, connect_timeout=3, read_timeout=3).head_bucket(Bucket=bucket)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if status == 403:
            raise LakeError(
                f"the bucket {bucket} of the lake does not let us in",
                next_step="check the AWS credentials and that they may list, read, write and delete there",
            ) from error
        if status == 404:
            raise LakeError(f"there is no bucket {bucket}", next_step="make it, or correct FINOPS_LAKE") from error
        raise SourceError(
            f"the bucket {bucket} of the lake does not answer: HTTP {status}", next_step="try again later"
        ) from error
    except BotoCoreError as error:
        raise SourceError(
            f"the bucket {bucket} of the lake cannot be reached: {' '.join(str(error).split())[:200]}",
            next_step="check the network, AWS_ENDPOINT_URL and the AWS credentials",
        ) from error


def s3_secret() -> dict[str, Any]:
    """Give the options of DuckDB's S3 secret, from the same environment that `s3_client` reads.

    Raises:
        ConfigError: no credentials are to be found.
    """
    import boto3  # type: ignore[import-untyped]

    credentials = boto3.Session().get_credentials()
    if credentials is None:
        raise ConfigError(
            "there are no credentials for the lake's bucket",
            next_step="set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        )
    frozen, meta = credentials.get_frozen_credentials(), s3_client().meta
    options: dict[str, Any] = {
        "key_id": frozen.access_key,
        "secret": frozen.secret_key,
        "region": meta.region_name or "us-east-1",
    }
    if frozen.token:
        options["session_token"] = frozen.token
    endpoint = urlsplit(meta.endpoint_url)
    if not (endpoint.hostname or "").endswith((".amazonaws.com", ".amazonaws.com.cn")):
        options |= {"endpoint": endpoint.netloc, "use_ssl": endpoint.scheme == "https", "url_style": "path"}
    return options


def _client(*, attempts: int, connect_timeout: int, read_timeout: int) -> BaseClient:
    import boto3
    from botocore.config import Config  # type: ignore[import-untyped]

    retries = {"mode": "standard", "total_max_attempts": attempts}
    return boto3.client(
        "s3", config=Config(retries=retries, connect_timeout=connect_timeout, read_timeout=read_timeout)
    )


def _bucket_and_key(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    return parts.netloc, parts.path.lstrip("/")
