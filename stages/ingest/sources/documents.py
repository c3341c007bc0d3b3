"""One JSON document as a stream of the objects in it, however long it is."""

from collections.abc import Iterator
from typing import IO, Any

import ijson

from stages.core.errors import BadDataError
from stages.ingest.sources.streams import LONGEST_LINE, Reading


def objects(reading: Reading, *places: str) -> Iterator[tuple[str, Any]]:
    """The values at the given places of a document, in its order, each with its place.

    Args:
        reading: the document.
        places: such as `item` (of a list) or `images.item` (of the list under the key `images`).

    Raises:
        BadDataError: the document is damaged, or a value is longer than any line may be.
    """
    content = _Bounded(reading)
    building: ijson.ObjectBuilder | None = None
    at = ""
    try:
        for place, event, value in ijson.parse(content, use_float=True):
            if building is None:
                content.since = 0
                if place not in places:
                    continue
                building, at = ijson.ObjectBuilder(), place
            building.event(event, value)
            if place == at and event not in ("start_map", "start_array", "map_key"):
                yield at, building.value
                building = None
    except ijson.JSONError as error:
        problem = str(error.args[0] if error.args else error).splitlines()[0]
        raise BadDataError(f"{reading.path}: broken JSON ({problem}); mend it, or use jsonl") from error


class _Bounded:
    """A file for ijson, which would otherwise collect a value without end."""

    def __init__(self, reading: Reading) -> None:
        self._path = reading.path
        self._content: IO[bytes] = reading.content()
        self.since = 0  # bytes since the last value began

    def read(self, size: int) -> bytes:
        content = self._content.read(size)
        self.since += len(content)
        if self.since > LONGEST_LINE:
            raise BadDataError(f"{self._path}: a value of more than {LONGEST_LINE} bytes")
        return content
