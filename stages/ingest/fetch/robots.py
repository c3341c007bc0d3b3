"""robots.txt by RFC 9309: asked for once per host, kept for an hour, read by protego.

protego matches without backtracking, merges groups and lets the longest rule win. Before it sees a file, the
groups of other agents are put into one, for two reasons: the RFC wants a product token to be equal to ours,
where protego takes a part of it; and a file of many agents with many rules would fill the memory.

A file that is not there (any 4xx) allows everything. A server in trouble (5xx or 429) forbids everything for
now: the link is transient, not refused.
"""

import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from protego import Protego

from stages.core.safety import BadItemError
from stages.ingest.fetch.consent import AGENT
from stages.ingest.fetch.links import Link
from stages.ingest.fetch.pace import Pace

LARGEST = 500 * 1024  # bytes that are read; RFC 9309 wants at least these

_KEPT = 5_000  # hosts
_FOR = 3600.0  # seconds; the RFC allows up to a day
_FIRST_AGAIN = 1.0  # seconds until it is asked for again after trouble; doubled each time
_LAST_AGAIN = 300.0  # seconds
_AGENT_LINE = re.compile(r"^([ \t]*user[- ]?agent[ \t]*:?[ \t]*)([^#\n]*)", re.IGNORECASE | re.MULTILINE)
_TOKEN = re.compile(r"[a-z_-]+")
_BAD_REDIRECT = frozenset(
    ("bad_link", "bad_port", "bad_scheme", "credentials_in_link", "downgrade", "redirect_loop")
)
_NO_TEXT = frozenset({"empty_file", "encoded_body"})

Get = Callable[[Link], bytes]


@dataclass
class _Rules:
    """What a host allows; the lock is held by the thread that asks for its robots.txt."""

    lock: threading.Lock
    until: float = float("-inf")  # on the monotonic clock
    parsed: Protego | None = None  # None: everything is allowed
    trouble: BadItemError | None = None  # why nothing is allowed for now
    again: float = _FIRST_AGAIN  # seconds to wait after the next trouble


class Robots:
    """The robots.txt of each host that this process asks; threads share it.

    Args:
        pace: told of crawl delays.
        clock: seconds that only grow.
    """

    def __init__(self, pace: Pace, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = pace
        self._clock = clock
        self._rules = lru_cache(_KEPT)(lambda _origin: _Rules(threading.Lock()))
        self._lock = threading.Lock()

    def check(self, link: Link, get: Get) -> None:
        """Refuse a link that its host does not want us to ask for.

        Args:
            link: what is to be asked for.
            get: fetches a link's first `LARGEST` bytes, or raises BadItemError.

        Raises:
            BadItemError: it is disallowed (refused), or nobody knows for now (the trouble's own kind).
        """
        with self._lock:
            rules = self._rules(f"{link.scheme}://{link.authority}")
        with rules.lock:
            if rules.until < self._clock():
                self._ask(rules, link, get)
            trouble, parsed, left = rules.trouble, rules.parsed, rules.until - self._clock()
        if trouble is not None:
            raise BadItemError(trouble.reason, trouble.detail, trouble.kind, left)
        if parsed is not None and not parsed.can_fetch(link.url, AGENT):
            raise BadItemError("robots_txt", f"{link.authority} does not want it fetched", "refused")

    def _ask(self, rules: _Rules, link: Link, get: Get) -> None:
        rules.parsed = rules.trouble = None
        try:
            content = get(link.join("/robots.txt"))
        except BadItemError as error:
            if not _allows_all(error):
                rules.trouble = _trouble(error)
        else:
            rules.parsed = parse(content)
            delay = rules.parsed.crawl_delay(AGENT)
            if delay:
                self._pace.crawl_delay(link.authority, delay)
        rules.until = self._clock() + (rules.again if rules.trouble else _FOR)
        rules.again = min(2 * rules.again, _LAST_AGAIN) if rules.trouble else _FIRST_AGAIN


def parse(content: bytes) -> Protego:
    """Read a robots.txt; what is no line of it is passed over."""
    text = content[:LARGEST].decode("utf-8", "replace").removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")
    lines = "\n".join(text.splitlines())  # as protego will split it
    return Protego.parse(_AGENT_LINE.sub(_merge_agents, lines))


def _merge_agents(line: re.Match[str]) -> str:
    """The same line if it names us or everybody; else one that names nobody."""
    name = line[2].strip().lower()
    token = _TOKEN.match(name)
    if name == "*" or (token and token[0] == AGENT):
        return f"{line[1]}{'*' if name == '*' else AGENT}"
    return f"{line[1]}nobody"


def _allows_all(error: BadItemError) -> bool:
    """Whether there is none, or none that can be had: "unavailable" in the RFC's words."""
    missing = error.reason.startswith("http_4") and error.reason != "http_429"
    return missing or error.reason in _BAD_REDIRECT | _NO_TEXT


def _trouble(error: BadItemError) -> BadItemError:
    """A server's own trouble by its own name; everything else would befall the link as well."""
    if error.reason.startswith("http_"):
        return BadItemError("robots_unavailable", f"robots.txt: {error.detail}", "transient")
    return error
