"""A manifest's bytes and lines, decompressed as they are read, within bounds whatever the file says.

A manifest may have hundreds of millions of lines: nothing here holds more than one of them. A compressed file
may be a bomb, so that what comes out of it is bounded by what went in.
"""

import bz2
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, cast

from stages.core.errors import BadDataError

LONGEST_LINE = 1 << 20  # characters; beyond, it is no line of a manifest
OVERLONG = "\0\n"  # stands for a line beyond that: no format takes it for a row
_BLOCK = 1 << 16  # bytes
_MOST_RATIO = 200  # bytes out of a byte in; tables of links reach about 20
_ALWAYS = 1 << 26  # bytes that may come out however small the file is


class Reading:
    """One file under way, its compression undone.

    Args:
        path: the file; the ending .gz, .bz2 or .zst says how it is compressed.
        files: closes it.

    Raises:
        BadDataError: it cannot be opened.
    """

    def __init__(self, path: Path, files: ExitStack) -> None:
        self.path = path
        try:
            self._raw = files.enter_context(path.open("rb"))
            self._size = path.stat().st_size
        except OSError as error:
            raise BadDataError(
                f"{path}: cannot be read ({error.strerror}); check the manifest's path"
            ) from error
        self.files = files

    @property
    def share(self) -> float:
        """How much of the file on the disk has been read, from 0 to 1."""
        return min(1.0, self._raw.tell() / max(self._size, 1))

    def again(self) -> "Reading":
        """The same file from its beginning."""
        return Reading(self.path, self.files)

    def content(self) -> IO[bytes]:
        """The decompressed bytes. Reading them raises BadDataError where the file is damaged or a bomb."""
        unpack = COMPRESSIONS.get(self.path.suffix.lower())
        if unpack is None:
            return self._raw
        return cast(
            "IO[bytes]",
            self.files.enter_context(io.BufferedReader(_Unpacked(self, unpack(self._raw)), _BLOCK)),
        )

    def lines(self) -> Iterator[str]:
        """Lines of UTF-8 in which bad bytes survive as surrogates, so that only their line is set aside.

        A line of more than `LONGEST_LINE` characters comes as `OVERLONG`.
        """
        text = io.TextIOWrapper(self.content(), "utf-8-sig", errors="surrogateescape", newline="")
        self.files.enter_context(text)
        while line := text.readline(LONGEST_LINE):
            if len(line) < LONGEST_LINE or line.endswith("\n"):
                yield line
                continue
            while rest := text.readline(LONGEST_LINE):
                if rest.endswith("\n"):
                    break
            yield OVERLONG

    def check_ratio(self, size: int) -> None:
        """Stop a decompression bomb.

        Raises:
            BadDataError: `size` bytes out of what was read so far is more than any table comes to.
        """
        if size > _ALWAYS + _MOST_RATIO * self._raw.tell():
            raise BadDataError(
                f"{self.path}: decompresses to more than {_MOST_RATIO} times its size, as bombs do; "
                "if it is right, decompress it yourself and name the plain file"
            )


class _Unpacked(io.RawIOBase):
    """A decompressor as a stream that counts what comes out and says which file is damaged."""

    def __init__(self, reading: Reading, inner: IO[bytes]) -> None:
        self._reading, self._inner = reading, inner
        self._size = 0  # bytes that came out

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        try:
            content = self._inner.read(min(len(buffer), _BLOCK))
        except (OSError, EOFError, zlib.error) as error:
            raise BadDataError(f"{self._reading.path}: damaged ({error}); fetch it again") from error
        self._size += len(content)
        self._reading.check_ratio(self._size)
        buffer[: len(content)] = content
        return len(content)

    def close(self) -> None:
        self._inner.close()
        super().close()


def _gzip(raw: IO[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", gzip.GzipFile(fileobj=raw))


def _bzip2(raw: IO[bytes]) -> IO[bytes]:
    return bz2.BZ2File(raw)


def _zstandard(raw: IO[bytes]) -> IO[bytes]:
    import pyarrow as pa  # noqa: PLC0415 - loaded where it is used

    return cast("IO[bytes]", pa.CompressedInputStream(pa.PythonFile(raw, mode="r"), "zstd"))


COMPRESSIONS: dict[str, Callable[[IO[bytes]], IO[bytes]]] = {
    ".gz": _gzip,
    ".bz2": _bzip2,
    ".zst": _zstandard,
}
