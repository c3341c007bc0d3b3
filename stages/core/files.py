"""Writing files so that a reader sees the whole content or none of it.

Everything goes to a temporary name beside its target, is flushed to the disk, and is then renamed. A kill at
any moment leaves at most a `.part` file, never a torn file under a final name.
"""

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from stages.core.errors import TryAgainError

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries, so that a rename survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def full_disk(error: OSError, path: str | Path | None) -> TryAgainError | None:
    """What to say if an error means that no room is left, at `path` if it is known; None if it means else."""
    if error.errno not in _NO_ROOM:
        return None
    where = f"{path}: " if path else ""
    return TryAgainError(f"{where}no room left on the disk; free some space and run again")


@contextlib.contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn "no room left" into an error that says where, and that it is worth another try.

    Raises:
        TryAgainError: the disk or the quota is full.
    """
    try:
        yield
    except OSError as error:
        known = full_disk(error, path)
        if known is None:
            raise
        raise known from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; when the block ends well, it takes `path`'s place at once.

    Raises:
        TryAgainError: the disk is full. The target is as it was, and the temporary file is gone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # not the process id: nodes that share a file system may have the same one
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with disk_errors(path):
            yield part
            with part.open("rb") as written:
                os.fsync(written.fileno())
            part.replace(path)
            sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def replacing_folder(folder: Path) -> Iterator[Path]:
    """Give an empty folder beside `folder`; when the block ends well, it takes `folder`'s place.

    Raises:
        TryAgainError: the disk is full. The target is as it was.
    """
    part = fresh_folder(folder.with_name(f".{folder.name}.part"))
    try:
        with disk_errors(folder):
            yield part
            shutil.rmtree(folder, ignore_errors=True)
            part.rename(folder)
            sync_folder(folder.parent)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` whole or not at all."""
    with replacing(path) as part:
        part.write_bytes(content)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text to `path` whole or not at all."""
    write_bytes(path, content.encode())


def write_json(path: Path, content: Any) -> None:
    """Write JSON with sorted keys and a final newline: the same content is the same bytes."""
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def fresh_folder(folder: Path) -> Path:
    """An empty folder at `folder`; what was there is removed."""
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


@contextlib.contextmanager
def passing_folder(folder: Path) -> Iterator[Path]:
    """An empty folder that goes with the block, however it ends; what a kill has left of it goes before."""
    try:
        yield fresh_folder(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def digest(path: Path, algorithm: str = "sha256") -> str:
    """The hexadecimal hash of a file, read in bounded memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
