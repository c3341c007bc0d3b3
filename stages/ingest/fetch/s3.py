"""Objects of S3 and of whatever speaks its protocol (`AWS_ENDPOINT_URL`)."""

import contextlib
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from stages.core.errors import BadConfigError
from stages.core.safety import BadItemError, ErrorKind, check_size
from stages.ingest.params import Fetch

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_BLOCK = 1 << 16  # bytes
_STALL = 10.0  # seconds without a byte
_REFUSED = frozenset({"AccessDenied", "403", "401", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
_PERMANENT = frozenset({"NoSuchKey", "NoSuchBucket", "404", "InvalidBucketName", "InvalidObjectState"})


class Store:
    """A boto3 client, made when the first s3:// link comes; it may be shared by threads."""

    def __init__(self, params: Fetch) -> None:
        from boto3.session import Session  # noqa: PLC0415 - heavy, and only some corpora need it
        from botocore.config import Config  # noqa: PLC0415

        self._seconds = params.deadline
        self._client = Session().client(
            "s3",
            config=Config(
                connect_timeout=_STALL,
                read_timeout=_STALL,
                max_pool_connections=params.concurrency,
                retries={"total_max_attempts": 1},  # we retry by our own classes of errors
            ),
        )

    def read(self, link: str, limit: int, seconds: float | None = None) -> bytes:
        """The object that `s3://bucket/key` names, of at most `limit` bytes.

        Raises:
            BadItemError: with the class of the error.
            BadConfigError: there are no credentials.
        """
        from botocore import exceptions  # noqa: PLC0415

        parts = urlsplit(link, allow_fragments=False)
        key = parts.path.removeprefix("/") + (f"?{parts.query}" if parts.query else "")
        if not parts.netloc or not key:
            raise BadItemError("bad_link", f"{link!r} names no bucket and key")
        try:
            return self._read(parts.netloc, key, limit, time.monotonic() + (seconds or self._seconds))
        except exceptions.ClientError as error:
            raise _judge(error) from error
        except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
            raise BadConfigError(f"{link}: {error}; set AWS_ACCESS_KEY_ID or a profile") from error
        except exceptions.ParamValidationError as error:
            raise BadItemError("bad_link", str(error)) from error
        except (exceptions.BotoCoreError, exceptions.HTTPClientError) as error:
            raise BadItemError("connection", str(error), "transient") from error

    def _read(self, bucket: str, key: str, limit: int, deadline: float) -> bytes:
        answer = self._client.get_object(Bucket=bucket, Key=key)
        with contextlib.closing(answer["Body"]) as body:
            check_size(answer["ContentLength"], limit)
            parts: list[bytes] = []
            for part in body.iter_chunks(_BLOCK):
                if time.monotonic() > deadline:
                    raise BadItemError("deadline", "the request took too long", "transient")
                parts.append(part)
        content = b"".join(parts)
        if len(content) != answer["ContentLength"]:
            raise BadItemError("connection", "the body ended early", "transient")
        return content

    def close(self) -> None:
        """Close every connection."""
        self._client.close()


def _judge(error: "ClientError") -> BadItemError:
    code = error.response.get("Error", {}).get("Code", "unknown")
    kind: ErrorKind = "transient"
    if code in _REFUSED:
        kind = "refused"
    elif code in _PERMANENT:
        kind = "permanent"
    return BadItemError(f"s3_{code.lower()}", str(error), kind)
