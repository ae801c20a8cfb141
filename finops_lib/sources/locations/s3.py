"""Objects of one S3 bucket, through boto3 with the standard AWS environment (AWS_ENDPOINT_URL is honoured)."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

from finops_lib.errors import ConfigError, DataError, SourceError
from finops_lib.sources.locations import Entry

PERMISSIONS = ("s3:ListBucket", "s3:GetObject")
_CONNECT_S, _READ_S = 5, 60


class Bucket:
    """One bucket; what goes wrong becomes an error of ours that names the place."""

    def __init__(self, name: str) -> None:
        import boto3  # type: ignore[import-untyped]
        import botocore.config  # type: ignore[import-untyped]
        import botocore.exceptions  # type: ignore[import-untyped]

        self._name = name
        # A server of one's own seldom answers for bucket.host; boto3 by itself would ask it by that name.
        own_endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        config = botocore.config.Config(
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            retries={"mode": "standard", "max_attempts": 3},
            s3={"addressing_style": "path"} if own_endpoint else None,
        )
        try:
            self._client: Any = boto3.client("s3", config=config)
        except (botocore.exceptions.BotoCoreError, ValueError) as error:
            raise ConfigError(
                f"s3://{name}: {error}", next_step="correct the AWS_* variables or the AWS profile"
            ) from error

    def entries(self, prefix: str) -> list[Entry]:
        with _told(f"s3://{self._name}/{prefix}"):
            if prefix:
                # Keys are listed in order, so an object of exactly this name comes first.
                first = self._client.list_objects_v2(Bucket=self._name, Prefix=prefix, MaxKeys=1).get("Contents", [])
                if first and first[0]["Key"] == prefix:
                    return [self._entry(first[0])]
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._name, Prefix=f"{prefix}/" if prefix else ""
            )
            return [self._entry(item) for page in pages for item in page.get("Contents", [])]

    def read(self, entry: Entry) -> bytes:
        with _told(entry.uri):
            content: bytes = self._body(entry).read()
            return content

    def fetch(self, entry: Entry, target: Path) -> None:
        with _told(entry.uri), target.open("wb") as stream:
            shutil.copyfileobj(self._body(entry), stream, 1 << 20)

    def close(self) -> None:
        self._client.close()

    def _body(self, entry: Entry) -> Any:
        return self._client.get_object(Bucket=self._name, Key=entry.key, IfMatch=entry.etag)["Body"]

    def _entry(self, item: dict[str, Any]) -> Entry:
        return Entry(
            uri=f"s3://{self._name}/{item['Key']}",
            key=item["Key"],
            bytes=item["Size"],
            modified=item["LastModified"].astimezone(UTC).replace(tzinfo=None),
            etag=item["ETag"],
        )


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Say what boto3 raises in one line, as the error of whoever must act."""
    import botocore.exceptions
    import urllib3.exceptions

    try:
        yield
    except botocore.exceptions.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in ("NoSuchBucket", "NoSuchKey", "404"):
            raise DataError(f"{place}: not there ({code})", next_step="check bucket and prefix", path=place) from error
        if code in ("PreconditionFailed", "412"):
            raise DataError(
                f"{place}: changed while it was read, so the export is being written right now",
                next_step="try again when it is complete",
                path=place,
            ) from error
        raise SourceError(
            f"{place}: S3 refused: {error.response.get('Error', {}).get('Message') or code}"[:300],
            next_step=f"check the credentials and their permissions ({', '.join(PERMISSIONS)})",
            path=place,
        ) from error
    except (botocore.exceptions.NoCredentialsError, botocore.exceptions.PartialCredentialsError) as error:
        raise ConfigError(
            f"{place}: no AWS credentials ({error})",
            next_step="set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        ) from error
    except botocore.exceptions.ParamValidationError as error:
        what = " ".join(str(error).split())[:200]
        raise DataError(f"{place}: {what}", next_step="check bucket and prefix", path=place) from error
    except (botocore.exceptions.BotoCoreError, urllib3.exceptions.HTTPError) as error:
        what = " ".join(str(error).split())[:200]
        raise SourceError(
            f"{place}: S3 did not answer: {what}",
            next_step="check the network and AWS_ENDPOINT_URL, then run the command again",
            path=place,
        ) from error
