"""What the parts of the sample have in common: where packages lie, manifests, licences and READMEs."""

import gzip
import hashlib
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core.errors import BadDataError
from stages.core.files import write_bytes, write_text
from stages.ingest.packages.pins import Package


@dataclass(frozen=True)
class Packages:
    """Unpacked packages and their pins.

    Attributes:
        root: the folder that `python -m stages.ingest packages --into` filled.
        pins: by name.
    """

    root: Path
    pins: Mapping[str, Package]

    def folder(self, name: str) -> Path:
        """The folder of a package, whose recorded hash is the pinned one.

        Raises:
            BadDataError: it was not fetched, or with another hash.
        """
        pin = self.pins[name]
        folder, mark = self.root / pin.slug, self.root / f"{pin.slug}.sha256"
        if not folder.is_dir() or not mark.is_file() or mark.read_text().strip() != pin.sha256:
            raise BadDataError(
                f"{folder}: not there as pinned; run `python -m stages.ingest packages --corpus sample "
                f"--only {name} --into {self.root}`"
            )
        return folder

    def copyright(self, name: str) -> str:
        """The copyright file of a Debian package."""
        path = self.folder(name) / "usr/share/doc" / name / "copyright"
        return path.read_text(encoding="utf-8")


@dataclass(frozen=True)
class Part:
    """One line of the sample's table of contents."""

    folder: str  # below data/sample
    count: str
    licence: str
    purpose: str


def sha256(content: bytes) -> str:
    """The hexadecimal hash of some bytes."""
    return hashlib.sha256(content).hexdigest()


def write_media(path: Path, content: bytes) -> None:
    """Write one of thousands of small files; not flushed one by one, since a rerun gives them again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def write_manifest(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    """Write JSON lines, one per sample, keys in the given order."""
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_gzip(path: Path, content: bytes) -> None:
    """Compress without a time or a name, so that the same content is the same bytes."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=buffer, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(content)
    write_bytes(path, buffer.getvalue())


def write_readme(folder: Path, title: str, sources: Sequence[Package], body: str) -> None:
    """Write the README.md of a part: a title, where it is from, and how it was chosen."""
    lines = [
        f"# {title}",
        "",
        "| package | client | version | sha256 of the archive | licence |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {pin.name} | {pin.client} | {pin.version} | `{pin.sha256}` | {pin.licence} |" for pin in sources
    ]
    write_text(folder / "README.md", "\n".join(lines) + f"\n\n{body.strip()}\n")


def common_licence(name: str) -> str:
    """The text of a common licence, which every Debian system carries.

    Raises:
        BadDataError: this is no Debian-like system.
    """
    path = Path("/usr/share/common-licenses") / name
    if not path.is_file():
        raise BadDataError(f"{path}: not found; build the sample on a Debian-like system")
    return path.read_text(encoding="utf-8")


def split_stanza(text: str, start: str) -> str:
    """The paragraph of a Debian copyright file that begins with `start`.

    Raises:
        BadDataError: there is none; the licence must be read again.
    """
    for stanza in text.split("\n\n"):
        if stanza.lstrip("\n").startswith(start):
            return stanza.strip("\n")
    raise BadDataError(f"no stanza {start!r} in the copyright file; read the licence again")


def spdx_text(packages: Packages, identifier: str) -> str:
    """The full text of a licence by its SPDX identifier, from the pinned list of licences."""
    path = packages.folder("spdx-license-list") / "package/licenses" / f"{identifier}.json"
    text: str = json.loads(path.read_text(encoding="utf-8"))["licenseText"]
    return text.rstrip("\n") + "\n"
