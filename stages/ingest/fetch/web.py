"""Files by http and https: polite, bounded in bytes and seconds, redirects followed by hand.

httpcore is used without a library above it, because the guard has to choose the address that is connected to,
and httpcore is where that seam is public.

Each hop of a redirect is judged like a link of its own: its scheme, its host's robots.txt, its address. One
from https to http is refused: it would let whoever sits on the line choose the file, and poisoning a data set
that way is cheap (Carlini et al. 2023, arXiv:2302.10149).
"""

import ipaddress

import httpcore

from stages.core.safety import BadItemError
from stages.ingest.fetch.answers import BUSY, REDIRECTS, header_map, status_error
from stages.ingest.fetch.body import Body
from stages.ingest.fetch.consent import AGENT, check_consent
from stages.ingest.fetch.guard import Deadline, GuardedBackend
from stages.ingest.fetch.hosts import Hosts
from stages.ingest.fetch.links import Link, parse
from stages.ingest.fetch.pool import Pool
from stages.ingest.fetch.robots import LARGEST
from stages.ingest.params import NO_WISHES, Fetch, Honour

_VERSION = "0.1"
_MOST_REDIRECTS = 5
_SMALL = 1 << 16  # bytes; reading so much of a useless body is cheaper than a new connection


class Web:
    """Follows links for one worker; its threads share it.

    Args:
        params: bounds, and which wishes are honoured.
        hosts: what is known of hosts, and learnt on the way.
    """

    def __init__(self, params: Fetch, hosts: Hosts) -> None:
        allowed = [ipaddress.ip_network(text) for text in params.allow_private]
        self._params = params
        self._hosts = hosts
        self._deadline = Deadline()
        self._pool = Pool(GuardedBackend(self._deadline, hosts.names, allowed), params.concurrency)
        stall = params.stall
        self._extensions = {"timeout": {"connect": stall, "read": stall, "write": stall}}
        contact = f" (+{params.contact})" if params.contact else ""
        self._headers = [
            (b"User-Agent", f"{AGENT}/{_VERSION}{contact}".encode()),
            (b"Accept", b"*/*"),
            (b"Accept-Encoding", b"identity"),
        ]

    def read(self, text: str, body: Body, seconds: float | None = None) -> bytes:
        """The body that a link leads to.

        Args:
            text: an http or https URL.
            body: what an earlier try has read, and what this one adds.
            seconds: for the whole request with its redirects; the params' deadline by default. Waiting for
                the host's turn and for room does not count.

        Raises:
            BadItemError: with the class of the error, by which retries are decided.
            TryAgainError: no host name can be looked up any more.
        """
        link = parse(text)
        with self._deadline.within(seconds or self._params.deadline):
            return self._follow(link, body, self._params.honour)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    def _read_robots(self, link: Link) -> bytes:
        """The first bytes of a robots.txt; whoever sends more than we read has said enough."""
        with self._deadline.within(self._params.deadline):
            return self._follow(link, Body(LARGEST, cut=True), NO_WISHES)

    def _follow(self, link: Link, body: Body, honour: Honour) -> bytes:
        """Ask, and ask where redirects point to, as far as the hosts wish."""
        for _ in range(_MOST_REDIRECTS + 1):
            if honour.robots_txt:
                with self._deadline.stopped():
                    self._hosts.robots.check(link, self._read_robots)
            target = self._ask(link, body, honour)
            if target is None:
                return body.content
            link = target
        raise BadItemError("redirect_loop", f"more than {_MOST_REDIRECTS} redirects")

    def _ask(self, link: Link, body: Body, honour: Honour) -> Link | None:
        """Fill the body, or say where a redirect points to."""
        with self._deadline.stopped():
            self._hosts.pace.wait(link.authority)
        url = httpcore.URL(scheme=link.scheme, host=link.host, port=link.port, target=link.target)
        wish = [(name.encode(), value.encode("latin-1")) for name, value in body.wish().items()]
        headers = [(b"Host", link.authority.encode()), *self._headers, *wish]
        try:
            with (
                self._pool.connection(link) as connection,
                connection.stream("GET", url, headers=headers, extensions=self._extensions) as response,
            ):
                return self._answer(link, response, body, honour)
        except httpcore.TimeoutException as error:
            reason = "deadline" if self._deadline.is_over else "timeout"
            raise BadItemError(reason, str(error), "transient") from error
        except (httpcore.NetworkError, httpcore.RemoteProtocolError) as error:
            raise BadItemError("connection", str(error), "transient") from error
        except httpcore.ProtocolError as error:
            raise BadItemError("bad_link", str(error)) from error

    def _answer(self, link: Link, response: httpcore.Response, body: Body, honour: Honour) -> Link | None:
        headers = header_map(response.headers)
        check_consent(headers, honour)
        if response.status == 200 or (response.status == 206 and body.wish()):
            self._hosts.pace.note(link.authority, busy=False)
            self._receive(response, headers, body)
            return None
        _drain(response, headers)
        if response.status in REDIRECTS and "location" in headers:
            return _redirect(link, headers["location"])
        error = status_error(response.status, headers)
        self._hosts.pace.note(link.authority, busy=response.status in BUSY, wait=error.wait)
        if response.status == 416:  # the body has changed since its first part came
            body.clear()
        raise error

    def _receive(self, response: httpcore.Response, headers: dict[str, str], body: Body) -> None:
        """Read a body as it comes, and stop at the bound whatever the headers say."""
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise BadItemError("encoded_body", "compressed although we asked for plain bytes")
        body.begin(response.status, headers)
        held = self._hold(body, max(body.total, body.size))
        for part in response.iter_stream():
            if not body.add(part):
                break
            if body.size > held:
                held = self._hold(body, min(2 * body.size, body.limit))
        body.finish()
        body.hold(body.size)

    def _hold(self, body: Body, size: int) -> int:
        with self._deadline.stopped():
            body.hold(size)
        return size


def _drain(response: httpcore.Response, headers: dict[str, str]) -> None:
    """Read a small body that nobody needs, so that its connection can be kept."""
    length = headers.get("content-length", "")
    if length.isdecimal() and int(length) <= _SMALL:
        for _ in response.iter_stream():
            pass


def _redirect(link: Link, location: str) -> Link:
    target = link.join(location)
    if (link.scheme, target.scheme) == ("https", "http"):
        raise BadItemError("downgrade", f"{link.authority} redirects from https to http", "refused")
    return target
