"""Files of this machine, which a manifest may name only below its base."""

from pathlib import Path

from stages.core.safety import below, read_bounded


def read_local(base: Path, link: str, limit: int, *, allow_absolute: bool) -> bytes:
    """The bytes of a file below `base`.

    Raises:
        BadItemError: it is missing, outside, no plain file, empty, or larger than `limit` bytes.
    """
    path = below(base, link.removeprefix("file://"), allow_absolute=allow_absolute)
    return read_bounded(path, limit)
