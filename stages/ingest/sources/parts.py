"""The manifests of a source: found on this machine, or brought to it."""

import itertools
import posixpath
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from stages.core.errors import BadDataError
from stages.core.safety import BadItemError, below
from stages.ingest.fetch import REMOTE, Base, link_scheme
from stages.ingest.layouts import LAYOUTS, READY
from stages.ingest.layouts.layout import Layout
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
    layout = LAYOUTS.get(source.layout or "")
    if link_scheme(source.manifest) in REMOTE:
        names = remote_names(source.manifest, layout.manifests if layout else ())
        _check_found(source, layout, names, ())
        if source.layout == READY:
            return Located(source, tuple(Part(Path(), name) for name in names), Base(None))
        download = Download(params.fetch, source.name, downloads)
        return Located(source, tuple(Part(download(name), name) for name in names), Base(None))
    return _locate_here(params, source, layout)


def _locate_here(params: IngestParams, source: Source, layout: Layout | None) -> Located:
    root = Path(params.root)
    if Path(source.manifest).is_absolute():
        paths = _paths_of(source, layout, Path("/"), source.manifest)
        root = _common(source, layout, paths)
    else:
        paths = _paths_of(source, layout, root, source.manifest)
    parts = tuple(Part(path, _folder(path.relative_to(root))) for path in paths)
    return Located(source, parts, Base(root, source.allow_absolute))


def _folder(path: PurePosixPath | Path) -> str:
    return "" if str(path.parent) == "." else path.parent.as_posix()


def _common(source: Source, layout: Layout | None, paths: list[Path]) -> Path:
    """What an absolute manifest's links may not leave: its folder, or as far up as its layout says."""
    climbs = layout.climbs if layout else 0
    folders = [anchor(name)[0] for name in expand(source.manifest)]
    folders = [folder if Path(folder).is_dir() else posixpath.dirname(folder) for folder in folders]
    highest = [str(path.parents[min(climbs, len(path.parents) - 1)]) for path in paths]
    return Path(posixpath.commonpath([*folders, *highest]))


def _paths_of(source: Source, layout: Layout | None, root: Path, manifest: str) -> list[Path]:
    """The files that a manifest's name means, each of them below the root."""
    found: list[Path] = []
    for name in expand(manifest):
        found += _files(source, layout, root, name)
    return found


def _files(source: Source, layout: Layout | None, root: Path, name: str) -> list[Path]:
    folder, pattern = anchor(name)
    try:
        start = root / folder if Path(folder).is_absolute() else below(root, folder)
    except BadItemError as error:
        raise BadDataError(f"source '{source.name}': manifest {error}") from error
    if not pattern and not start.is_dir():
        if not start.is_file():
            raise BadDataError(f"{root / name}: not found; source '{source.name}' names it as its manifest")
        return [root / folder]
    files = walk(start)
    names = matches(files, pattern) if pattern else choose(files, layout.manifests if layout else ())
    _check_found(source, layout, names, itertools.islice(walk(start), _SHOWN + 1))
    return [root / folder / name for name in names]


def _check_found(source: Source, layout: Layout | None, names: Sequence[str], files: Iterable[str]) -> None:
    if names:
        return
    some = [*files]
    there = ", ".join([*some[:_SHOWN], *(["..."] if len(some) > _SHOWN else [])]) or "no files"
    wanted = f"manifest of a format ({', '.join(FORMATS)})"
    if layout:
        wanted = f"{' or '.join(layout.manifests)}; layout '{layout.name}' expects {layout.tree}"
    raise BadDataError(
        f"{source.manifest}: source '{source.name}' found no {wanted}; below that there are {there}"
    )
