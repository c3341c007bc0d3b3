"""Which files a manifest's name means: one, several in braces, a pattern, or a folder."""

import itertools
import os
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from braceexpand import UnbalancedBracesError, braceexpand  # type: ignore[attr-defined]

from stages.core.errors import BadConfigError
from stages.ingest.sources.manifests import is_manifest

_MOST_FILES = 100_000  # of one source
_WILD = frozenset("*?[")
_PREFERENCE = (".parquet", ".jsonl", ".csv", ".tsv", ".json", ".txt")  # of formats in a folder


def expand(text: str) -> list[str]:
    """A name with its braces written out: `part-{00000..00127}.parquet` are 128 names.

    Raises:
        BadConfigError: the braces do not match, or stand for too many names.
    """
    try:
        names = list(itertools.islice(braceexpand(text, escape=False), _MOST_FILES + 1))
    except UnbalancedBracesError as error:
        raise BadConfigError(f"manifest {text!r}: {error}") from error
    if len(names) > _MOST_FILES:
        raise BadConfigError(f"manifest {text!r}: stands for more than {_MOST_FILES} files")
    return names


def anchor(name: str) -> tuple[str, str]:
    """A name as the folder before its first wildcard, and the pattern from there on ("" if it has none)."""
    parts = PurePosixPath(name).parts
    wild = next((number for number, part in enumerate(parts) if _WILD & set(part)), len(parts))
    return str(PurePosixPath(*parts[:wild])), "/".join(parts[wild:])


def matches(files: Iterable[str], pattern: str) -> list[str]:
    """The files of a folder that a pattern means, sorted; `*` also stands for several folders, as in S3."""
    return sorted(name for name in files if fnmatchcase(name, pattern))


def choose(files: Iterable[str], patterns: Sequence[str]) -> list[str]:
    """The manifests among the files of a folder, sorted.

    Args:
        files: paths.
        patterns: of file names, `|` between some of equal rank; the first that finds any decides. Without
            any, the formats are asked in the order parquet, jsonl, csv, tsv, json, txt: beside parquet a txt
            is a note and no manifest.
    """
    test, kinds = (_is_named, patterns) if patterns else (_has_format, _PREFERENCE)
    found: dict[str, list[str]] = {kind: [] for kind in kinds}
    for name in files:
        for kind in kinds:
            if test(name, kind):
                found[kind].append(name)
                break
    return sorted(next((names for names in found.values() if names), []))


def walk(folder: Path) -> Iterator[str]:
    """The files below a folder, by their paths from there; links to folders are not followed."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        here = Path(place).relative_to(folder)
        yield from ((here / name).as_posix() for name in sorted(names))


def _is_named(name: str, pattern: str) -> bool:
    return any(fnmatchcase(PurePosixPath(name).name, one) for one in pattern.split("|"))


def _has_format(name: str, extension: str) -> bool:
    return is_manifest(name) and extension in PurePosixPath(name.lower()).suffixes
