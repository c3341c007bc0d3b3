"""Objects of S3 and of whatever speaks its protocol (`AWS_ENDPOINT_URL`)."""

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from stages.core.errors import BadConfigError
from stages.core.safety import BadItemError, ErrorKind
from stages.ingest.fetch.body import Body
from stages.ingest.params import Fetch

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

_BLOCK = 1 << 16  # bytes
_REFUSED = frozenset({"AccessDenied", "403", "401", "InvalidAccessKeyId", "SignatureDoesNotMatch"})
_CHANGED = frozenset({"PreconditionFailed", "412", "InvalidRange", "416"})  # since the first part was read
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
                connect_timeout=params.stall,
                read_timeout=params.stall,
                max_pool_connections=params.concurrency,
                retries={"total_max_attempts": 1},  # we retry by our own classes of errors
            ),
        )

    def read(self, link: str, body: Body, seconds: float | None = None) -> bytes:
        """The object that `s3://bucket/key` names.

        Args:
            link: its name.
            body: what an earlier try has read, and what this one adds.
            seconds: for the request; the params' deadline by default. It may end as much as `stall` later.

        Raises:
            BadItemError: with the class of the error.
            BadConfigError: there are no credentials.
        """
        from botocore import exceptions  # noqa: PLC0415
        from urllib3.exceptions import HTTPError  # noqa: PLC0415 - what botocore reads bodies with

        parts = urlsplit(link, allow_fragments=False)
        key = parts.path.removeprefix("/") + (f"?{parts.query}" if parts.query else "")
        if not parts.netloc or not key:
            raise BadItemError("bad_link", f"{link!r} names no bucket and key")
        try:
            self._read(parts.netloc, key, body, time.monotonic() + (seconds or self._seconds))
        except exceptions.ClientError as error:
            if error.response.get("Error", {}).get("Code") in _CHANGED:
                body.clear()
            raise _judge(error) from error
        except (exceptions.NoCredentialsError, exceptions.PartialCredentialsError) as error:
            raise BadConfigError(f"{link}: {error}; set AWS_ACCESS_KEY_ID or a profile") from error
        except exceptions.ParamValidationError as error:
            raise BadItemError("bad_link", str(error)) from error
        except (exceptions.BotoCoreError, exceptions.HTTPClientError, HTTPError) as error:
            raise BadItemError("connection", str(error), "transient") from error
        return body.content

    def _read(self, bucket: str, key: str, body: Body, deadline: float) -> None:
        wish = body.wish()
        rest: dict[str, Any] = {"Range": wish["Range"], "IfMatch": wish["If-Range"]} if wish else {}
        answer = self._client.get_object(Bucket=bucket, Key=key, **rest)
        raw: Any  # urllib3's response, which gives what has come instead of waiting for a full block
        facts = answer["ResponseMetadata"]
        body.begin(facts["HTTPStatusCode"], facts["HTTPHeaders"])
        with answer["Body"] as raw:
            deadline += _hold(body, max(body.total, body.size))
            while part := raw.read1(_BLOCK):
                body.add(part)
                if time.monotonic() > deadline:
                    raise BadItemError("deadline", "the request took too long", "transient")
        if body.size < body.total:
            raise BadItemError("connection", "the body ended early", "transient")
        body.finish()

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


def _hold(body: Body, size: int) -> float:
    """Ask for room, and say how many seconds that took."""
    start = time.monotonic()
    body.hold(size)
    return time.monotonic() - start
