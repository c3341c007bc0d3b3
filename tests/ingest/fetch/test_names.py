"""Look-ups: cached, shared, few at once, bounded in time, and two kinds of failure."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from stages.core.errors import TryAgainError
from stages.core.safety import BadItemError
from stages.ingest.fetch.names import Names, look_up


class Resolver:
    """Answers by what it is told, and counts."""

    def __init__(self, **errors: BadItemError) -> None:
        self.errors = errors
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        if host in self.errors:
            raise self.errors[host]
        return ["93.184.216.34"]


MISSING = BadItemError("host_not_found", "none")
SILENT = BadItemError("dns_unavailable", "none", "transient")


def test_an_answer_is_kept_for_a_while() -> None:
    now, resolver = [0.0], Resolver()
    names = Names(resolver, lambda: now[0])
    for _ in range(3):
        assert names.addresses("a", 1) == ["93.184.216.34"]
    assert resolver.asked == ["a"]
    now[0] = 1000.0
    names.addresses("a", 1)
    assert resolver.asked == ["a", "a"]


def test_no_such_host_is_kept_and_no_answer_is_not() -> None:
    resolver = Resolver(gone=MISSING, mute=SILENT)
    names = Names(resolver)
    for host, reason in [("gone", "host_not_found"), ("mute", "dns_unavailable")] * 2:
        with pytest.raises(BadItemError, match=reason):
            names.addresses(host, 1)
    assert resolver.asked == ["gone", "mute", "mute"]


def test_threads_share_a_look_up_and_few_are_under_way() -> None:
    lock, now, most = threading.Lock(), 0, 0
    gate = threading.Semaphore(0)

    def slow(_host: str) -> list[str]:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        gate.acquire()
        with lock:
            now -= 1
        return ["93.184.216.34"]

    names = Names(slow)
    with ThreadPoolExecutor(64) as pool:
        futures = [pool.submit(names.addresses, f"host{number % 32}", 30) for number in range(64)]
        for _ in range(32):
            gate.release()
        assert all(future.result() for future in futures)
    assert not gate.acquire(blocking=False)  # 32 look-ups, not 64
    assert most <= 8


def test_a_look_up_does_not_outlast_its_request() -> None:
    gate = threading.Event()
    names = Names(lambda _host: [str(gate.wait())])
    with pytest.raises(BadItemError, match="dns_unavailable") as caught:
        names.addresses("slow", 0.05)
    assert caught.value.kind == "transient"
    gate.set()


def test_a_network_without_names_ends_the_run() -> None:
    names = Names(Resolver(**{f"host{number}": SILENT for number in range(30)}, there=MISSING))
    for number in range(24):
        with pytest.raises(BadItemError, match="dns_unavailable"):
            names.addresses(f"host{number}", 1)
    with pytest.raises(BadItemError, match="host_not_found"):  # an answer: somebody is there
        names.addresses("there", 1)
    for number in range(24):
        with pytest.raises(BadItemError, match="dns_unavailable"):
            names.addresses(f"host{number}", 1)
    with pytest.raises(TryAgainError, match="check the network"):
        names.addresses("host24", 1)


@pytest.mark.parametrize(
    ("code", "reason", "kind"),
    [
        (socket.EAI_NONAME, "host_not_found", "permanent"),
        (socket.EAI_NODATA, "host_not_found", "permanent"),
        (socket.EAI_AGAIN, "dns_unavailable", "transient"),
        (socket.EAI_FAIL, "dns_unavailable", "transient"),
    ],
)
def test_the_systems_errors_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, code: int, reason: str, kind: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(code, "why")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(BadItemError) as caught:
        look_up("a.example")
    assert (caught.value.reason, caught.value.kind) == (reason, kind)


def test_a_numeric_host_is_its_own_address() -> None:
    assert look_up("127.0.0.1") == ["127.0.0.1"]
