"""Objects below a prefix of S3, or of what speaks its protocol (`AWS_ENDPOINT_URL`), whole or in ranges.

Errors are told apart: what may pass (5xx, SlowDown, a connection, a body that ends early) is tried again
with growing waits; what will not (no such bucket, no right, no keys) ends at once in one sentence. Each
request has a deadline as a whole, not only between two bytes.
"""

import base64
import contextlib
import os
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlsplit

import stamina

from stages.core.errors import BadConfigError, BadDataError, TenfoldError, TryAgainError
from stages.core.files import replacing
from stages.core.store.catalogue import Stored

if TYPE_CHECKING:
    from botocore.exceptions import ClientError
    from mypy_boto3_s3 import S3Client

ResultT = TypeVar("ResultT")

PART = 64 << 20  # bytes of a tar that go up in one request
_CHUNK = 1 << 20  # bytes
_STALL = 20.0  # seconds without a byte
_SECONDS = 30.0  # for a request, beside what its bytes take
_SLOWEST = 1 << 20  # bytes a second below which a request is given up
_TRIES = 6
_BUSY = frozenset({"SlowDown", "RequestTimeout", "Throttling", "ThrottlingException", "RequestLimitExceeded"})
_MISSING = frozenset({"NoSuchKey", "404", "InvalidRange"})


class S3:
    """The objects below `s3://bucket/prefix`. It may be shared by threads and sent to other processes.

    Args:
        url: the bucket and, if there is one, the prefix.
    """

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        parts = urlsplit(self.url)
        self._bucket, self._prefix = parts.netloc, parts.path.strip("/")

    def read(self, name: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes of an object from `offset`.

        Raises:
            BadDataError: there is no such object, or it is shorter.
            BadConfigError: keys or rights are missing.
            TryAgainError: it did not succeed in a number of tries.
        """
        return self._try(name, lambda: b"".join(self._chunks(name, offset, length))) if length else b""

    def fetch(self, name: str, length: int, path: Path) -> None:
        """Write an object of `length` bytes to a file; raises as `read` does."""

        def download() -> None:
            with replacing(path) as part, part.open("wb") as file:
                file.writelines(self._chunks(name, 0, length))

        self._try(name, download)

    def put(self, path: Path, name: str, stored: Stored) -> bool:
        """Upload a file unless the store has it, and see that it arrived.

        Args:
            path: of the file.
            name: of the object.
            stored: the size and hash of the file, which S3 compares with what comes in.

        Returns:
            Whether it had to be uploaded.

        Raises:
            BadConfigError: keys, rights or the bucket are missing.
            TryAgainError: it did not succeed in a number of tries.
        """
        if self._try(name, lambda: self._holds(name, stored)):
            return False
        self._try(name, lambda: self._upload(path, name, stored))
        if not self._try(name, lambda: self._holds(name, stored)):
            raise TryAgainError(f"{self.url}/{name}: not there after its upload; run again")
        return True

    def _holds(self, name: str, stored: Stored) -> bool:
        """Whether the object is there and, by size and hash, the one that is meant."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        try:
            found = client(os.getpid()).head_object(
                Bucket=self._bucket, Key=self._key(name), ChecksumMode="ENABLED"
            )
        except ClientError as error:
            if _code(error) in _MISSING:
                return False
            raise
        told = found.get("ChecksumSHA256", "")  # of the whole if it came whole, else of the parts' hashes
        expected = base64.b64encode(bytes.fromhex(stored.sha256)).decode()
        same = found["ContentLength"] == stored.bytes and found["Metadata"].get("sha256") == stored.sha256
        return same and (stored.bytes > PART or told in ("", expected))

    def _upload(self, path: Path, name: str, stored: Stored) -> None:
        """In one request or in parts, each with its sha256, which S3 compares with what came in."""
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415

        extra = {"ChecksumAlgorithm": "SHA256", "Metadata": {"sha256": stored.sha256}}
        how = TransferConfig(multipart_threshold=PART, multipart_chunksize=PART, use_threads=False)
        with path.open("rb") as file:
            client(os.getpid()).upload_fileobj(file, self._bucket, self._key(name), extra, Config=how)

    def _chunks(self, name: str, offset: int, length: int) -> Iterator[bytes]:
        """The bytes of a range, until its deadline."""
        deadline = time.monotonic() + _SECONDS + length / _SLOWEST
        span = f"bytes={offset}-{offset + length - 1}"
        answer = client(os.getpid()).get_object(Bucket=self._bucket, Key=self._key(name), Range=span)
        count = 0
        with contextlib.closing(answer["Body"]) as body:
            for chunk in body.iter_chunks(_CHUNK):
                if time.monotonic() > deadline:
                    raise _PassingError(f"more than {deadline:.0f} s for {length} bytes")
                count += len(chunk)
                yield chunk
        if answer["ContentLength"] == count < length:
            raise BadDataError(f"{self.url}/{name}: shorter than its index says; run `dvc repro shard`")
        if count != length:
            raise _PassingError(f"{count} bytes of {length}")

    def _try(self, name: str, request: Callable[[], ResultT]) -> ResultT:
        """Make a request until it succeeds or there is no sense in another."""
        from botocore import exceptions  # noqa: PLC0415

        where = f"{self.url}/{name}"
        try:
            for attempt in stamina.retry_context(
                on=_may_pass, attempts=_TRIES, timeout=None, wait_initial=0.2, wait_max=20.0
            ):
                with attempt:
                    return request()
        except exceptions.ClientError as error:
            raise _judged(where, error) from error
        except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
            raise BadConfigError(f"{where}: {error}; set AWS_ACCESS_KEY_ID or a profile") from error
        except (exceptions.BotoCoreError, exceptions.HTTPClientError, OSError, _PassingError) as error:
            raise TryAgainError(f"{where}: {error}, {_TRIES} times; run again") from error
        raise AssertionError("unreachable")

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}".lstrip("/")

    def __reduce__(self) -> tuple[type[Self], tuple[str]]:
        return type(self), (self.url,)


@lru_cache(maxsize=1)
def client(_process: int) -> "S3Client":
    """The client of a process: dear to make, and its connections must not be shared across a fork."""
    from boto3.session import Session  # noqa: PLC0415 - heavy, and only some corpora need it
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=_STALL,
        read_timeout=_STALL,
        max_pool_connections=32,
        retries={"total_max_attempts": 1},  # we retry by our own classes of errors
        request_checksum_calculation="when_required",
    )
    return Session().client("s3", config=config)


class _PassingError(Exception):
    """An answer that is not what was asked for, which may pass."""


def _may_pass(error: Exception) -> bool:
    from botocore import exceptions  # noqa: PLC0415

    if isinstance(error, exceptions.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return _code(error) in _BUSY or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    passing = (exceptions.ConnectionError, exceptions.HTTPClientError, exceptions.ResponseStreamingError)
    damaged = (exceptions.IncompleteReadError, exceptions.FlexibleChecksumError, _PassingError)
    return isinstance(error, (*passing, *damaged))


def _judged(where: str, error: "ClientError") -> TenfoldError:
    code = _code(error)
    if _may_pass(error):
        return TryAgainError(f"{where}: {code}, {_TRIES} times; run again")
    if code in _MISSING:
        return BadDataError(f"{where}: not there or shorter than its index says; run `dvc repro shard`")
    return BadConfigError(f"{where}: refused ({code}); look at the bucket's name, its rights and your keys")


def _code(error: "ClientError") -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))
