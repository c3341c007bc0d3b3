"""A body that goes to a file as it comes, for what is too large to be held: manifests, ready tars."""

from typing import BinaryIO

from stages.core.safety import check_size
from stages.ingest.fetch.body import Body


class SavedBody(Body):
    """What the tries of one link have written so far; a part that has to be forgotten is cut off again.

    Args:
        limit: bytes; a larger body is refused.
        file: empty, open for writing.
    """

    def __init__(self, limit: int, file: BinaryIO) -> None:
        super().__init__(limit)
        self._file = file

    @property
    def content(self) -> bytes:
        """Nothing: the file has it."""
        return b""

    def add(self, part: bytes) -> bool:
        """Append what came; there is always more to read.

        Raises:
            BadItemError: it is too large.
        """
        self.size += len(part)
        check_size(self.size, self.limit)
        self._file.write(part)
        return True

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self._file.seek(0)
        self._file.truncate()
