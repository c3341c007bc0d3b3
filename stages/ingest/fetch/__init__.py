"""From a link to its bytes: below the root of this machine, by http(s), or from S3.

Retries live here and nowhere else in the stages: only for errors that may pass, with growing and jittered
waits. A server that names its own wait (Retry-After) is asked after that, or not in this run if it is longer
than `longest_wait`. What a link answers in the end goes to the ledger.
"""

import hashlib
import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Self

import stamina
from stamina.instrumentation import set_on_retry_hooks

from stages.core.safety import BadItemError
from stages.ingest.fetch.body import Body, hold_anything
from stages.ingest.fetch.budget import Budget
from stages.ingest.fetch.lanes import Lanes
from stages.ingest.fetch.local import read_local
from stages.ingest.fetch.saved import SavedBody
from stages.ingest.params import Fetch

if TYPE_CHECKING:
    from stages.ingest.fetch.s3 import Store
    from stages.ingest.fetch.web import Web

REMOTE = ("http", "https", "s3")
_SCHEME = re.compile(r" *([A-Za-z][A-Za-z0-9+.-]*)://")
_FIRST_WAIT = 0.2  # seconds
_JITTER = 0.25  # share of a server's own wait that is added at random, so that not all come back at once


@dataclass(frozen=True)
class Fetched:
    """The bytes of a link, their hash, and how many tries it took."""

    content: bytes
    tries: int

    @cached_property
    def sha256(self) -> str:
        """Of the bytes as they were read."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True)
class Base:
    """Where the relative links of a source start.

    Attributes:
        folder: what local links may not leave, or None for a manifest that came from the network, whose links
            must not reach files of this machine.
        allow_absolute: whether links may be absolute paths.
    """

    folder: Path | None
    allow_absolute: bool = False


Ask = tuple[str, Base]  # a link and the base of its source


class Fetcher:
    """Reads links for one worker; threads may share it. As a context manager it closes its connections."""

    def __init__(self, params: Fetch, limit: int) -> None:
        self._params = params
        self._limit = limit
        self._open = ExitStack()  # connections
        self._reading = ExitStack()  # threads that use them
        set_on_retry_hooks([])  # a line of log per retry would be millions; tries are in the ledger

    @cached_property
    def _web(self) -> "Web":
        from stages.ingest.fetch.hosts import known_hosts  # noqa: PLC0415 - local corpora need none of it
        from stages.ingest.fetch.web import Web  # noqa: PLC0415

        return self._open.enter_context(closing(Web(self._params, known_hosts(self._params))))

    @cached_property
    def _store(self) -> "Store":
        from stages.ingest.fetch.s3 import Store  # noqa: PLC0415

        return self._open.enter_context(closing(Store(self._params)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._reading.close()
        self._open.close()

    def read(self, link: str, base: Base, seconds: float | None = None) -> Fetched:
        """Fetch a link, trying again while the error may pass.

        Args:
            link: a path relative to the base, or an http, https or s3 URL.
            base: of the link's source.
            seconds: for one try; the params' deadline by default.

        Raises:
            BadItemError: the last error, with the number of tries.
            BadConfigError: S3 has no credentials.
            TryAgainError: no host name can be looked up any more.
        """
        return self._read(link, base, Body(self._limit), seconds)

    def save(self, link: str, file: BinaryIO, seconds: float) -> None:
        """Fetch a link of the network into a file, which holds all of it when this returns.

        Args:
            link: an http, https or s3 URL.
            file: empty, open for writing.
            seconds: for one try.

        Raises:
            BadItemError, BadConfigError, TryAgainError: as `read`.
        """
        self._read(link, Base(None), SavedBody(self._limit, file), seconds)

    def read_all(self, asks: Sequence[Ask]) -> Iterator[tuple[int, Fetched | BadItemError]]:
        """Fetch many links side by side, and yield the position and fate of each as it ends.

        Links to this machine are read first, one by one. A result's bytes count as in flight until the next
        result is asked for.

        Args:
            asks: link and base of each.

        Raises:
            BadConfigError: S3 has no credentials.
            TryAgainError: no host name can be looked up any more.
        """
        remote = []
        for position, ask in enumerate(asks):
            if link_scheme(ask[0]) in REMOTE:
                remote.append(position)
            else:
                yield position, self._outcome(ask, hold_anything)
        if not remote:
            return
        lanes = Lanes(
            [asks[position] for position in remote],
            lambda ask, lease: self._outcome(ask, lease.hold),
            lambda ask: _lane(ask[0]),
            threads=self._params.concurrency,
            width=self._params.host.connections,
            budget=Budget(self._params.bytes_in_flight),
        )
        for number, outcome in self._reading.enter_context(closing(lanes.results())):
            yield remote[number], outcome

    def _outcome(self, ask: Ask, hold: Callable[[int], None]) -> Fetched | BadItemError:
        link, base = ask
        try:
            return self._read(link, base, Body(self._limit, hold), None)
        except BadItemError as error:
            return error

    def _read(self, link: str, base: Base, body: Body, seconds: float | None) -> Fetched:
        tries = 0
        try:
            for attempt in stamina.retry_context(
                on=self._may_pass,
                attempts=self._params.attempts,
                timeout=None,
                wait_initial=min(_FIRST_WAIT, self._params.longest_wait),
                wait_max=self._params.longest_wait,
            ):
                with attempt:
                    tries = attempt.num
                    content = self._content(link, base, body, seconds)
        except BadItemError as error:
            error.tries = tries
            raise
        return Fetched(content, tries)

    def _content(self, link: str, base: Base, body: Body, seconds: float | None) -> bytes:
        scheme = link_scheme(link)
        if scheme in ("http", "https"):
            return self._web.read(link, body, seconds)
        if scheme == "s3":
            return self._store.read(link, body, seconds)
        if scheme not in ("", "file") or base.folder is None:
            raise BadItemError("bad_scheme", f"{link!r} may not be followed", "refused")
        return read_local(base.folder, link, self._limit, allow_absolute=base.allow_absolute)

    def _may_pass(self, error: Exception) -> bool | float:
        """Whether to try again; if the server said when, after so many seconds."""
        if not isinstance(error, BadItemError) or error.kind != "transient":
            return False
        if error.wait > self._params.longest_wait:
            return False
        return error.wait + random.uniform(0, _JITTER * error.wait) if error.wait else True  # noqa: S311


def _lane(link: str) -> str:
    """Links of the same lane are asked for a few at a time: those of a host, but not those of a store."""
    scheme, host = link_scheme(link), link.split("/", 3)[2]
    return link if scheme == "s3" else host.lower()


def link_scheme(link: str) -> str:
    """The scheme of a link in lower case, or "" for a path; a colon alone does not make a scheme."""
    found = _SCHEME.match(link)
    return found[1].lower() if found else ""
