"""Files by http and https: kept-alive connections, bounded bodies, redirects followed by hand.

httpcore is used without httpx above it, because the guard has to choose the address that is connected to, and
httpcore is where that seam is public. httpx parses and joins the links.
"""

import ipaddress

import httpcore
import httpx

from stages.core.safety import BadItemError, ErrorKind, check_size
from stages.ingest.fetch.guard import Deadline, GuardedBackend, Resolver, resolve
from stages.ingest.params import Fetch

_USER_AGENT = b"tenfold/0.1 (dataset preparation; honest about it)"
_HEADERS = [(b"User-Agent", _USER_AGENT), (b"Accept", b"*/*"), (b"Accept-Encoding", b"identity")]
_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_REFUSED = frozenset({401, 403, 407, 451})
_TRANSIENT = frozenset({408, 421, 425, 429, 500, 502, 503, 504})
_PORTS = range(1, 65_536)  # sockets take larger ones modulo 65,536
_STALL = 10.0  # seconds without a byte
_KEEP_ALIVE = 30.0  # seconds an idle connection stays open


class Web:
    """A pool of connections, shared by the threads of a worker; one TLS context for all of them."""

    def __init__(self, params: Fetch, resolver: Resolver = resolve) -> None:
        allowed = [ipaddress.ip_network(text) for text in params.allow_private]
        self._deadline = Deadline()
        self._seconds = params.deadline
        self._pool = httpcore.ConnectionPool(
            max_connections=params.concurrency,
            max_keepalive_connections=params.concurrency,
            keepalive_expiry=_KEEP_ALIVE,
            network_backend=GuardedBackend(self._deadline, allowed, resolver),
        )

    def read(self, link: str, limit: int, seconds: float | None = None) -> bytes:
        """The body that a link leads to, of at most `limit` bytes.

        Args:
            link: an http or https URL.
            limit: bytes.
            seconds: for the whole request with its redirects; the params' deadline by default.

        Raises:
            BadItemError: with the class of the error, by which retries are decided.
        """
        url = _parse(link)
        with self._deadline.within(seconds or self._seconds):
            for _ in range(_MOST_REDIRECTS + 1):
                found = self._request(url, limit)
                if isinstance(found, bytes):
                    return found
                url = _parse(str(url.join(found)))
        raise BadItemError("redirect_loop", f"more than {_MOST_REDIRECTS} redirects")

    def _request(self, url: httpx.URL, limit: int) -> bytes | str:
        """The body, or where a redirect points to."""
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        timeouts = {
            "connect": _STALL,
            "read": _STALL,
            "write": _STALL,
            "pool": self._deadline.remaining(None),
        }
        try:
            with self._pool.stream(
                "GET", target, headers=_HEADERS, extensions={"timeout": timeouts}
            ) as response:
                headers = httpx.Headers(response.headers)
                if response.status in _REDIRECTS and "location" in headers:
                    return headers["location"]
                _check_status(response.status)
                return _body(response, headers, limit)
        except httpcore.UnsupportedProtocol as error:
            raise BadItemError("bad_link", str(error)) from error
        except httpcore.TimeoutException as error:
            raise BadItemError("timeout", str(error), "transient") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise BadItemError("connection", str(error), "transient") from error

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


def _parse(link: str) -> httpx.URL:
    try:
        url = httpx.URL(link)
    except httpx.InvalidURL as error:
        raise BadItemError("bad_link", str(error)) from error
    if url.scheme not in ("http", "https"):
        raise BadItemError("bad_scheme", f"{url.scheme!r} is neither http nor https", "refused")
    if not url.host or (url.port or 1) not in _PORTS:
        raise BadItemError("bad_link", f"{link!r} has no host or an impossible port")
    return url


def _check_status(status: int) -> None:
    if status == 200:
        return
    kind: ErrorKind = "permanent"
    if status in _TRANSIENT:
        kind = "transient"
    elif status in _REFUSED:
        kind = "refused"
    raise BadItemError(f"http_{status}", f"the server answered {status}", kind)


def _body(response: httpcore.Response, headers: httpx.Headers, limit: int) -> bytes:
    """Read a body as it comes, and stop at the bound whatever the headers say."""
    if headers.get("content-encoding", "identity") != "identity":
        raise BadItemError("encoded_body", "compressed although we asked for plain bytes")
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) > limit:
        check_size(int(length), limit)
    parts: list[bytes] = []
    size = 0
    for part in response.iter_stream():
        size += len(part)
        check_size(size, limit)
        parts.append(part)
    check_size(size, limit)
    return b"".join(parts)
