"""Files in a private S3-compatible bucket: as with a folder, what goes wrong is an OSError."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.core.files.base import File
from django.utils.http import content_disposition_header
from storages.backends.s3 import S3Storage

from svportal.storage import StorageAway

PART_BYTES = 8 * 1024 * 1024
# What is read is kept in memory up to this size, and beyond it in a temporary file.
MEMORY_BYTES = 1024 * 1024

Rest = ParamSpec("Rest")
Result = TypeVar("Result")


def _said_plainly(
    method: Callable[Concatenate["PrivateBucket", Rest], Result],
) -> Callable[Concatenate["PrivateBucket", Rest], Result]:
    """Raise StorageAway where boto would raise errors of its own."""

    @wraps(method)
    def said_plainly(self: "PrivateBucket", /, *args: Rest.args, **kwargs: Rest.kwargs) -> Result:
        try:
            return method(self, *args, **kwargs)
        except (BotoCoreError, ClientError) as error:
            raise StorageAway(f"{type(error).__name__}: {error}") from error

    return said_plainly


class PrivateBucket(S3Storage):
    """Uploads in parts when large, gives up in time, and hands out nothing without a signature."""

    def __init__(self, *, addressing_style: str, **options: Any) -> None:
        super().__init__(
            # Stores that are only compatible know fewer checksums than Amazon's.
            client_config=Config(
                signature_version="s3v4",
                s3={"addressing_style": addressing_style},
                connect_timeout=5,
                read_timeout=30,
                retries={"total_max_attempts": 3, "mode": "standard"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
            transfer_config=TransferConfig(
                multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=4
            ),
            max_memory_size=MEMORY_BYTES,
            file_overwrite=False,
            querystring_auth=True,
            **options,
        )

    @_said_plainly
    def _open(self, name: str, mode: str = "rb") -> File:
        opened = super()._open(name, mode)
        if "r" in mode:
            opened.file  # noqa: B018  (reads it now: an error comes here, not half-way through)
        return opened

    @_said_plainly
    def _save(self, name: str, content: File) -> str:
        return super()._save(name, content)

    @_said_plainly
    def exists(self, name: str) -> bool:
        return super().exists(name)

    @_said_plainly
    def delete(self, name: str) -> None:
        super().delete(name)

    @_said_plainly
    def listdir(self, name: str) -> tuple[list[str], list[str]]:
        return super().listdir(name)

    def signed_link(self, name: str, *, filename: str, content_type: str, seconds: int) -> str:
        """Return an address at the store that gives one file as a download, for so long."""
        return super().url(
            name,
            parameters={
                "ResponseContentDisposition": content_disposition_header(True, filename),
                "ResponseContentType": content_type,
                "ResponseCacheControl": "private, no-store",
            },
            expire=seconds,
        )
