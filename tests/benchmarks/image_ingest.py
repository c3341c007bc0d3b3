"""Links to shards of small images: ours beside img2dataset, whole commands on the same links.

    python -m tests.benchmarks.image_ingest [IMAGES]

Of 2,000 links to 512 pixel pictures on this machine, three of four lead to a JPEG (quality 90, about 90 kB),
the others to a PNG. Both commands use two processes, keep the ratio of the sides and bound the longer one to
256 (img2dataset: `keep_ratio_largest`), write JPEGs of quality 95 as WebDataset, 500 a shard, with the sha256
of what was read. For https both trust the usual authorities and the server's own. img2dataset lives in an
environment below data/work/peers, made on the first run, and is spared its look for a newer albumentations.
"""

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
from pathlib import Path

from tests.benchmarks.loopback import serving, write_certificate, write_pictures
from tests.benchmarks.ours import CORPUS, ingest_command, write_list
from tests.benchmarks.usage import Usage, measured

PEER = Path("data/work/peers/img2dataset").absolute()
VERSION = "img2dataset==1.47.0"
SIDE, BOUND, SHARD, PROCESSES = 512, 256, 500, 2
DISTINCT = {"jpeg": 300, "png": 100}
FETCH = {"allow_private": ["127.0.0.1/32"], "host": {"requests_per_second": None, "connections": 16}}


def links(start: str, kind: str, count: int) -> list[str]:
    """Links to pictures of one kind, or to three JPEGs and a PNG in turn."""
    forms = {"mixed": ("jpeg", "jpeg", "jpeg", "png")}.get(kind, (kind,))
    return [f"{start}/{forms[number % len(forms)]}/{number}" for number in range(count)]


def ours(folder: Path, authorities: Path) -> list[str]:
    """Our command for the list in a folder."""
    source = {"name": "made", "manifest": str(folder / "list.csv"), "licence": "CC0-1.0"}
    params = {
        "kind": "image",
        "shard_samples": SHARD,
        "bounds": {"long_side": BOUND},
        "fetch": FETCH,
        "sources": [source],
    }
    environment = {"SSL_CERT_FILE": str(authorities)}
    return ingest_command(folder, params, workers=PROCESSES, environment=environment)


def img2dataset(folder: Path, authorities: Path) -> list[str]:
    """The peer's command for the same list."""
    options = {
        "url_list": folder / "list.csv",
        "input_format": "csv",
        "url_col": "url",
        "caption_col": "text",
        "output_folder": folder / "out",
        "output_format": "webdataset",
        "image_size": BOUND,
        "resize_mode": "keep_ratio_largest",
        "number_sample_per_shard": SHARD,
        "processes_count": PROCESSES,
        "thread_count": 64,
    }
    environment = [f"SSL_CERT_FILE={authorities}", "NO_ALBUMENTATIONS_UPDATE=1"]
    return [
        *("env", f"--chdir={folder}", *environment, str(PEER / "bin" / "img2dataset")),
        *(f"--{name}={value}" for name, value in options.items()),
    ]


def prepare_peer() -> None:
    """Make the peer's environment unless it is there."""
    if not (PEER / "bin" / "img2dataset").exists():
        venv.create(PEER, with_pip=True)
        subprocess.run([PEER / "bin" / "pip", "install", "--quiet", VERSION], check=True)


def run(command: list[str], tars: Path, count: int) -> Usage:
    """Measure a command, and make sure that each link became a sample."""
    usage = measured(command)
    found = 0
    for path in tars.rglob("*.tar"):
        with tarfile.open(path) as tar:
            found += sum(name.endswith(".jpg") for name in tar.getnames())
    if found != count:
        raise SystemExit(f"{command[-1]}: {found} of {count} images")
    return usage


def row(label: str, name: str, usage: Usage, count: int) -> str:
    """A line of the table."""
    load = os.getloadavg()[0]
    return (
        f"| {label} | {name} | {count} | {usage.cpu / count * 1e3:.2f} | {usage.pss:.0f} | {usage.rss:.0f} "
        f"| {count / usage.wall:.1f} | {usage.wall:.1f} | {load:.1f} |"
    )


def compare(pictures: Path, kind: str, count: int, *, tls: bool) -> None:
    """Both commands on one list; two lines of the table and one of ratios."""
    label = f"{kind}, http{'s' * tls}"
    found = []
    for name, command, tars in (
        ("ours", ours, f"data/ingested/{CORPUS}"),
        ("img2dataset", img2dataset, "out"),
    ):
        with tempfile.TemporaryDirectory() as scratch, serving(pictures, tls=tls) as start:
            folder = Path(scratch)
            write_list(folder, links(start, kind, count))
            found.append(run(command(folder, pictures / "authorities"), folder / tars, count))
        print(row(label, name, found[-1], count), flush=True)
    us, peer = found
    print(
        f"| {label} | ours / img2dataset | | {us.cpu / peer.cpu:.3f} | {us.pss / peer.pss:.3f} "
        f"| {us.rss / peer.rss:.3f} | {peer.wall / us.wall:.2f} | | |",
        flush=True,
    )


def main(count: int) -> None:
    """Print the table."""
    prepare_peer()
    print(
        "| links | command | images | CPU ms/image | peak PSS MiB | peak RSS MiB | images/s | wall s | load |"
    )
    print("|---|---|---|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        pictures = Path(scratch)
        write_pictures(pictures, DISTINCT, SIDE)
        write_certificate(pictures)
        for kind, share, tls in (
            ("mixed", 1, False),
            ("mixed", 1, True),
            ("jpeg", 1, False),
            ("png", 4, False),
        ):
            compare(pictures, kind, count // share, tls=tls)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
