"""The manifests of a source: found on this machine, or brought to it."""

import itertools
import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from stages.core.errors import BadDataError
from stages.core.safety import BadItemError, below
from stages.ingest.fetch import REMOTE, Base, link_scheme
from stages.ingest.layouts import LAYOUTS, READY
from stages.ingest.params import IngestParams, Source
from stages.ingest.sources.manifests import FORMATS
from stages.ingest.sources.names import anchor, choose, expand, matches, walk
from stages.ingest.sources.remote import Download, remote_names

_SHOWN = 5  # names in an error


@dataclass(frozen=True)
class Part:
    """One manifest of a source.

    Attributes:
        path: on this machine; that of a ready tar of the network is empty, its worker fetches it.
        prefix: what its relative links are joined to: a folder below the base, or a URL.
    """

    path: Path
    prefix: str = ""

    @property
    def link(self) -> str:
        """Of the manifest itself."""
        return self.prefix if link_scheme(self.prefix) else posixpath.join(self.prefix, self.path.name)


@dataclass(frozen=True)
class Located:
    """A source with all its manifests on this machine.

    Attributes:
        source: its params.
        parts: its manifests, in order.
        base: what their local links may not leave.
    """

    source: Source
    parts: tuple[Part, ...]
    base: Base


def locate(params: IngestParams, source: Source, downloads: Path) -> Located:
    """Find the manifests of a source below the root, at an absolute path, or on the network.

    Args:
        params: of the corpus.
        source: one of its sources.
        downloads: the folder for manifests of the network.

    Raises:
        BadConfigError: the name of the manifest makes no sense.
        BadDataError: there is no such manifest, or the folder is not what the layout expects.
        TryAgainError: a manifest could not be fetched for now.
    """
    if link_scheme(source.manifest) in REMOTE:
        return _locate_remote(params, source, downloads)
    if Path(source.manifest).is_absolute():
        paths = _paths_of(source, Path("/"))
        root = _common(source, paths)
    else:
        root = Path(params.root)
        paths = _paths_of(source, root)
    parts = tuple(Part(path, posixpath.dirname(path.relative_to(root).as_posix())) for path in paths)
    return Located(source, parts, Base(root, source.allow_absolute))


def _locate_remote(params: IngestParams, source: Source, downloads: Path) -> Located:
    links = remote_names(source.manifest, _patterns(source))
    if not links:
        raise _missing(source, ())
    download = Download(params.fetch, source.name, downloads)
    here = [Path() if source.layout == READY else download(link) for link in links]
    return Located(source, tuple(map(Part, here, links)), Base(None))


def _patterns(source: Source) -> Sequence[str]:
    """Of the file names that are manifests in a folder."""
    return LAYOUTS[source.layout].manifests if source.layout else ()


def _common(source: Source, paths: list[Path]) -> Path:
    """What an absolute manifest's links may not leave: its folder, or as far up as its layout says."""
    climbs = LAYOUTS[source.layout].climbs if source.layout else 0
    folders = [anchor(name)[0] for name in expand(source.manifest)]
    folders = [folder if Path(folder).is_dir() else posixpath.dirname(folder) for folder in folders]
    highest = [str(path.parents[min(climbs, len(path.parents) - 1)]) for path in paths]
    return Path(posixpath.commonpath([*folders, *highest]))


def _paths_of(source: Source, root: Path) -> list[Path]:
    """The files that a manifest's name means, each of them below the root."""
    found: list[Path] = []
    try:
        for name in expand(source.manifest):
            below(root, (root / anchor(name)[0]).relative_to(root).as_posix())
            found += _files(source, root, name)
        for path in found:  # links among them may lead anywhere
            below(root, path.relative_to(root).as_posix())
            if not path.is_file():
                raise BadDataError(f"{path}: no plain file; source '{source.name}' takes it as its manifest")
    except BadItemError as error:
        raise BadDataError(f"source '{source.name}': manifest {error}") from error
    return found


def _files(source: Source, root: Path, name: str) -> list[Path]:
    folder, pattern = anchor(name)
    start = root / folder
    if not pattern and not start.is_dir():
        if not start.is_file():
            raise BadDataError(f"{start}: not found; source '{source.name}' names it as its manifest")
        return [start]
    names = matches(walk(start), pattern) if pattern else choose(walk(start), _patterns(source))
    if not names:
        raise _missing(source, walk(start))
    return [start / name for name in names]


def _missing(source: Source, files: Iterable[str]) -> BadDataError:
    """No manifest was found where one should be: what was expected, and what is there."""
    some = list(itertools.islice(files, _SHOWN + 1))
    there = ", ".join([*some[:_SHOWN], *(["..."] if len(some) > _SHOWN else [])]) or "no files"
    wanted = f"manifest of a format ({', '.join(FORMATS)})"
    if source.layout:
        layout = LAYOUTS[source.layout]
        wanted = f"{' or '.join(layout.manifests)}; layout '{layout.name}' expects {layout.tree}"
    return BadDataError(
        f"{source.manifest}: source '{source.name}' found no {wanted}; below that there are {there}"
    )
