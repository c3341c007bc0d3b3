"""From a link to its bytes: below the root of this machine, by http(s), or from S3.

Retries live here and nowhere else in the stages: only for errors that may pass, with growing and jittered
waits. What a link answers after that goes to the ledger.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

import stamina
from stamina.instrumentation import set_on_retry_hooks

from stages.core.safety import BadItemError
from stages.ingest.fetch.local import read_local
from stages.ingest.params import Fetch

if TYPE_CHECKING:
    from stages.ingest.fetch.s3 import Store
    from stages.ingest.fetch.web import Web

REMOTE = ("http", "https", "s3")
_FIRST_WAIT = 0.2  # seconds


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


class Fetcher:
    """Reads links for one worker; threads may share it. As a context manager it closes its connections."""

    def __init__(self, params: Fetch, limit: int) -> None:
        self._params = params
        self._limit = limit
        set_on_retry_hooks([])  # a line of log per retry would be millions; tries are in the ledger

    @cached_property
    def _web(self) -> "Web":
        from stages.ingest.fetch.web import Web  # noqa: PLC0415 - costs a second, and local corpora need none

        return Web(self._params)

    @cached_property
    def _store(self) -> "Store":
        from stages.ingest.fetch.s3 import Store  # noqa: PLC0415

        return Store(self._params)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if "_web" in self.__dict__:  # made only when the first link of its kind came
            self._web.close()
        if "_store" in self.__dict__:
            self._store.close()

    def read(self, link: str, base: Base, seconds: float | None = None) -> Fetched:
        """Fetch a link, trying again while the error may pass.

        Args:
            link: a path relative to the base, or an http, https or s3 URL.
            base: of the link's source.
            seconds: for one try; the params' deadline by default.

        Raises:
            BadItemError: the last error, with the number of tries.
        """
        tries = 0
        try:
            for attempt in stamina.retry_context(
                on=_may_pass,
                attempts=self._params.attempts,
                timeout=None,
                wait_initial=min(_FIRST_WAIT, self._params.longest_wait),
                wait_max=self._params.longest_wait,
            ):
                with attempt:
                    tries = attempt.num
                    content = self._reader(link, base, seconds)()
        except BadItemError as error:
            error.tries = tries
            raise
        return Fetched(content, tries)

    def _reader(self, link: str, base: Base, seconds: float | None) -> Callable[[], bytes]:
        scheme = link_scheme(link)
        if scheme in ("http", "https"):
            return lambda: self._web.read(link, self._limit, seconds)
        if scheme == "s3":
            return lambda: self._store.read(link, self._limit, seconds)
        if scheme not in ("", "file") or base.folder is None:
            raise BadItemError("bad_scheme", f"{link!r} may not be followed", "refused")
        folder = base.folder
        return lambda: read_local(folder, link, self._limit, allow_absolute=base.allow_absolute)


def link_scheme(link: str) -> str:
    """The scheme of a link in lower case, or "" for a path; a colon alone does not make a scheme."""
    head, separator, _ = link.partition("://")
    return urlsplit(head + "://x").scheme if separator else ""


def _may_pass(error: Exception) -> bool:
    return isinstance(error, BadItemError) and error.kind == "transient"
