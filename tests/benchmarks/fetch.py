"""CPU per request on loopback: our fetch beside requests, httpx, urllib3 and the way of img2dataset.

    python -m tests.benchmarks.fetch [REQUESTS]

One server (a process of its own, http or https with a made authority) answers each request with the same body
of 90,000 bytes. Each client is a process of its own with sixteen threads; its CPU is counted from its first
request on, its imports apart. Ours does everything a run does: robots.txt, pace, opt-outs, guards, bounds.
The way of img2dataset is `urllib.request` with a new connection for each link, which for https makes a new
TLS context each time. Three rounds in turn; the table has the medians, and ratios to ours.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

BODY = b"x" * 90_000
THREADS = 16
ROUNDS = 3
LIMIT = 10_000_000  # bytes


def tenfold() -> Callable[[str], bytes]:
    """Our own, as a worker of `ingest` uses it."""
    from stages.ingest.fetch import Base, Fetcher
    from stages.ingest.params import Fetch

    limits = {"requests_per_second": None, "connections": THREADS}
    params = Fetch.model_validate({"allow_private": ["127.0.0.1/32"], "host": limits, "concurrency": THREADS})
    fetcher = Fetcher(params, LIMIT)
    return lambda url: fetcher.read(url, Base(None)).content


def requests() -> Callable[[str], bytes]:
    import requests as library

    session = library.Session()
    for scheme in ("http://", "https://"):
        session.mount(scheme, library.adapters.HTTPAdapter(pool_maxsize=THREADS))
    return lambda url: session.get(url, timeout=10).content


def httpx() -> Callable[[str], bytes]:
    import httpx as library

    client = library.Client(timeout=10)
    return lambda url: client.get(url).content


def urllib3() -> Callable[[str], bytes]:
    import urllib3 as library

    pool = library.PoolManager(maxsize=THREADS, ca_certs=os.environ["SSL_CERT_FILE"])
    return lambda url: pool.request("GET", url, timeout=10).data


def img2dataset() -> Callable[[str], bytes]:
    import urllib.request

    def get(url: str) -> bytes:
        with urllib.request.urlopen(urllib.request.Request(url), timeout=10) as answer:
            return bytes(answer.read())

    return get


CLIENTS = {client.__name__: client for client in (tenfold, requests, httpx, urllib3, img2dataset)}


def run_client(name: str, url: str, count: int) -> None:
    """Print the CPU seconds of the imports and of the requests, wall seconds, and the peak memory in MiB."""
    get = CLIENTS[name]()
    imported, start = time.process_time(), time.monotonic()
    with ThreadPoolExecutor(THREADS) as threads:
        for content in threads.map(get, [f"{url}/{number}" for number in range(count)]):
            assert len(content) == len(BODY)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(imported, time.process_time() - imported, time.monotonic() - start, peak)


def run_server(scheme: str, authority: Path) -> None:
    """Serve until standard input is closed; print the URL."""
    import ssl

    import certifi
    import trustme

    from tests.ingest.fetch.server import Server, body, status

    made = trustme.CA()
    authority.write_bytes(Path(certifi.where()).read_bytes() + made.cert_pem.bytes())  # as long as a real one
    context = None
    if scheme == "https":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.issue_cert("127.0.0.1").configure_cert(context)
    with Server(context) as server:
        answer = body(BODY, Content_Type="image/jpeg", ETag='"one"', Accept_Ranges="bytes")
        server.scripts = {"/robots.txt": status(404)}
        server.otherwise = answer
        print(server.url(), flush=True)
        sys.stdin.read()


def measure(scheme: str, count: int) -> dict[str, list[list[float]]]:
    """For each client the numbers of its rounds."""
    found: dict[str, list[list[float]]] = {name: [] for name in CLIENTS}
    with tempfile.TemporaryDirectory() as folder:
        authority = Path(folder) / "authority.pem"
        command = [sys.executable, "-m", "tests.benchmarks.fetch"]
        serve = [*command, "serve", scheme, str(authority)]
        with subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout
            url = server.stdout.readline().strip()
            trust = {name: str(authority) for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")}
            for _ in range(ROUNDS):
                for name, rounds in found.items():
                    client = [*command, "client", name, url, str(count)]
                    done = subprocess.run(
                        client, check=True, capture_output=True, text=True, env=os.environ | trust
                    )
                    rounds.append([float(number) for number in done.stdout.split()])
            server.communicate()
    return found


def main(count: int) -> None:
    """Print the table."""
    print("| | | CPU ms per request | ratio | imports, CPU s | wall ms per request | peak MiB |")
    print("|---|---|---|---|---|---|---|")
    for scheme in ("http", "https"):
        medians = {
            name: [statistics.median(column) for column in zip(*rounds, strict=True)]
            for name, rounds in measure(scheme, count).items()
        }
        ours = medians["tenfold"][1]
        for name, (imports, cpu, wall, peak) in medians.items():
            print(
                f"| {scheme} | {name} | {cpu / count * 1e3:.3f} | {cpu / ours:.2f} | {imports:.2f} "
                f"| {wall / count * 1e3:.2f} | {peak:.0f} |"
            )


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["client", name, url, count]:
            run_client(name, url, int(count))
        case ["serve", scheme, authority]:
            run_server(scheme, Path(authority))
        case []:
            main(2000)
        case [count]:
            main(int(count))
